/** Directories as servers show them; the markup is that of real ones (nginx 1.22, Apache 2.4, Python 3.11, Caddy 2). */
import type { Reply } from "../http/reply.ts";
import type { WebFile } from "./files.ts";

/** Whose pages are shown. */
export type IndexKind = "nginx" | "nginx-json" | "apache" | "python" | "caddy";

/** What is in a directory: names of directories end in a slash, and have no file. */
export type IndexEntries = ReadonlyMap<string, WebFile | undefined>;

const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c] ?? "&quot;");
const linked = (name: string) => name.split("/").map(encodeURIComponent).join("/");

/** The page of a directory. */
export function indexReply(kind: IndexKind, path: string, entries: IndexEntries, accept: string): Reply {
  const isJson = kind === "nginx-json" || (kind === "caddy" && /application\/json/.test(accept));
  const text = isJson ? jsonOf(kind, entries) : htmlOf(kind, path, entries);
  return {
    status: 200,
    headers: { "content-type": isJson ? "application/json" : "text/html; charset=utf-8" },
    body: [new TextEncoder().encode(text)],
  };
}

function jsonOf(kind: IndexKind, entries: IndexEntries): string {
  return JSON.stringify([...entries].map(([name, file]) => {
    if (kind === "caddy") {
      const modified = (file?.modified ?? new Date(0)).toISOString();
      return {
        name,
        size: file?.bytes.length ?? 4096,
        url: `./${linked(name)}`,
        mod_time: modified,
        mode: 420,
        is_dir: !file,
        is_symlink: false,
      };
    }
    const mtime = (file?.modified ?? new Date(0)).toUTCString();
    return file
      ? { name, type: "file", mtime, size: file.bytes.length }
      : { name: name.slice(0, -1), type: "directory", mtime };
  }));
}

function htmlOf(kind: IndexKind, path: string, entries: IndexEntries): string {
  const names = [...entries.keys()];
  switch (kind) {
    case "python":
      return `<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Directory listing for ${
        escaped(path)
      }</title>\n</head>\n<body>\n<h1>Directory listing for ${escaped(path)}</h1>\n<hr>\n<ul>\n${
        names.map((name) => `<li><a href="${linked(name)}">${escaped(name)}</a></li>`).join("\n")
      }\n</ul>\n<hr>\n</body>\n</html>\n`;
    case "apache":
      return `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n  <title>Index of ${
        escaped(path)
      }</title>\n </head>\n <body>\n<h1>Index of ${
        escaped(path)
      }</h1>\n<table>\n<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>\n` +
        `<tr><td><a href="/">Parent Directory</a></td></tr>\n${
          names.map((name) =>
            `<tr><td valign="top"><img src="/icons/x.gif" alt="[   ]"></td><td><a href="${linked(name)}">${
              escaped(name.slice(0, 20))
            }</a></td><td align="right">2026-01-01 00:00  </td><td align="right">1.2K</td></tr>`
          ).join("\n")
        }\n</table>\n</body></html>\n`;
    default:
      return `<html>\r\n<head><title>Index of ${escaped(path)}</title></head>\r\n<body>\r\n<h1>Index of ${
        escaped(path)
      }</h1><hr><pre><a href="../">../</a>\r\n${
        names.map((name) =>
          `<a href="${linked(name)}">${escaped(name.slice(0, 47))}..&gt;</a>   01-Jan-2026 00:00   12`
        ).join("\r\n")
      }\r\n</pre><hr></body>\r\n</html>\r\n`;
  }
}
