/**
 * Keeps the architecture true: which way imports point, where platform code may be, and what a page that imports `mod.ts` must not load.
 * The imports are those that Deno's own parser finds, static, dynamic and of types alike.
 */
import { assert, assertEquals } from "@std/assert";

const root = new URL("../", import.meta.url);

/** Layers by their files; the first that fits counts. A layer may import itself and what `may` names. */
const layers: Record<string, { files: RegExp; may: readonly string[] }> = {
  mod: {
    files: /^mod\.ts$/,
    may: [
      "interfaces",
      "pure",
      "array",
      "codecs",
      "crypto",
      "cryptoBackend",
      "backends",
      "contract",
      "streams",
      "base",
    ],
  },
  // What a person starts: nobody imports it.
  programs: { files: /^backends\/[^/]+\/\w+_main\.ts$/, may: ["interfaces", "backends", "base"] },
  interfaces: {
    files: /^lib\/(interfaces\/|config\/|browser\/|browser\.ts$|config\.ts$|zarr\.ts$)/,
    may: ["pure", "array", "codecs", "crypto", "cryptoBackend", "backends", "contract", "streams", "base"],
  },
  array: { files: /^lib\/array\//, may: ["streams", "base"] },
  codecs: { files: /^codecs\//, may: ["streams", "base"] },
  cryptoBackend: {
    files: /^crypto\/(backend\.ts$|backend\/|mod\.ts$)/,
    may: ["crypto", "contract", "streams", "base"],
  },
  crypto: { files: /^crypto\//, may: ["streams", "base"] },
  // The contract, and what whoever keeps it needs: arguments, ranges, bodies.
  contract: { files: /^backends\/(backend|body|keys|metadata|put_options|range)\.ts$/, may: ["base"] },
  backends: { files: /^backends\//, may: ["contract", "streams", "base"] },
  streams: { files: /^lib\/streams\//, may: ["base"] },
  base: { files: /^lib\/(errors|warnings|files|environment|thrown)\.ts$/, may: [] },
  // Names, globs, JSON and the like: what needs nothing but errors.
  pure: { files: /^lib\/([^/]+\.ts$|glob\/)/, may: ["base"] },
};

/** Layers that need nothing but the web platform. */
const withoutPackages = ["base", "streams", "contract"];

/** Files that may use or ask for the platform, and what for. Everything else runs unchanged in a browser. */
const platformFiles: Record<string, string> = {
  "lib/environment.ts": "environment variables, and what Deno was allowed to do",
  "lib/files.ts": "all access to the file system",
  "backends/checksum/digest.ts": "node:crypto's MD5 and SHA-256 beside those of noble",
  "backends/checksum/table.ts": "node:zlib's crc32 beside the portable tables",
  "backends/gdrive/auth/loopback.ts": "a login's browser brings the answer to a server of this machine",
  "backends/gdrive/auth/open_browser.ts": "starts the person's browser",
  "backends/gdrive/login_main.ts": "a program's arguments and exit code",
  "backends/http/background_timer.ts": "a timer that does not keep the process from ending",
  "backends/http/node_request.ts":
    "node:http sends bodies with a length and in flat memory; fetch_request.ts is the twin",
  "backends/http/probe.ts":
    "whether a server takes connections, which fetch does not tell apart from one that is slow",
  "backends/s3/options.ts": "whether credentials can come from files and the environment",
  "backends/s3/errors.ts": "whether CORS may be to blame, for a message",
  "crypto/scrypt.ts": "node:crypto's scrypt, on another thread; the portable twin is beside it",
  "codecs/node_zlib.ts": "node:zlib's streams beside the portable codecs",
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

async function productFiles(path = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(new URL(path || ".", root))) {
    const inner = path + entry.name;
    if (entry.isDirectory && (path !== "" || /^(lib|backends|codecs|crypto)$/.test(entry.name))) {
      found.push(...await productFiles(`${inner}/`));
    } else if (entry.isFile && entry.name.endsWith(".ts") && (path !== "" || entry.name === "mod.ts")) {
      found.push(inner);
    }
  }
  return found.sort();
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

Deno.test("a backend is known to nobody but its own subpath", () => {
  const wrong: string[] = [];
  for (const [file, edges] of imports) {
    for (const edge of edges) {
      const backend = edge.file?.match(/^backends\/(s3|local|memory|gdrive)\//)?.[1];
      if (backend === undefined) continue;
      if (file !== `backends/${backend}.ts` && !file.startsWith(`backends/${backend}/`)) {
        wrong.push(`${file} imports ${edge.file}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("the AWS SDK stays within the S3 backend", () => {
  const users = [...imports].filter(([, edges]) =>
    edges.some((edge) => /@(aws-sdk|smithy|aws-crypto)\//.test(edge.specifier))
  );
  assertEquals(users.map(([file]) => file).filter((file) => !/^backends\/s3(\.ts$|\/)/.test(file)), []);
});

Deno.test("the lowest layers need no package", () => {
  const wrong: string[] = [];
  for (const [file, edges] of imports) {
    if (!withoutPackages.includes(layerOf(file) ?? "")) continue;
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

Deno.test("mod.ts reaches neither S3 nor Drive by static imports", () => {
  const from = new Map<string, string>([["mod.ts", ""]]);
  for (const file of from.keys()) {
    for (const edge of imports.get(file) ?? []) {
      if (edge.file !== undefined && edge.kind === "static" && !from.has(edge.file)) {
        from.set(edge.file, file);
      }
    }
  }
  const reached = [...from.keys()].filter((file) => /^backends\/(s3|gdrive)/.test(file));
  const chain = (file: string): string =>
    file === "mod.ts" ? file : `${chain(from.get(file) ?? "mod.ts")} → ${file}`;
  assertEquals(reached.map(chain), []);
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
    ["mod.ts", "lib/array/npy.ts", "crypto/backend.ts", "crypto/age.ts", "tests/x.ts"].map(layerOf),
    [
      "mod",
      "array",
      "cryptoBackend",
      "crypto",
      undefined,
    ],
  );
});
