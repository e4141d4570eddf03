/** Answers that no S3 gives and that what is between makes of them: no number, no yes and no wait may come of what they don't say. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { once } from "node:events";
import { createServer } from "node:net";
import { S3Backend, type S3Options } from "../../../backends/s3/mod.ts";
import { errorElements, rootElement } from "../../../backends/s3/xml.ts";
import { collect, withResolvers } from "../../../lib/async.ts";
import {
  AccessDeniedError,
  CottonCandyError,
  IntegrityError,
  InvalidArgumentError,
  PreconditionFailedError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { startS3 } from "../../servers/s3.ts";
import { MiB, pattern, streamed } from "./setup.ts";

/** What a server saw of a request. */
type Head = string;

/** A server that answers heads of requests with text as it stands on the wire: "" closes the connection. */
async function onWire(
  answer: (head: Head) => string,
  work: (backend: S3Backend, heads: readonly Head[]) => Promise<void>,
  options: Partial<S3Options> = {},
): Promise<void> {
  const heads: Head[] = [];
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      text += String(bytes);
      const [head, rest] = text.split("\r\n\r\n");
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (rest === undefined || rest.length < length) return;
      heads.push(head);
      socket.end(answer(head));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(typeof address === "object" && address);
  const backend = new S3Backend({
    bucket: "bucket",
    endpoint: `http://127.0.0.1:${address.port}`,
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
    retries: { attempts: 2, delay: 1 },
    onWarning: () => {},
    ...options,
  });
  try {
    await work(backend, heads);
  } finally {
    backend.close();
    server.close();
    await once(server, "close");
  }
}

function answerOf(status: string, headers: readonly string[], body = ""): string {
  return [`HTTP/1.1 ${status}`, ...headers, "Connection: close", "", body].join("\r\n");
}

const isHead = (head: Head) => head.startsWith("HEAD");

Deno.test("an object that is told as empty, and whose checksum is that of bytes, is damaged and not empty", () =>
  onWire(
    () =>
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: "e"\r\nLast-Modified: Mon, 30 Nov 2026 12:00:00 GMT\r\n' +
      "x-amz-checksum-crc32: D+pEiQ==\r\nx-amz-checksum-type: FULL_OBJECT\r\nConnection: close\r\n\r\n",
    async (backend) => {
      for (const parallel of [false, true]) {
        for (const read of ["read", "stream"] as const) {
          const reader = await backend.open("key", { parallel });
          await assertRejects(
            async () => read === "read" ? await reader.read() : await collect(reader.stream()),
            IntegrityError,
            "their CRC32 is AAAAAA==",
            `${read}, parallel: ${parallel}`,
          );
          await reader.close();
        }
      }
    },
  ));

Deno.test("a length that was repeated is read once, and one that is none is none", async () => {
  for (const lengths of [["5", "5"], ["5, 5"], ["5"]]) {
    const headers = ['ETag: "x"', ...lengths.map((length) => `Content-Length: ${length}`)];
    await onWire((head) => answerOf("200 OK", headers, isHead(head) ? "" : "hello"), async (backend) => {
      assertEquals((await backend.head("key"))?.size, 5);
      for (const parallel of [false, true]) {
        const reader = await backend.open("key", { parallel });
        assertEquals([reader.info.size, new TextDecoder().decode(await reader.read())], [5, "hello"]);
      }
    });
  }
  for (const length of ["1e3", "0x10", "-5", "5.5", "five", "5, 6"]) {
    const headers = ['ETag: "x"', `Content-Length: ${length}`];
    await onWire(
      (head) => answerOf("200 OK", isHead(head) ? headers : ['ETag: "x"'], isHead(head) ? "" : "hello"),
      async (backend) => {
        const error = await assertRejects(() => backend.head("key"), CottonCandyError);
        assertEquals(error.name, "IntegrityError", length);
      },
    );
  }
});

Deno.test("many comments before a root cost no more than their bytes", () => {
  const began = performance.now();
  for (const comments of ["<!---->", "<!-- a -->", "<!-->", "<?a?><!-- <b> -->"]) {
    const bytes = new TextEncoder().encode(comments.repeat(400) + "x");
    assertEquals(rootElement(bytes), undefined);
    assertEquals({ ...errorElements(bytes) }, {});
  }
  assert(performance.now() - began < 2000);
  const error = new TextEncoder().encode(
    "<!-- <a> --><!-- > --><Error><Message>&toString;</Message></Error>",
  );
  assertEquals(rootElement(error), "Error");
  assertEquals({ ...errorElements(error) }, { Message: "&toString;" });
});

/** When a request was signed, in milliseconds. */
function signedAt(head: Head): number {
  const [, ...parts] = /x-amz-date: (\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/i.exec(head) ?? [];
  const [year, month, ...rest] = parts.map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

const HOUR = 3_600_000;

Deno.test("where no Date is to be seen, a refusal says by which clock to sign", () =>
  onWire((head) => {
    const now = Date.now() + HOUR;
    return Math.abs(signedAt(head) - now) < HOUR / 4
      ? answerOf("200 OK", ['ETag: "x"', "Content-Length: 0"])
      : answerOf(
        "403 Forbidden",
        [],
        `<Error><Code>RequestTimeTooSkewed</Code><ServerTime>${
          new Date(now).toISOString()
        }</ServerTime></Error>`,
      );
  }, async (backend, heads) => {
    await backend.put("key", pattern(1));
    await backend.put("key", pattern(1));
    assertEquals(heads.length, 3);
  }));

Deno.test("the date of what a cache has kept is no clock to sign by", () =>
  onWire((head) => {
    const cached = ["Age: 3600", `Date: ${new Date(Date.now() - HOUR).toUTCString()}`, "Content-Length: 5"];
    return head.startsWith("GET")
      ? answerOf("200 OK", ['ETag: "x"', ...cached], "hello")
      : answerOf("200 OK", ['ETag: "x"', "Content-Length: 0"]);
  }, async (backend, heads) => {
    await (await backend.open("key")).read();
    await backend.put("key", pattern(1));
    assert(Date.now() - signedAt(heads[1]) < HOUR / 2, heads[1]);
  }));

Deno.test("an object of which no time is told may be what was written", () =>
  onWire((head) =>
    isHead(head)
      ? answerOf("200 OK", [
        'ETag: "55a54008ad1ba589aa210d2629c1df41"',
        "Content-Length: 1",
        `Date: ${new Date().toUTCString()}`,
      ])
      : "", async (backend) => {
    await backend.head("key");
    const error = await assertRejects(() => backend.put("key", Uint8Array.of(1)), CottonCandyError);
    assertEquals(error.committed, "unknown");
  }));

Deno.test("a customer's key is not sent where a redirection leads to an open line", () =>
  onWire(
    () =>
      answerOf("307 Temporary Redirect", ["Location: http://192.0.2.1:9/bucket/key", "Content-Length: 0"]),
    async (backend, heads) => {
      const error = await assertRejects(() => backend.put("key", pattern(1)), InvalidArgumentError);
      assertEquals([error.committed, heads.length], ["no", 1]);
      await assertRejects(() => backend.open("key"), InvalidArgumentError, "192.0.2.1");
    },
    { sse: { type: "C", key: pattern(32) } },
  ));

Deno.test("parts of another version without an ETag are told by its time", async () => {
  let version = 0;
  const size = 20 * MiB;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    version++;
    const [, first, last] = /bytes=(\d+)-(\d*)/.exec(request.headers.get("range") ?? "") ?? [];
    const [start, end] = [Number(first), Math.min(size, Number(last) + 1)];
    return new Response(new Uint8Array(end - start).fill(version), {
      status: 206,
      headers: {
        "content-range": `bytes ${start}-${end - 1}/${size}`,
        "last-modified": new Date(Date.UTC(2026, 1, version)).toUTCString(),
      },
    });
  });
  const backend = new S3Backend({
    bucket: "bucket",
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    credentials: "anonymous",
    checksums: false,
  });
  const reader = await backend.open("key", { parallel: true });
  await assertRejects(() => reader.read(), PreconditionFailedError);
  backend.close();
});

/** Makes something that takes this for Node. */
function asInNode<T>(make: () => T): T {
  const { getBuiltinModule } = globalThis.process;
  const hidden = { Deno: undefined, process: { getBuiltinModule, env: {} } };
  const before = Object.keys(hidden).map((name) =>
    [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const
  );
  try {
    for (const [name, value] of Object.entries(hidden)) {
      Object.defineProperty(globalThis, name, { value, configurable: true });
    }
    return make();
  } finally {
    for (const [name, descriptor] of before) Object.defineProperty(globalThis, name, descriptor ?? {});
  }
}

Deno.test("where fetch decodes what comes with a Content-Encoding, reading it is refused: in Node and Bun as in a page", async () => {
  await using s3 = await startS3({ buckets: ["bucket"] });
  const backend = asInNode(() =>
    new S3Backend({ bucket: "bucket", endpoint: s3.endpoint, credentials: s3.credentials })
  );
  s3.store.put("bucket", "packed", "packed", { headers: { "content-encoding": "gzip" } });
  s3.store.put("bucket", "plain", "plain", { headers: { "content-encoding": "identity" } });
  await assertRejects(() => backend.open("packed"), UnsupportedError, "Content-Encoding gzip");
  assertEquals((await backend.head("packed"))?.contentEncoding, "gzip");
  assertEquals((await (await backend.open("plain")).read()).length, 5);
  backend.close();
});

/** What `credentials` functions that never answer can hang. */
const WAITING: Record<string, (backend: S3Backend, signal: AbortSignal) => Promise<unknown>> = {
  head: (backend, signal) => backend.head("key", { signal }),
  open: (backend, signal) => backend.open("key", { signal }),
  put: (backend, signal) => backend.put("key", pattern(10), { signal }),
  "put in parts": (backend, signal) => backend.put("key", streamed(pattern(20 * MiB)), { signal }),
  list: (backend, signal) => backend.list({ signal })[Symbol.asyncIterator]().next(),
  delete: (backend, signal) => collect(backend.delete(["key"], { signal })),
};

for (const [name, work] of Object.entries(WAITING)) {
  Deno.test(`${name}: an abort is answered while credentials are waited for, and others wait on`, () => {
    const asked = withResolvers<{ accessKeyId: string; secretAccessKey: string }>();
    return onWire(() => answerOf("200 OK", ['ETag: "x"', "Content-Length: 0"]), async (backend, heads) => {
      const other = backend.head("other");
      const control = new AbortController();
      const reason = new Error("enough");
      const timer = setTimeout(() => control.abort(reason), 50);
      const late = setTimeout(() => asked.reject(new Error("the abort was not answered")), 5000);
      const error = await work(backend, control.signal).then(() => undefined, (error) => error);
      assertEquals(heads.length, 0, "nothing was sent");
      clearTimeout(timer);
      clearTimeout(late);
      assertEquals(error, reason);
      asked.resolve({ accessKeyId: "a", secretAccessKey: "s" });
      assertEquals((await other)?.size, 0);
      assertEquals(heads.length, 1);
    }, { credentials: () => asked.promise });
  });
}

const ENDLESS: Record<string, (backend: S3Backend) => Promise<unknown>> = {
  "by fetch": (backend) => backend.open("key"),
  "by Node's client": (backend) => backend.put("key", pattern(10)),
  "through the SDK": (backend) => backend.list()[Symbol.asyncIterator]().next(),
};

for (const [name, work] of Object.entries(ENDLESS)) {
  Deno.test(`a refusal without an end is read so far, and the connection closed: ${name}`, async () => {
    let sent = 0;
    const closed = withResolvers<void>();
    const server = createServer((socket) => {
      const piece = new Uint8Array(64 * 1024);
      const send = () => {
        while (!socket.destroyed && socket.writable) {
          sent += piece.length;
          if (!socket.write(piece)) return;
        }
      };
      socket.on("error", () => {});
      socket.on("close", () => closed.resolve());
      socket.on("drain", send);
      socket.once("data", () => {
        socket.write("HTTP/1.1 403 Forbidden\r\n\r\n<Error><Code>AccessDenied</Code></Error>");
        send();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert(typeof address === "object" && address);
    const backend = new S3Backend({
      bucket: "bucket",
      endpoint: `http://127.0.0.1:${address.port}`,
      credentials: { accessKeyId: "a", secretAccessKey: "s" },
      retries: 1,
      timeout: { idle: 5000 },
    });
    try {
      await assertRejects(() => work(backend), AccessDeniedError);
      await closed.promise;
      // What the sockets of both sides hold comes on top.
      assert(sent < 16 * MiB, `${sent} bytes were sent`);
    } finally {
      backend.close();
      server.close();
      await once(server, "close");
    }
  });
}
