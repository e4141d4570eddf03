// Arrow between pyarrow and this library, by the bytes of IPC streams and files, both ways.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { tableToIPC } from "apache-arrow";
import { fromArrow, toArrow } from "../../lib/array/arrow/mod.ts";
import { arrayFromBytes, asNDArray, type DType, type NDArray } from "../../lib/array/mod.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { fromCanonicalBase64, toBase64 } from "../../lib/base64.ts";

type Kind = "stream" | "file";

/** What pyarrow read: its own type, and numpy's items. */
interface Read {
  readonly type: string;
  readonly dtype: DType;
  readonly shape: number[];
  readonly data: string;
}

interface Answer {
  readonly read: readonly Read[];
  readonly write: readonly string[];
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromCanonicalBase64(text);
  assert(bytes);
  return bytes;
}

async function python(request: { read?: unknown[]; write?: unknown[] }): Promise<Answer> {
  const process = new Deno.Command(new URL("../../.tmp/venv-arrow/bin/python", import.meta.url).pathname, {
    args: [new URL("arrow_reference.py", import.meta.url).pathname],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify({ read: [], write: [], ...request })));
  await writer.close();
  const { success, stdout, stderr } = await process.output();
  if (!success) throw new Error(`pyarrow failed:\n${new TextDecoder().decode(stderr).slice(-3000)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const NUMBERS: readonly DType[] = [
  ...(["|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8"] as const),
  ...(["s", "ms", "us", "ns"] as const).flatMap((unit) => [`<M8[${unit}]`, `<m8[${unit}]`] as const),
];

function sample(dtype: DType, shape: readonly number[]): NDArray {
  const size = Number(/\d+/.exec(dtype)?.[0]) * shape.reduce((a, b) => a * b, 1);
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 37 + 11) % (dtype === "|b1" ? 2 : 127));
  return arrayFromBytes(bytes, { dtype, shape });
}

const ARRAYS: readonly NDArray[] = [
  ...["|b1" as const, "<M8[D]" as const, ...NUMBERS].map((dtype) => {
    // Dates are of 32 bits in Arrow.
    return dtype === "<M8[D]"
      ? arrayFromBytes(new Uint8Array(BigInt64Array.of(-5n, 0n, 20_000n).buffer), { dtype, shape: [3] })
      : sample(dtype, [7]);
  }),
  ...NUMBERS.filter((dtype) => /[iuf]/.test(dtype[1])).map((dtype) => sample(dtype, [3, 2, 4])),
  sample("<f4", [0]),
  sample("<f4", [0, 3]),
  sample("<i4", [4, 6]).transpose(),
  asNDArray(["", "a", "été", "👍"]),
  arrayFromBytes(new TextEncoder().encode("ab\0c\0\0efg"), { dtype: "|S3", shape: [3] }),
];

Deno.test("pyarrow reads what is written here", async () => {
  const cases = ARRAYS.flatMap((array) => (["stream", "file"] as const).map((kind) => ({ array, kind })));
  const read = await Promise.all(
    cases.map(async ({ array, kind }) => [toBase64(tableToIPC(await toArrow(array), kind)), kind]),
  );
  const answers = (await python({ read })).read;
  for (const [index, { array, kind }] of cases.entries()) {
    const { type, dtype, shape, data } = answers[index];
    const what = `${array.dtype} [${array.shape}] as a ${kind}`;
    assertEquals(dtype, array.dtype, what);
    assertEquals(shape, [...array.shape], what);
    assertEquals(bytesOf(data), array.toBytes(), what);
    assertEquals(type.includes("fixed_shape_tensor"), array.shape.length > 1, `${what}: ${type}`);
  }
});

Deno.test("what pyarrow wrote is read here", async () => {
  const cases = ARRAYS.filter(({ dtype, size }) => size > 0 && dtype !== "|S3").flatMap((array) =>
    ([["stream", 1], ["file", 3]] as const).map(([kind, batches]: readonly [Kind, number]) => ({
      array,
      kind,
      batches,
    }))
  );
  const write = cases.map(({ array, kind, batches }) => [
    array.dtype,
    array.shape,
    toBase64(array.toBytes()),
    kind,
    batches,
  ]);
  const answers = (await python({ write })).write;
  assert(answers.length === cases.length && cases.length > 0);
  for (const [index, { array, kind, batches }] of cases.entries()) {
    const what = `${array.dtype} [${array.shape}] as a ${kind} of ${batches}`;
    const back = await fromArrow(bytesOf(answers[index]));
    assertEquals(back.dtype, array.dtype, what);
    assertEquals([...back.shape], [...array.shape], what);
    assertEquals(back.toBytes(), array.toBytes(), what);
  }
});

Deno.test("bytes in a codec that apache-arrow was not given are refused in words", async () => {
  const array = sample("<f4", [1000]);
  const { write } = await python({ write: [["<f4", [1000], toBase64(array.toBytes()), "stream", 1, "lz4"]] });
  await assertRejects(() => fromArrow(bytesOf(write[0])), UnsupportedError, "compressionRegistry");
});
