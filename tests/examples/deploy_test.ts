// examples/deploy as its users run it: `deno serve` in a process of its own, with no more permissions than the guide says.
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { getInterface, ndarray, readNpy } from "../../mod.ts";
import { fromArrow } from "../../lib/array/arrow/mod.ts";
import { toImageData } from "../../lib/array/plotting/mod.ts";
import { startS3 } from "../servers/s3.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** The function, running. */
class Served implements AsyncDisposable {
  private constructor(readonly url: string, readonly process: Deno.ChildProcess) {}

  static async start(permissions: readonly string[], env: Record<string, string> = {}): Promise<Served> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        "serve",
        "--no-check",
        "--no-prompt",
        ...permissions,
        "--host=127.0.0.1",
        "--port=0",
        "examples/deploy/main.ts",
      ],
      cwd: root,
      env: { ...env, NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    // `deno serve` says where it listens.
    const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (true) {
      const { value, done } = await reader.read();
      if (done) throw new Error(said);
      said += value;
      const [url] = /http:\/\/[\d.]+:\d+/.exec(said) ?? [];
      if (url) {
        (async () => {
          while (!(await reader.read()).done);
        })();
        return new Served(url, process);
      }
    }
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/${path}`, { headers });
  }

  /** The most memory that it has had, in MiB. */
  async peak(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.process.pid}/status`);
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill();
    await this.process.status;
    await this.process.stdout.cancel();
  }
}

/** The pixels of a PNG, by Node's zlib. */
async function decodePng(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ width: number; height: number; data: Uint8Array }> {
  const view = new DataView(bytes.buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const packed = bytes.subarray(41, 41 + view.getUint32(33));
  const { inflateSync, crc32 } = await import("node:zlib");
  assertEquals(view.getUint32(41 + packed.length), crc32(bytes.subarray(37, 41 + packed.length)));
  const rows = inflateSync(packed);
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * (width * 4 + 1), (y + 1) * (width * 4 + 1));
    assertEquals(row[0], 0);
    data.set(row.subarray(1), y * width * 4);
  }
  return { width, height, data };
}

Deno.test("the function of examples/deploy: formats, ranges, ETags and statuses, from a bucket", async (t) => {
  await using s3 = await startS3({ buckets: ["lab"] });
  const options = { endpoint: s3.endpoint, region: s3.region, credentials: s3.credentials };
  const cci = await getInterface("s3://lab", options);
  const volume = ndarray(Float64Array.from({ length: 4 * 8 * 10 }, (_, i) => i / 2), [4, 8, 10]);
  await cci.uploadRawArray("sub01/raw", volume, { compression: false });
  await cci.uploadNpyArray("sub01/file.npy", volume);
  await cci.uploadDaskArray("sub01/chunks", volume, { axis: 0, chunks: [3, 8, 10], compression: "Zstd" });
  await cci.uploadRawArray("sub01/packed", ndarray(new Uint8Array(3 * 2 ** 20), [3, 2 ** 20]), {
    compression: "gzip",
  });
  await using served = await Served.start(["--allow-net", "--allow-env"], {
    TARGET: "s3://lab",
    LIMIT: "2",
    AWS_ENDPOINT_URL: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
  });
  const part = volume.slice(2, [0, 3], [1, 7, 2]);

  for (const name of ["sub01/raw", "sub01/file.npy", "sub01/chunks"]) {
    await t.step(`JSON, npy and Arrow of ${name}`, async () => {
      const json = await (await served.get(`${name}?slice=2,:3,1:7:2`)).json();
      assertEquals(json, { dtype: "<f8", shape: [3, 3], data: part.toNested() });
      const npy = await served.get(`${name}?slice=2,0:3,1:7:2&as=npy`);
      assertEquals((await readNpy(npy.body!)).toNested(), part.toNested());
      const arrow = await served.get(`${name}?slice=2,0:3,1:7:2&as=arrow`);
      assertEquals(arrow.headers.get("content-type"), "application/vnd.apache.arrow.stream");
      assertEquals((await fromArrow(await arrow.bytes())).toNested(), part.toNested());
    });
  }

  await t.step("a picture has the pixels that toImageData gives", async () => {
    const response = await served.get("sub01/raw?slice=1&as=png&cmap=greys");
    assertEquals(response.headers.get("content-type"), "image/png");
    const { width, height, data } = toImageData(volume.slice(1), "greys");
    assertEquals(await decodePng(new Uint8Array(await response.arrayBuffer())), {
      width,
      height,
      data: new Uint8Array(data),
    });
    assertEquals((await served.get("sub01/raw?as=png")).status, 400); // three axes
    assertEquals((await served.get("sub01/raw?slice=1&as=png&cmap=jet")).status, 400);
  });

  await t.step("negative indices, ..., and the whole array", async () => {
    assertEquals(
      (await (await served.get("sub01/raw?slice=-1,...,0")).json()).data,
      volume.slice(-1, null, 0).toNested(),
    );
    assertEquals((await (await served.get("sub01/raw")).json()).shape, [4, 8, 10]);
  });

  await t.step("an ETag that is known is a 304; another object has another one", async () => {
    const first = await served.get("sub01/raw?slice=0");
    await first.body?.cancel();
    const etag = first.headers.get("etag")!;
    const again = await served.get("sub01/raw?slice=0", { "if-none-match": `"other", ${etag}` });
    assertEquals([again.status, again.headers.get("etag"), await again.text()], [304, etag, ""]);
    assert(again.headers.get("cache-control")?.includes("max-age"));
    await cci.uploadRawArray("sub01/raw", ndarray(volume.data.map((x) => x + 1), [4, 8, 10]), {
      compression: false,
    });
    const changed = await served.get("sub01/raw?slice=0,0,0", { "if-none-match": etag });
    assertEquals([changed.status, (await changed.json()).data], [200, 1]);
  });

  await t.step("ranges: parts, from the end, out of bounds, and of another version", async () => {
    const whole = new Uint8Array(await (await served.get("sub01/file.npy?as=npy")).arrayBuffer());
    const get = async (headers: Record<string, string>) => {
      const response = await served.get("sub01/file.npy?as=npy", headers);
      return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
    };
    const middle = await get({ range: "bytes=100-299" });
    assertEquals([middle.response.status, middle.response.headers.get("content-range")], [
      206,
      `bytes 100-299/${whole.length}`,
    ]);
    assertEquals(middle.bytes, whole.subarray(100, 300));
    assertEquals((await get({ range: "bytes=-8" })).bytes, whole.subarray(-8));
    assertEquals((await get({ range: `bytes=${whole.length}-` })).response.status, 416);
    assertEquals((await get({ range: "bytes=0-7", "if-range": '"older"' })).response.status, 200);
  });

  await t.step("each failure has its status, and words", async () => {
    const status = async (path: string) => {
      const response = await served.get(path);
      const { error } = await response.json();
      assert(typeof error === "string" && error.length > 3);
      return response.status;
    };
    assertEquals(await status("sub01/none"), 404);
    assertEquals(await status(""), 404);
    assertEquals(await status("sub01/raw?slice=9"), 400);
    assertEquals(await status("sub01/raw?slice=a"), 400);
    assertEquals(await status("sub01/raw?slice=0,0,0,0"), 400);
    assertEquals(await status("sub01/raw?as=tiff"), 400);
    assertEquals(await status("%zz"), 400);
    assertEquals(await status("sub01/packed?slice=0,0"), 413); // 3 MiB must be unpacked for it
    const post = await fetch(`${served.url}/sub01/raw`, { method: "POST" });
    assertEquals([post.status, await post.text().then((text) => text.includes("GET"))], [405, true]);
    const head = await fetch(`${served.url}/sub01/raw?slice=0`, { method: "HEAD" });
    assertEquals([head.status, Number(head.headers.get("content-length")) > 100], [200, true]);
  });
});

Deno.test("the function of examples/deploy: an anonymous store needs no environment, nor does memory the network", async () => {
  await using served = await Served.start([]);
  const response = await served.get("wave?slice=0,0:3");
  assertEquals([response.status, (await response.json()).shape], [200, [3]]);
  const arrow = await fromArrow(await (await served.get("wave?slice=0:2,0:3&as=arrow")).bytes());
  assertEquals([arrow.dtype, arrow.shape], ["<f4", [2, 3]]);
});

Deno.test({
  name: "the function of examples/deploy: memory is bounded, whatever the array and however many ask",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // 40 GiB of float32, made when they are asked for: each item is its number, modulo 2 ** 20.
    const shape = [10240, 1024, 1024];
    const header = new TextEncoder().encode(
      `\x93NUMPY\x01\x00\x76\x00${
        `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`.padEnd(117)
      }\n`.replace("\x93", ""),
    );
    const head = new Uint8Array([0x93, ...header]);
    const plane = new Uint8Array(Float32Array.from({ length: 2 ** 20 }, (_, i) => i).buffer);
    const size = head.length + shape.reduce((product, length) => product * length, 4);
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const headers = { etag: '"1"', "accept-ranges": "bytes", "last-modified": new Date(0).toUTCString() };
      if (!new URL(request.url).pathname.endsWith("/huge.npy")) return new Response(null, { status: 404 });
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
      if (first === undefined) {
        return new Response(null, { headers: { ...headers, "content-length": `${size}` } });
      }
      const [start, end] = [Number(first), Math.min(size, Number(last) + 1)];
      const bytes = Uint8Array.from({ length: 0 });
      void bytes;
      const body = new Uint8Array(end - start);
      for (let at = start; at < end;) {
        const source = at < head.length
          ? head.subarray(at)
          : plane.subarray((at - head.length) % plane.length);
        const piece = source.subarray(0, end - at);
        body.set(piece, at - start);
        at += piece.length;
      }
      return new Response(body, {
        status: 206,
        headers: { ...headers, "content-range": `bytes ${start}-${end - 1}/${size}` },
      });
    });
    await using served = await Served.start(["--allow-net", "--allow-env"], {
      TARGET: `http://127.0.0.1:${server.addr.port}/`,
    });
    const ask = async (i: number) => {
      const response = await served.get(`huge.npy?slice=${i * 100}:${i * 100 + 3}&as=npy`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status === 200) {
        assertEquals([bytes.length, bytes.at(-5)], [128 + 12 * 2 ** 20, plane.at(-5)]);
      }
      return response.status;
    };
    const statuses: number[] = [];
    for (let round = 0; round < 3; round++) {
      statuses.push(...await Promise.all(Array.from({ length: 16 }, (_, i) => ask(round * 16 + i))));
    }
    assert(statuses.every((status) => status === 200 || status === 503), statuses.join());
    assert(statuses.includes(200) && statuses.includes(503), statuses.join());
    const peak = await served.peak();
    assert(peak < 256, `${peak} MiB`);
  },
});
