/** Arrays of 10 GiB that nobody stores: a web server makes their parts when they are asked for, and remembers what it was asked. */
const [SLICES, ROWS, COLUMNS] = [2560, 1024, 1024];
/** Bytes of a slice, and of a chunk. */
export const SLICE = ROWS * COLUMNS * 4;

/** A server of `volume`, an array in chunks of one slice of 4 MiB each, and `volume.npy`, which is the same in one object. */
export interface LargeHost extends AsyncDisposable {
  readonly url: string;
  /** What was asked for, and how many bytes were sent. */
  readonly requests: { readonly path: string; readonly bytes: number }[];
}

/** What the item of a slice is: the slice's number in the first row, below it the column's number and the row's. */
export function itemOf(slice: number, row: number, column: number): number {
  return row === 0 ? slice : column + row / 4;
}

/** Starts one. */
export function serveVolume(): LargeHost {
  const requests: { path: string; bytes: number }[] = [];
  const template = Float32Array.from(
    { length: ROWS * COLUMNS },
    (_, i) => itemOf(0, Math.floor(i / COLUMNS), i % COLUMNS),
  );
  const bytes = new Uint8Array(template.buffer);
  const ROW = COLUMNS * 4;
  /** Bytes of a slice: all slices are the same but for the first row. */
  const sliceBytes = (slice: number, start: number, end: number): Uint8Array<ArrayBuffer> => {
    const part = bytes.slice(start, end);
    if (start < ROW) {
      const row = new Uint8Array(new Float32Array(COLUMNS).fill(slice).buffer);
      part.set(row.subarray(start, Math.min(ROW, end)));
    }
    return part;
  };
  const ones = (length: number, each: number) => Array.from({ length }, () => each);
  const numbers = Array.from({ length: SLICES }, (_, i) => i);
  const name = (i: number) => `pt${`${i}`.padStart(4, "0")}`;
  const metadata = new TextEncoder().encode(JSON.stringify({
    shape: [SLICES, ROWS, COLUMNS],
    dtype: "<f4",
    dask: numbers.map((i) => [[i, 0, 0], `volume/${name(i)}`]),
    chunk_sizes: numbers.map(() => [1, ROWS, COLUMNS]),
    chunks: [ones(SLICES, 1), [ROWS], [COLUMNS]],
  }));
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${SLICES}, ${ROWS}, ${COLUMNS}), }`;
  const text = new TextEncoder().encode(`${dict.padEnd(117)}\n`);
  const head = Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length, 0, ...text);

  /** Bytes of the one object. */
  const part = (start: number, end: number): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(end - start);
    let at = start;
    for (; at < Math.min(end, head.length); at++) bytes[at - start] = head[at];
    while (at < end) {
      const place = at - head.length;
      const from = place % SLICE;
      const piece = sliceBytes(Math.floor(place / SLICE), from, Math.min(SLICE, from + end - at));
      bytes.set(piece, at - start);
      at += piece.length;
    }
    return bytes;
  };

  const cors = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "*, etag, content-range, content-length",
    etag: '"1"',
    "content-type": "application/octet-stream",
    "cache-control": "no-store",
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const path = new URL(request.url).pathname.slice(1);
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
    const chunk = /^volume\/pt(\d+)$/.exec(path);
    const size = chunk
      ? SLICE
      : path === "volume/metadata.json"
      ? metadata.length
      : path === "volume.npy"
      ? head.length + SLICES * SLICE
      : undefined;
    if (size === undefined) return new Response(null, { status: 404, headers: cors });
    const start = Number(first ?? 0);
    const end = Math.min(size, last ? Number(last) + 1 : size);
    const isHead = request.method === "HEAD";
    requests.push({ path, bytes: isHead ? 0 : end - start });
    const own = chunk && {
      "x-amz-meta-dtype": "<f4",
      "x-amz-meta-shape": `1,${ROWS},${COLUMNS}`,
      "x-amz-meta-compression": "False",
    };
    const headers = {
      ...cors,
      ...own,
      "accept-ranges": "bytes",
      "content-length": `${end - start}`,
      ...first !== undefined && { "content-range": `bytes ${start}-${end - 1}/${size}` },
    };
    const status = first === undefined ? 200 : 206;
    if (isHead) return new Response(null, { status, headers });
    const body = chunk
      ? sliceBytes(Number(chunk[1]), start, end)
      : path === "volume.npy"
      ? part(start, end)
      : metadata.subarray(start, end);
    return new Response(body, { status, headers });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
