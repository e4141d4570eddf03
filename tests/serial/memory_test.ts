// How much memory the process takes. In a process of its own: all tests of a process share it.
import { assert, assertRejects } from "@std/assert";
import { bucketPageOf } from "../../backends/bucket_listing.ts";
import { readNpy } from "../../lib/array/mod.ts";
import { IntegrityError } from "../../lib/errors.ts";
import { streamOf } from "../../lib/streams/mod.ts";
import { npyFile } from "../array/npy_file.ts";

Deno.test("a shape that lies takes no memory", async () => {
  const before = Deno.memoryUsage().rss;
  const huge = [
    "(9007199254740991,)",
    "(4503599627370496, 4503599627370496)",
    "(99999999999999999999999,)",
    "(1000000000000,)",
    "(2000000000, 1)",
    "(0, 9007199254740991, 9007199254740991)",
  ];
  for (const shape of huge) {
    const bytes = npyFile(`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}}`, 16);
    await assertRejects(() => readNpy(streamOf(bytes)), IntegrityError);
    await assertRejects(() => readNpy(streamOf(bytes), { size: bytes.length }), IntegrityError);
  }
  // A stream of unknown length may be given 256 MiB before its bytes have come.
  const taken = Deno.memoryUsage().rss - before;
  assert(taken < 320 * 2 ** 20, `${taken}`);
});

Deno.test("what was listed keeps no page of the listing in memory", () => {
  const kept: unknown[] = [];
  const before = Deno.memoryUsage().heapUsed;
  const rest = `<!--${" ".repeat(2 ** 20)}-->`;
  for (let page = 0; page < 400; page++) {
    const etag = `${page}`.padEnd(32, "0");
    const object = `<Key>a-key-of-some-length-${page}</Key><Size>1</Size><ETag>"${etag}"</ETag>` +
      "<StorageClass>INTELLIGENT_TIERING</StorageClass>";
    const encoding = page % 2 === 0 ? "" : "<EncodingType>url</EncodingType>";
    const xml = `<ListBucketResult>${encoding}<Contents>${object}</Contents>${rest}</ListBucketResult>`;
    kept.push(...bucketPageOf(xml, (why) => new IntegrityError(why)).entries);
  }
  const used = Deno.memoryUsage().heapUsed - before;
  assert(kept.length === 400 && used < 128 * 2 ** 20, `${used}`);
});
