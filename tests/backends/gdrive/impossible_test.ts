/** Answers that make no sense, of whatever stands between: each ends in one error, and no upload goes on for ever. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { IntegrityError } from "../../../lib/errors.ts";
import { streamed } from "../s3/setup.ts";
import { type Answer, between } from "./between.ts";
import { MiB, onDrive, type Setup } from "./setup.ts";
import { assertFailure } from "./writing.ts";

const incomplete = (range?: string) =>
  new Response(null, { status: 308, headers: range === undefined ? {} : { range } });

/** Puts a stream and bytes through something that answers. */
function through(
  answer: () => Answer,
  check: (outcome: unknown, requests: readonly string[], setup: Setup) => void,
): () => Promise<void> {
  return () =>
    onDrive(async (setup) => {
      for (const body of [streamed(new Uint8Array(20 * MiB)), new Uint8Array(20 * MiB)]) {
        await using way = between(setup.drive.endpoint, answer());
        const backend = setup.another({ endpoint: way.endpoint });
        const outcome = await backend.put("key", body).then(({ size }) => size, (error: unknown) => error);
        check(outcome, way.requests, setup);
        setup.drive.store.files.forEach(({ id, name }) => name === "key" && setup.drive.store.delete(id));
        assertEquals(setup.drive.sessions.size, 0, "uploads underway");
      }
    });
}

Deno.test(
  "a part is taken for all of it",
  through(
    () => (request, pass) =>
      request.method === "PUT"
        ? Response.json({ id: "1a", name: "key", mimeType: "a/b", size: "4194304", version: "1" })
        : pass(),
    (failure, requests) => {
      assertFailure(failure, IntegrityError, "unknown");
      assertEquals(requests.filter((request) => request.startsWith("PUT")).length, 1);
    },
  ),
);

Deno.test(
  "Drive has more than was sent",
  through(
    () => (request, pass) => request.method === "PUT" ? incomplete("bytes=0-99999999999") : pass(),
    (failure, requests) => {
      assertFailure(failure, IntegrityError, "no");
      assertEquals(requests.filter((request) => request.startsWith("PUT")).length, 1);
    },
  ),
);

Deno.test(
  "Drive keeps some, and loses them again",
  through(
    () => {
      let count = 0;
      return (request, pass) =>
        request.method === "PUT" ? incomplete(count++ % 2 === 0 ? "bytes=0-262143" : undefined) : pass();
    },
    (failure, requests) => {
      assert(failure instanceof Error && failure.message.includes("keeps no more bytes"), `${failure}`);
      assertLess(requests.length, 20);
    },
  ),
);

Deno.test(
  "the range is told without its unit, and a file without its size",
  through(
    () => async (request, pass) => {
      const response = await pass();
      if (request.method !== "PUT") return response;
      const range = response.headers.get("range");
      if (range !== null) return incomplete(range.replace("bytes=", ""));
      const { size: _, md5Checksum: __, ...file } = await response.json();
      return Response.json(file);
    },
    (size, _, { drive }) => {
      assertEquals(size, 20 * MiB);
      assertEquals(drive.store.find("key")?.bytes?.length, 20 * MiB);
    },
  ),
);
