/**
 * Keeps the architecture true: which way imports point, where platform code may be, and what a page that imports `mod.ts` must not load.
 * The imports are those that Deno's own parser finds, static, dynamic and of types alike.
 */
import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { productFiles } from "./product_files.ts";

const root = new URL("../", import.meta.url);

/** A file beyond that is two ideas, or one that wants to be said shorter. */
const MOST_LINES = 400;
/** How many modules `mod.ts` may load at once: they are what importing it costs. */
const MOST_MODULES = 94;

/**
 * Layers by their files; the first that fits counts. A layer may import itself and those that `may` names; `docs/architecture.md` draws them. A backend
 * or codec that nobody here has heard of is in its layer by its place.
 */
const layers: Record<string, { files: RegExp; may: readonly string[] }> = {
  base: { files: /^lib\/[^/]+\.ts$/, may: [] },
  streams: { files: /^lib\/streams\//, may: ["base"] },
  glob: { files: /^lib\/glob\//, may: ["base"] },
  config: { files: /^lib\/config\//, may: ["base"] },
  array: { files: /^lib\/array\//, may: ["streams", "base"] },
  codecs: { files: /^codecs\//, may: ["streams", "base"] },
  registry: { files: /^backends\/registry\.ts$/, may: ["stores", "contract", "base"] },
  // What stores promise, and what whoever keeps it needs: arguments, ranges, bodies.
  contract: { files: /^backends\/[^/]+\.ts$/, may: ["registry", "streams", "base"] },
  transport: { files: /^backends\/transport\//, may: ["contract", "streams", "base"] },
  // What a person starts: only the command line imports it.
  programs: {
    files: /^backends\/.+_main\.ts$/,
    may: ["stores", "transport", "contract", "config", "streams", "base"],
  },
  stores: { files: /^backends\//, may: ["transport", "contract", "config", "streams", "base"] },
  encryptingStore: { files: /^crypto\/(backend\/|mod\.ts$)/, may: ["crypto", "contract", "streams", "base"] },
  crypto: { files: /^crypto\//, may: ["streams", "base"] },
  objects: { files: /^lib\/objects\//, may: ["contract", "array", "codecs", "crypto", "streams", "base"] },
  encryption: {
    files: /^lib\/encryption\//,
    may: ["objects", "encryptingStore", "crypto", "contract", "streams", "base"],
  },
  storedArrays: {
    files: /^lib\/stored_arrays\//,
    may: ["objects", "contract", "array", "codecs", "streams", "base"],
  },
  files: { files: /^lib\/files\//, may: ["objects", "contract", "streams", "base"] },
  tree: { files: /^lib\/tree\//, may: ["objects", "contract", "glob", "streams", "base"] },
  // Two stores made alike: a feature over objects and files.
  sync: { files: /^lib\/sync\//, may: ["files", "objects", "contract", "glob", "streams", "base"] },
  browse: { files: /^lib\/browse\//, may: ["objects", "storedArrays", "contract", "array", "base"] },
  interface: {
    files: /^lib\/interface\//,
    may: [
      "browse",
      "sync",
      "tree",
      "files",
      "storedArrays",
      "encryption",
      "objects",
      "encryptingStore",
      "crypto",
      "contract",
      "array",
      "codecs",
      "streams",
      "base",
    ],
  },
  open: {
    files: /^lib\/open\//,
    may: [
      "interface",
      "browse",
      "encryption",
      "objects",
      "encryptingStore",
      "crypto",
      "registry",
      "contract",
      "base",
    ],
  },
  // The package's root, and the suite that holds somebody's store to the contract: what users import.
  entries: {
    files: /^(mod\.ts$|testing\/|lib\/entries\/)/,
    may: [
      "open",
      "interface",
      "browse",
      "sync",
      "tree",
      "files",
      "storedArrays",
      "encryption",
      "objects",
      "encryptingStore",
      "crypto",
      "stores",
      "registry",
      "contract",
      "array",
      "codecs",
      "streams",
      "base",
    ],
  },
};

// The command line is a user of the package like any other, and may take what its subpaths give.
layers.cli = {
  files: /^cli\//,
  may: [...layers.entries.may, "entries", "programs", "transport", "glob", "config"],
};

/** Layers that need nothing but the web platform, and the files of theirs that stand for a package. */
const withoutPackages = ["base", "streams", "contract"];
const packageFiles = ["lib/base64.ts", "lib/checksums.ts"];

/** Files that may use or ask for the platform, and what for. Everything else runs unchanged in a browser. */
const platformFiles: Record<string, string> = {
  "lib/environment.ts": "environment variables, and what Deno was allowed to do",
  "lib/file_access.ts": "all access to the file system",
  "lib/loopback.ts": "the type of node:http's servers, which are handed in",
  "lib/web_worker.ts": "starting workers in pages",
  "lib/checksums.ts": "node:zlib's crc32 and node:crypto's MD5 and SHA-256 beside their portable twins",
  "lib/open_browser.ts": "starts the person's browser",
  "backends/gdrive/auth/login.ts":
    "a server of this machine, to which the person's browser brings the answer",
  "backends/gdrive/auth/login_main.ts": "a program's arguments and exit code",
  "backends/transport/retry.ts": "a timer that does not keep the process from ending",
  "backends/transport/node_request.ts":
    "node:http sends bodies with a length and in flat memory; fetch_request.ts is the twin",
  "backends/transport/network.ts": "whose `fetch` knows proxies, and which Node does",
  "backends/transport/handler.ts":
    "whether a server takes connections, which fetch does not tell apart from one that is slow",
  "crypto/age/passphrase.ts": "node:crypto's scrypt, on another thread; the portable twin is beside it",
  "codecs/workers/codec_worker.ts": "the port of a worker of Node beside that of the web",
  "codecs/workers/mod.ts": "node:worker_threads beside the web's workers, and how many processors there are",
  "cli/explore/server.ts": "a server of this machine, for the explorer's page",
  "cli/io.ts": "a program's streams, terminal and signals",
  "cli/main.ts": "a program's arguments and exit code",
  "codecs/node_zlib.ts": "node:zlib's streams beside the portable codecs",
  "testing/mod.ts": "Deno.test is the test runner where none is given",
};

const platformUse =
  /\bDeno\??\.\w|\btypeof Deno\b|["'`]node:|\bgetBuiltinModule\b|\bprocess\??\.\w|\bBuffer\.\w|\brequire\(|(?<!["'])\b__(?:dir|file)name\b|\bBun\.\w/;

interface Import {
  readonly specifier: string;
  /** Path from the root, for a file of this repository; absent for packages and built-in modules. */
  readonly file?: string;
  /** Whether it is of types only, comes with the importing module, or is loaded when it is asked for. */
  readonly kind: "types" | "static" | "dynamic";
}

interface Resolved {
  readonly specifier?: string;
}

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: Resolved;
      readonly type?: Resolved;
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** The imports of every file, by `deno info` on a file that imports them all. */
async function importsOf(files: readonly string[]): Promise<Map<string, Import[]>> {
  const folder = await Deno.makeTempDir();
  try {
    const entry = `${folder}/all.ts`;
    const lock = `${folder}/deno.lock`;
    await Deno.writeTextFile(
      entry,
      files.map((file) => `import ${JSON.stringify(new URL(file, root).href)};\n`).join(""),
    );
    // A copy, since `deno info` may write it.
    await Deno.copyFile(new URL("deno.lock", root), lock);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", new URL("deno.json", root).pathname, "--lock", lock, entry],
      env: { NO_COLOR: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const { modules }: Graph = JSON.parse(new TextDecoder().decode(stdout));
    const imports = new Map<string, Import[]>();
    for (const module of modules) {
      const file = fileOf(module.specifier);
      if (file === undefined || !files.includes(file)) continue;
      imports.set(
        file,
        (module.dependencies ?? []).map(({ specifier, code, type, isDynamic }) => ({
          specifier,
          file: /^[./]|^file:/.test(specifier)
            ? fileOf(code?.specifier ?? type?.specifier ?? new URL(specifier, module.specifier).href)
            : undefined,
          kind: code === undefined ? "types" : isDynamic ? "dynamic" : "static",
        })),
      );
    }
    return imports;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function fileOf(specifier: string): string | undefined {
  return specifier.startsWith(root.href) ? decodeURI(specifier.slice(root.href.length)) : undefined;
}

function layerOf(file: string): string | undefined {
  return Object.keys(layers).find((name) => layers[name].files.test(file));
}

/** Takes comments away where they stand alone or end a line; what is left of others errs on the strict side. */
function withoutComments(source: string): string {
  return source.replace(/^\s*\/\*[\s\S]*?\*\//gm, "").replace(/(^|\s)\/\/.*$/gm, "");
}

const files = await productFiles();
const imports = await importsOf(files);

Deno.test("every product file has its layer, and was looked at", () => {
  assert(files.length > 20, "the product's files were found");
  assertEquals(
    files.filter((file) => layerOf(file) === undefined),
    [],
    "name their layer in architecture_test.ts",
  );
  assertEquals(files.filter((file) => !imports.has(file)), []);
  const edges = [...imports.values()].flat();
  for (const kind of ["types", "static", "dynamic"]) assert(edges.some((edge) => edge.kind === kind), kind);
});

Deno.test("imports point one way", () => {
  const wrong: string[] = [];
  for (const [file, edges] of imports) {
    const layer = layerOf(file) ?? "";
    for (const edge of edges) {
      if (edge.file === undefined) continue;
      const target = layerOf(edge.file) ??
        "no layer: tests, benchmarks and other files are no part of the product";
      if (target !== layer && !layers[layer]?.may.includes(target)) {
        wrong.push(`${file} (${layer}) imports ${edge.file} (${target})`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("imports go in no circle, those of types neither", () => {
  const next = (file: string) =>
    (imports.get(file) ?? []).filter((edge) => edge.file !== undefined && edge.kind !== "dynamic").map((
      edge,
    ) => edge.file!);
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      return;
    }
    state.set(file, "open");
    for (const target of next(file)) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of files) visit(file, []);
  assertEquals(circles, []);
});

Deno.test("a folder has one door: outside of it only its mod.ts is imported, or what deno.json names as a subpath", () => {
  const subpaths = Object.values(config.exports).map((path) => path.slice(2));
  const wrong: string[] = [];
  for (const [file, edges] of imports) {
    for (const { file: target } of edges) {
      if (target === undefined || target.endsWith("/mod.ts") || subpaths.includes(target)) continue;
      const folder = target.slice(0, target.lastIndexOf("/"));
      // Files of a layer's top folder are what the folders below stand on.
      if (!folder.includes("/") || file.startsWith(`${folder}/`)) continue;
      // The registry opens each store by its `open.ts`, which nobody else needs.
      if (file === "backends/registry.ts" && target.endsWith("/open.ts")) continue;
      wrong.push(`${file} imports ${target}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("a store is known to nobody but the registry, and a codec to nobody but its own", () => {
  const plugs: Record<string, { readonly place: RegExp; readonly registry: string }> = {
    store: { place: /^(backends\/(?!transport\/)[^/]+)\//, registry: "backends/registry.ts" },
    codec: { place: /^(codecs\/(?!workers\/)[^/]+)\//, registry: "codecs/registry.ts" },
  };
  const wrong: string[] = [];
  for (const [file, edges] of imports) {
    for (const { place, registry } of Object.values(plugs)) {
      for (const edge of edges) {
        const folder = edge.file?.match(place)?.[1];
        if (folder === undefined || file.startsWith(`${folder}/`) || edge.kind === "types") continue;
        // A store's own program is a command as well.
        const isProgram = layerOf(file) === "cli" && layerOf(edge.file ?? "") === "programs";
        const loadsIt = edge.kind === "dynamic" && (file === registry || isProgram);
        // MemoryBackend is what the examples of the root are written with.
        if (!loadsIt && !(file === "mod.ts" && edge.file === "backends/memory/mod.ts")) {
          wrong.push(`${file} imports ${edge.file}`);
        }
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("a name that is exported is declared once", async () => {
  const declared = new Map<string, string[]>();
  for (const file of files) {
    const source = await Deno.readTextFile(new URL(file, root));
    const names = source.matchAll(
      /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) (\w+)/gm,
    );
    for (const name of new Set([...names].map(([, name]) => name))) {
      declared.set(name, [...(declared.get(name) ?? []), file]);
    }
  }
  assert(declared.has("NDArray"), "declarations were found");
  // What the registry loads has one name in all of a kind.
  const sameByContract = ["open", "encode", "decode", "command"];
  assertEquals(
    [...declared].filter(([name, places]) => places.length > 1 && !sameByContract.includes(name)),
    [],
  );
});

Deno.test("no file is longer than a reader can hold", async () => {
  const long: string[] = [];
  for (const file of files) {
    const lines = (await Deno.readTextFile(new URL(file, root))).split("\n").length - 1;
    if (lines > MOST_LINES) long.push(`${file}: ${lines} lines`);
  }
  assertEquals(long, []);
});

Deno.test("the AWS SDK stays within the S3 backend", () => {
  const users = [...imports].filter(([, edges]) =>
    edges.some((edge) => /@(aws-sdk|smithy|aws-crypto)\//.test(edge.specifier))
  );
  assertEquals(users.map(([file]) => file).filter((file) => !file.startsWith("backends/s3/")), []);
});

Deno.test("the lowest layers need no package", () => {
  const wrong: string[] = [];
  for (const [file, edges] of imports) {
    if (!withoutPackages.includes(layerOf(file) ?? "") || packageFiles.includes(file)) continue;
    for (const edge of edges) {
      // Types of the platform are gone by the time the program runs.
      if (edge.file === undefined && edge.kind !== "types") wrong.push(`${file} imports ${edge.specifier}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("platform code is where the list says, and nowhere else", async () => {
  const users: string[] = [];
  for (const file of files) {
    if (platformUse.test(withoutComments(await Deno.readTextFile(new URL(file, root))))) users.push(file);
  }
  assertEquals(
    users,
    Object.keys(platformFiles).sort(),
    "platformFiles in architecture_test.ts is the exact list",
  );
});

Deno.test("tests that change the environment run one after the other: those that run at once are threads of one process", async () => {
  const changing: string[] = [];
  for (const file of await productFiles("tests/")) {
    if (/^tests\/(serial|interop|browser)\//.test(file)) continue;
    const source = withoutComments(await Deno.readTextFile(new URL(file, root)));
    if (/\bDeno\.env\.(set|delete)\(/.test(source)) changing.push(file);
  }
  assertEquals(changing, ["tests/config/probe.ts"], "a program of its own");
});

Deno.test("Node's modules are never imported as code, which a browser's bundler would trip over", () => {
  const wrong: string[] = [];
  for (const [file, edges] of imports) {
    for (const edge of edges) {
      if (/^(node|deno|bun):/.test(edge.specifier) && edge.kind !== "types") {
        wrong.push(`${file} imports ${edge.specifier}`);
      }
    }
  }
  assertEquals(wrong, []);
});

/** What comes with a module when it is imported, each with the file that brings it. */
function loadedWith(entry: string): Map<string, string> {
  const from = new Map<string, string>([[entry, ""]]);
  for (const file of from.keys()) {
    for (const edge of imports.get(file) ?? []) {
      if (edge.file !== undefined && edge.kind === "static" && !from.has(edge.file)) {
        from.set(edge.file, file);
      }
    }
  }
  return from;
}

Deno.test("mod.ts loads little: no store but memory, no codec, no age", () => {
  const from = loadedWith("mod.ts");
  assert(from.size <= MOST_MODULES, `${from.size} modules`);
  const chain = (file: string): string =>
    file === "mod.ts" ? file : `${chain(from.get(file) ?? "mod.ts")} → ${file}`;
  // What crypto/age/mod.ts itself imports is small: it loads the rest, and the library, on first use.
  const late = /^(backends\/(?!memory\/)[^/]+\/|codecs\/[^/]+\/|crypto\/age\/(?!mod\.ts))/;
  assertEquals([...from.keys()].filter((file) => late.test(file)).map(chain), []);
});

Deno.test("the checks see what they look for", () => {
  for (
    const use of [
      'Deno.open("x")',
      "Deno?.env",
      'import("node:fs")',
      "globalThis.process?.env",
      "typeof Deno",
      "Buffer.from(x)",
    ]
  ) {
    assert(platformUse.test(withoutComments(use)), use);
  }
  const comments =
    "/** Runs in Deno. */\n  // Deno.open is faster\nconst url = 's3://x'; // process.env\n/* node */";
  assert(!platformUse.test(withoutComments(comments)));
  assert(withoutComments(comments).includes("s3://x"));
  assertEquals(
    [
      "mod.ts",
      "lib/array/dtype.ts",
      "crypto/backend/mod.ts",
      "crypto/age/mod.ts",
      "backends/azure/mod.ts",
      "tests/x.ts",
    ].map(layerOf),
    ["entries", "array", "encryptingStore", "crypto", "stores", undefined],
  );
});
