/**
 * `deno task docs [--out DIRECTORY]`: the guides and what `deno doc` tells of every entry point, as one static site with one search.
 *
 * @module
 */
import { basename, dirname, fromFileUrl, join, relative } from "@std/path";
import { Marked } from "marked";

const root = fromFileUrl(new URL("..", import.meta.url));

/** The guides, in the order of the menu; the first one is the site's front page. */
const GUIDES: readonly (readonly [path: string, title: string])[] = [
  ["README.md", "cottoncandy"],
  ["docs/python.md", "From Python's cottoncandy"],
  ["docs/arrays.md", "Arrays"],
  ["docs/files.md", "Files"],
  ["docs/streams.md", "Streams"],
  ["docs/encryption.md", "Encryption"],
  ["docs/credentials.md", "Stores and credentials"],
  ["docs/servers.md", "S3 servers"],
  ["docs/google-drive.md", "Google Drive"],
  ["docs/browser.md", "Pages"],
  ["docs/deploy.md", "Functions on Deno Deploy"],
  ["docs/node.md", "Node and Bun"],
  ["docs/command-line.md", "Command line"],
  ["docs/explorer.md", "Explorer"],
  ["docs/errors.md", "Errors"],
  ["docs/architecture.md", "Architecture"],
  ["docs/decisions.md", "Decisions"],
  ["CONTRIBUTING.md", "Contributing"],
  ["docs/releasing.md", "Releasing"],
  ["CHANGELOG.md", "Changelog"],
  ["bench/README.md", "Benchmarks"],
  ["bench/RESULTS.md", "Results of benchmarks"],
];

/** The file of a guide in the site. */
function pageOf(path: string): string {
  if (path === "README.md") return "index.html";
  if (path === "bench/README.md") return "benchmarks.html";
  return `${basename(path, ".md").toLowerCase()}.html`;
}

/** As GitHub makes them of headings, so that links of one guide into another hold in both places. */
export function anchor(heading: string): string {
  return heading.toLowerCase().replace(/<[^>]*>/g, "").replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
}

/** A text for HTML. */
function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}

interface Heading {
  readonly text: string;
  readonly id: string;
}

/** A guide's HTML, and its headings of the second level. Links to other guides lead to their pages, links to other files of the repository are text. */
async function render(path: string): Promise<{ html: string; headings: Heading[] }> {
  const headings: Heading[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = anchor(text);
        if (depth === 2) headings.push({ text, id });
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        if (/^[a-z]+:/.test(href) || href.startsWith("#")) return `<a href="${escaped(href)}">${text}</a>`;
        const [file, hash] = href.split("#");
        const target = relative(root, join(root, dirname(path), file));
        const known = GUIDES.some(([guide]) => guide === target);
        return known ? `<a href="${pageOf(target)}${hash ? `#${hash}` : ""}">${text}</a>` : text;
      },
      code({ text, lang }) {
        const language = lang?.split(" ")[0] ?? "";
        return `<pre class="highlight"><code class="language-${language}">${escaped(text)}</code></pre>\n`;
      },
    },
  });
  const text = await Deno.readTextFile(join(root, path));
  return { html: await marked.parse(text), headings };
}

/** Replaces what must be there once: another version of `deno doc` is to be noticed, not guessed at. */
function replaceOnce(text: string, old: string, by: string): string {
  const parts = text.split(old);
  if (parts.length !== 2) {
    throw new Error(`what deno doc wrote has ${parts.length - 1} times ${JSON.stringify(old)}`);
  }
  return parts.join(by);
}

function list(title: string, links: readonly (readonly [href: string, text: string])[]): string {
  const items = links.map(([href, text]) => `<li><a href="${href}">${escaped(text)}</a></li>`);
  return `<nav class="topSymbols" aria-label="${title}"><h3>${title}</h3><ul>${items.join("")}</ul></nav>`;
}

/** Builds the site into a directory, which is made anew. */
export async function buildSite(directory: string): Promise<void> {
  await Deno.remove(directory, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(directory, { recursive: true });
  const { exports }: { exports: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(join(root, "deno.json")),
  );
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--html", "--name=cottoncandy", `--output=${directory}`, ...Object.values(exports)],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));

  // The page of mod.ts stands aside for the front page, and lends its frame to the guides.
  const reference = await Deno.readTextFile(join(directory, "index.html"));
  await Deno.writeTextFile(join(directory, "reference.html"), reference);
  const [frame] = reference.split('<div id="content">');
  const guides = [
    ...GUIDES.map(([path, title]) => [pageOf(path), title] as const),
    ["reference.html", "Reference"] as const,
  ];
  const found = [];
  for (const [path, title] of GUIDES) {
    const { html, headings } = await render(path);
    const page = replaceOnce(
      frame,
      "<title>cottoncandy documentation</title>",
      `<title>${escaped(title)}</title>`,
    );
    const menu = list("Guides", guides) +
      list("On this page", headings.map(({ text, id }) => [`#${id}`, text]));
    await Deno.writeTextFile(
      join(directory, pageOf(path)),
      `${page}<div id="content"><main><section><div class="markdown">${html}</div></section></main><div class="toc"><div>${menu}</div></div></div></div></div></body></html>`,
    );
    const kind = [{ char: "g", kind: "Namespace", title: "Guide" }];
    found.push({ kind, name: title, url: pageOf(path) });
    for (const { text, id } of headings) {
      found.push({ kind, name: `${title}: ${text}`, url: `${pageOf(path)}#${id}` });
    }
  }

  await Deno.mkdir(join(directory, "images"));
  for await (const { name } of Deno.readDir(join(root, "docs/images"))) {
    await Deno.copyFile(join(root, "docs/images", name), join(directory, "images", name));
  }

  const index = await Deno.readTextFile(join(directory, "search_index.js"));
  const nodes = found.map((node) => JSON.stringify({ ...node, file: ".", doc: "", deprecated: false }));
  await Deno.writeTextFile(
    join(directory, "search_index.js"),
    replaceOnce(index, '"kind":"search","nodes":[', `"kind":"search","nodes":[${nodes.join(",")},`),
  );
  // Results lead to where the index says; deno doc's script makes the address of the name, which guides don't have.
  const search = await Deno.readTextFile(join(directory, "search.js"));
  await Deno.writeTextFile(
    join(directory, "search.js"),
    replaceOnce(search, "${pathToRoot}${result.file}/~/${result.name}.html", "${pathToRoot}${result.url}"),
  );
}

if (import.meta.main) {
  const [option, given] = Deno.args;
  if (option !== undefined && (option !== "--out" || given === undefined)) {
    throw new Error("usage: deno task docs [--out DIRECTORY]");
  }
  const directory = given ?? join(root, ".tmp/site");
  await buildSite(directory);
  // deno-lint-ignore no-console -- a program that prints
  console.log(`${join(directory, "index.html")}`);
}
