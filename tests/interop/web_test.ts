// Plain URLs on servers that nobody here wrote: Python's http.server, nginx where it is installed (and required by REQUIRE_SERVERS), and a bucket of moto. Arrays are those that numpy wrote.
import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { type Backend, compareKeys } from "../../backends/mod.ts";
import { S3Backend } from "../../backends/s3/mod.ts";
import { HttpBackend } from "../../backends/web/mod.ts";
import { getInterface } from "../../mod.ts";
import { conformance, type ConformanceOptions } from "../../testing/mod.ts";
import { ODD_KEYS } from "../../testing/keys.ts";
import vectors from "../vectors/npz.json" with { type: "json" };
import { server } from "./servers.ts";

/** A server of a directory. */
interface Serving extends AsyncDisposable {
  readonly url: string;
  readonly directory: string;
}

async function temporary(): Promise<string> {
  return await Deno.realPath(await Deno.makeTempDir({ prefix: "cottoncandy-web-" }));
}

/** Waits until it answers. */
async function started(url: string, directory: string, child: Deno.ChildProcess): Promise<Serving> {
  for (let tries = 0;; tries++) {
    try {
      await (await fetch(url)).body?.cancel();
      break;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    url,
    directory,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(dirname(directory), { recursive: true });
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function startPython(): Promise<Serving> {
  const directory = join(await temporary(), "data");
  await Deno.mkdir(directory);
  const port = freePort();
  const args = ["-m", "http.server", `${port}`, "--bind", "127.0.0.1", "--directory", directory];
  const child = new Deno.Command("python3", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  return await started(`http://127.0.0.1:${port}`, directory, child);
}

const nginx = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

async function startNginx(format: "html" | "json"): Promise<Serving> {
  const base = await temporary();
  const directory = join(base, "data");
  await Deno.mkdir(directory);
  await Deno.chmod(base, 0o755);
  const port = freePort();
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
    `${name}_temp_path ${base}/${name};`
  );
  await Deno.writeTextFile(
    `${base}/nginx.conf`,
    `daemon off; master_process off; pid ${base}/pid; error_log ${base}/error.log; events {} http { access_log off; ${
      places.join(" ")
    } server { listen 127.0.0.1:${port}; root ${directory}; autoindex on; autoindex_format ${format}; default_type application/octet-stream; } }`,
  );
  const child = new Deno.Command(nginx ?? "nginx", {
    args: ["-c", `${base}/nginx.conf`, "-p", base, "-e", `${base}/error.log`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return await started(`http://127.0.0.1:${port}`, directory, child);
}

/** Writes files for a server to serve: each in one step, and a second after the one before it, since that is all that Last-Modified tells. */
function writerIn(directory: string): Pick<Backend, "put" | "delete"> {
  let clock = Math.floor(Date.now() / 1000);
  return {
    async put(key, body) {
      const bytes = new Uint8Array(
        await new Response(body instanceof Uint8Array ? new Uint8Array(body) : body).arrayBuffer(),
      );
      const path = `${directory}/${key}`;
      await Deno.mkdir(dirname(path), { recursive: true });
      const part = `${dirname(directory)}/part-${crypto.randomUUID()}`;
      await Deno.writeFile(part, bytes);
      await Deno.utime(part, ++clock, clock);
      await Deno.rename(part, path);
      return { key, size: bytes.length };
    },
    async *delete(items) {
      for await (const item of items) {
        const key = typeof item === "string" ? item : item.key;
        let path = `${directory}/${key}`;
        await Deno.remove(path).catch(() => {});
        // Directories that are empty now go, too.
        while ((path = dirname(path)) !== directory && await Deno.remove(path).then(() => true, () => false));
        yield { key };
      }
    },
  };
}

/** Names that a directory holds: none that end in a slash, have two in a row or dots between slashes, are a directory's as well, or are longer than 255 bytes. */
const FILES = ODD_KEYS.filter((key) =>
  !/\/$|\/\/|(^|\/)\.\.?(\/|$)|^conflict(\/below)?$|^object\.meta\.json$/.test(key) &&
  key.split("/").every((part) => new TextEncoder().encode(part).length <= 255)
);
const limits: ConformanceOptions = {
  readOnly: true,
  many: 300,
  skip: [
    // With metadata, and names that are no files': `FILES` are below.
    "odd keys are all different objects, listed and deleted as they are",
    "keys at the root: a leading slash, dots and the like",
    "keys of 1024 bytes",
    // Files, and directories of their names.
    "what is missing is a NotFoundError that names the key, or undefined",
    "keys come in the order of their UTF-8 bytes",
    "by prefix, which need not end at a slash",
    "by delimiter",
    "startAfter, which need not be a key",
    // The writer puts all or nothing, and no more: it takes no signals.
    "aborted before it began, everything rejects with the reason and does nothing",
    ...[0, 100, 6 * 2 ** 20, 18 * 2 ** 20].map((at) =>
      `an abort while a source keeps silent after ${at} bytes`
    ),
    "an abort while bytes are being put",
    "an abort while a listing or a deletion goes on",
    "keys that no store can hold are InvalidArgumentErrors",
  ],
};

/** @param isHidden Whether its pages leave a name out. */
function suite(name: string, start: () => Promise<Serving>, isHidden: (key: string) => boolean): void {
  conformance(name, async () => {
    const serving = await start();
    const backend = new HttpBackend(serving.url, { listing: "autoindex", onWarning() {} });
    return {
      backend,
      writer: writerIn(serving.directory),
      dispose: async () => {
        backend.close();
        await serving[Symbol.asyncDispose]();
      },
    };
  }, limits);

  Deno.test(`${name}: odd names are all different objects, read and listed as they are`, async () => {
    await using serving = await start();
    const writer = writerIn(serving.directory);
    const backend = new HttpBackend(serving.url, { listing: "autoindex", onWarning() {} });
    for (const key of FILES) await writer.put(`odd/${key}`, new TextEncoder().encode(`at ${key}`));
    for (const key of FILES) {
      const bytes = await (await backend.open(`odd/${key}`)).read();
      assertEquals(new TextDecoder().decode(bytes), `at ${key}`);
      assertEquals((await backend.head(`odd/${key}`))?.size, bytes.length);
    }
    const listed = await Array.fromAsync(backend.list({ prefix: "odd/" }));
    assertEquals(
      listed.map((entry) => "key" in entry ? entry.key.slice(4) : entry.prefix),
      FILES.filter((key) => !isHidden(key)).sort(compareKeys),
    );
    backend.close();
  });

  Deno.test(`${name}: numpy's arrays, by name and by their listing`, async () => {
    await using serving = await start();
    const writer = writerIn(serving.directory);
    for (const { name, stored } of vectors) {
      await writer.put(`npz & more/${name}.npz`, Uint8Array.fromBase64(stored));
    }
    const cci = await getInterface(serving.url, { listing: "autoindex", onWarning() {} });
    assertEquals(await cci.glob("npz*/*.npz"), vectors.map(({ name }) => `npz & more/${name}.npz`).sort());
    for (const { name, arrays } of vectors) {
      const archive = await cci.openNpz(`npz & more/${name}.npz`);
      for (const [key, [dtype, shape, hex]] of Object.entries(arrays)) {
        const array = await archive.read(key);
        const same: unknown[] = [array.dtype, [...array.shape], array.toBytes().toHex().slice(0, 400)];
        assertEquals(same, [dtype, shape, hex], `${key} of ${name}`);
      }
    }
  });
}

suite("web on python -m http.server", startPython, () => false);
if (nginx) {
  const isHidden = (key: string) => /(^|\/)\./.test(key);
  suite("web on nginx", () => startNginx("html"), isHidden);
  suite("web on nginx with JSON", () => startNginx("json"), isHidden);
} else if (Deno.env.get("REQUIRE_SERVERS")?.split(",").includes("nginx")) {
  throw new Error("nginx is required and not installed");
}

const moto = await server("moto");
const bucket = `web-${Deno.pid}-${Date.now()}`;
const { endpoint, accessKeyId, secretAccessKey } = moto;
const store = new S3Backend({
  bucket,
  endpoint,
  credentials: { accessKeyId, secretAccessKey },
  conditionalWrites: true,
});
const acl = "public-read";
await store.buckets.create(bucket, { acl });
conformance("web on a public bucket of moto", () => ({
  backend: new HttpBackend(`${endpoint}/${bucket}`, { listing: "s3" }),
  writer: {
    put: (key, body, options) => store.put(key, body, { ...options, acl }),
    delete: (items, options) => store.delete(items, options),
  },
}), { readOnly: true, many: 300 });
