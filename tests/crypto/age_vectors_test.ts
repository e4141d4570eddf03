/**
 * The published test vectors of the age format (C2SP/CCTV, npm's cctv-age): 143 files, most of them broken in one way each. Whatever is wrong with one,
 * reading it fails, and before that nothing is given but what the vector says was authentic.
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import * as vectors from "cctv-age";
import { ageKeys, generateAgeIdentity } from "../../crypto/age/mod.ts";
import type { SegmentCipher } from "../../crypto/scheme.ts";
import { openSegments } from "../../crypto/segments.ts";
import { toHex } from "../../lib/base64.ts";
import { concat } from "../../lib/bytes.ts";
import { IntegrityError, UnsupportedError } from "../../lib/errors.ts";
import { readAll, streamOf } from "../../lib/streams/mod.ts";

interface Vector {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly file: Uint8Array<ArrayBuffer>;
}

async function parse(bytes: Uint8Array): Promise<Vector> {
  const fields = new Map<string, string[]>();
  let line = 0;
  for (;;) {
    const newline = bytes.indexOf(0x0a, line);
    const text = new TextDecoder().decode(bytes.subarray(line, newline));
    line = newline + 1;
    if (text === "") break;
    const [name, ...value] = text.split(": ");
    fields.set(name, [...fields.get(name) ?? [], value.join(": ")]);
  }
  const file = bytes.slice(line);
  const inflated = fields.has("compressed")
    ? await readAll(streamOf(file).pipeThrough(new DecompressionStream("deflate")))
    : file;
  return { fields, file: inflated };
}

interface Read {
  /** What was given. */
  readonly plain: Uint8Array;
  /** What could be given: the chunks up to one that is not authentic, or is the last. Only the last may be short. */
  readonly authentic: Uint8Array;
  readonly error?: unknown;
}

/** Reads a file as the encrypting store does. */
async function read({ fields, file }: Vector): Promise<Read> {
  const keys = await ageKeys(
    fields.has("passphrase")
      ? { passphrase: fields.get("passphrase")?.[0] }
      : { identities: fields.get("identity") ?? (await generateAgeIdentity()).identity },
  );
  const pieces: Uint8Array[] = [];
  let authentic = new Uint8Array();
  let error: unknown;
  try {
    const unsealed = await keys.unseal({ key: "vector", metadata: {} });
    const payload = await unsealed.payload((length) => Promise.resolve(file.slice(0, length)));
    assert(payload.kind === "segments");
    const body = file.subarray(payload.cipher.layout.headerLength);
    authentic = await authenticChunks(payload.cipher, body);
    for await (const piece of openSegments(payload.cipher, streamOf(body), { first: 0, ends: true })) {
      pieces.push(piece);
    }
  } catch (reason) {
    error = reason;
  }
  return { plain: concat(...pieces), authentic, error };
}

async function authenticChunks(
  cipher: SegmentCipher,
  body: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { layout } = cipher;
  const stride = layout.segmentLength + layout.tagLength;
  const chunks: Uint8Array[] = [];
  for (let index = 0, last = false; !last && index * stride < body.length; index++) {
    const stored = body.slice(index * stride, (index + 1) * stride);
    last = stored.length < stride;
    try {
      if (!last) {
        chunks.push(
          await cipher.open(stored, index, false).catch(() => {
            last = true;
            return cipher.open(stored, index, true);
          }),
        );
      } else {
        chunks.push(await cipher.open(stored, index, true));
      }
    } catch {
      break;
    }
  }
  return concat(...chunks);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))));
}

const all = Object.entries(vectors).filter(([, bytes]) => bytes instanceof Uint8Array);

Deno.test("all published vectors are here", () => {
  assertEquals(all.length, 143);
});

for (const [name, bytes] of all) {
  Deno.test(`published vector ${name}`, async () => {
    const vector = await parse(bytes);
    const [expect] = vector.fields.get("expect") ?? [];
    const { plain, authentic, error } = await read(vector);
    if (vector.fields.has("armored")) {
      // Text form is refused where it is recognized, and no age file where it isn't.
      assert(error instanceof UnsupportedError || error instanceof IntegrityError);
      assertEquals(plain.length, 0);
      return;
    }
    if (expect === "success") assertEquals(error, undefined);
    else assertInstanceOf(error, IntegrityError);
    const [payload] = vector.fields.get("payload") ?? [];
    assertEquals(await sha256(authentic), payload ?? await sha256(new Uint8Array()));
    // A chunk is held until it is known whether it is the last, so of a broken body there may come less than could.
    assertEquals(plain, error === undefined ? authentic : authentic.subarray(0, plain.length));
  });
}
