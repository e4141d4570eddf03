/** The commands over arrays: put, get, convert, verify, plot; slices in targets. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MemoryBackend } from "../../backends/memory/mod.ts";
import { arrayFromBytes, ndarray, npyEncode, readNpy } from "../../lib/array/mod.ts";
import { identify, openArray } from "../../lib/stored_arrays/identify/mod.ts";
import { openNpz } from "../../lib/stored_arrays/npz/mod.ts";
import { LocalBackend } from "../../backends/local/mod.ts";
import { writeNpy } from "../../lib/stored_arrays/npy.ts";
import { writeRaw } from "../../lib/stored_arrays/raw.ts";
import { splitSlice } from "../../cli/arrays/slices.ts";
import { cli, records } from "./run.ts";

const ramp = ndarray(Float32Array.from({ length: 24 }, (_, i) => i), [2, 3, 4]);

/** A store in memory that targets name, and a directory. */
async function withPlaces(
  work: (
    places: { backend: MemoryBackend; url: string; directory: string; files: LocalBackend },
  ) => Promise<void>,
): Promise<void> {
  const name = `arrays-${crypto.randomUUID()}`;
  const directory = await Deno.makeTempDir();
  try {
    await work({
      backend: new MemoryBackend(name),
      url: `memory://${name}`,
      directory,
      files: new LocalBackend(directory),
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function npyBytes(array: typeof ramp): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(npyEncode(array)).arrayBuffer());
}

Deno.test("cli: a slice at the end of a target, or before its query", () => {
  const of = (text: string) => {
    const { text: rest, selection } = splitSlice(text);
    return [rest, selection];
  };
  assertEquals(of("s3://b/a[0,:,10:20]"), ["s3://b/a", [0, [null, null, null], [10, 20, null]]]);
  assertEquals(of("s3://b/a[-1]?endpoint=http://h"), ["s3://b/a?endpoint=http://h", [-1]]);
  assertEquals(of("s3://b/a?endpoint=http://h[...,0]"), ["s3://b/a?endpoint=http://h", ["...", 0]]);
  for (const text of ["s3://b/run[a]", "s3://b/a", "dir[1]/a", "http://[::1]:80/a"]) {
    assertEquals(of(text), [text, undefined]);
  }
});

Deno.test("cli put: npy files, archives and standard input, in each format", () =>
  withPlaces(async ({ backend, url, directory }) => {
    await Deno.writeFile(`${directory}/a.npy`, await npyBytes(ramp));
    const ran = await cli(["put", `${directory}/a.npy`, `${url}/a`, "--codec", "zstd", "--level", "5"]);
    assertEquals([ran.code, ran.out], [0, ""], ran.err);
    assertStringIncludes(ran.err, "stored 1 object");
    const raw = await identify(backend, "a");
    assert(raw.kind === "raw" && raw.codec === "Zstd");
    assertEquals((await cli(["put", `${directory}/a.npy`, `${url}/c`, "--chunks", "1,-,2"])).code, 0);
    const chunked = await identify(backend, "c");
    assert(chunked.kind === "chunked");
    assertEquals(chunked.chunks, [[1, 1], [3], [2, 2]]);
    assertEquals((await cli(["put", `${directory}/a.npy[1]`, `${url}/dir/`])).code, 0);
    assertEquals((await (await openArray(backend, "dir/a")).toArray()).toNested(), ramp.slice(1).toNested());
    const piped = await cli(["put", "-", `${url}/p.zarr`], { stdin: await npyBytes(ramp) });
    assertEquals(piped.code, 0, piped.err);
    assertEquals((await identify(backend, "p.zarr")).kind, "zarr");
    assertEquals((await cli(["get", `${url}/a`, `${directory}/x.npz`])).code, 0);
    assertEquals((await cli(["put", `${directory}/x.npz`, `${url}/members`])).code, 0);
    assertEquals((await (await openArray(backend, "members/a")).toArray()).toNested(), ramp.toNested());
    // Of several each has its name, one that fails is named, and they need a directory.
    const several = await cli([
      "put",
      `${directory}/none.npy`,
      `${directory}/a.npy`,
      `${directory}/x.npz`,
      `${url}/e/`,
    ]);
    assertEquals(several.code, 1);
    assertMatch(several.err, /none\.npy.*there is/);
    for (const name of ["e/a", "e/x/a"]) {
      assertEquals((await (await openArray(backend, name)).toArray()).toNested(), ramp.toNested());
    }
    assertEquals((await cli(["put", `${directory}/a.npy`, `${directory}/x.npz`, `${url}/a`])).code, 2);
    // Nothing is written by a dry run, nor over what may not be.
    const dry = await cli(["put", "-n", `${directory}/a.npy`, `${url}/none`]);
    assertEquals([dry.code, await backend.head("none")], [0, undefined]);
    assertStringIncludes(dry.out, "would store");
    const refused = await cli(["put", "--no-clobber", `${directory}/a.npy`, `${url}/a`]);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, "exists already");
  }));

Deno.test("cli put: what is no array, and mistakes", () =>
  withPlaces(async ({ url, directory }) => {
    await Deno.writeTextFile(`${directory}/notes.txt`, "text");
    await Deno.writeFile(`${directory}/a.npy`, await npyBytes(ramp));
    await Deno.writeFile(`${directory}/cut.npy`, (await npyBytes(ramp)).subarray(0, 150));
    const run = async (...args: string[]) => {
      const { code, err } = await cli(args);
      return [code, err] as const;
    };
    assertStringIncludes((await run("put", `${directory}/notes.txt`, `${url}/x`))[1], "is no array but text");
    assertStringIncludes((await run("put", `${directory}/cut.npy`, `${url}/x`))[1], "cut.npy");
    assertEquals((await run("put", `${directory}/a.npy`, `${url}/x`, "--codec", "zip"))[0], 1);
    assertEquals((await run("put", `${directory}/a.npy`, `${url}/x`, "--chunks", "0"))[0], 2);
    assertEquals((await run("put", `${directory}/a.npy`, `${directory}/a.npy`))[0], 2);
    assertEquals((await run("put", `${directory}/none.npy`, `${url}/x`))[0], 1);
    const cut = await cli(["put", "-", `${url}/x`], { stdin: (await npyBytes(ramp)).subarray(0, 150) });
    assertEquals(cut.code, 1);
    assertEquals((await cli(["ls", url])).out, "");
  }));

Deno.test("cli get: files, archives, tables, slices, standard output", () =>
  withPlaces(async ({ backend, url, directory, files }) => {
    await writeRaw(backend, "d/a", ramp, { compression: "gzip" });
    await writeRaw(backend, "d/inner/b", ramp, { sliceable: true });
    await backend.put("d/notes", new TextEncoder().encode("text"));
    assertEquals((await cli(["get", `${url}/d/a`, `${directory}/a.npy`])).code, 0);
    assertEquals(await Deno.readFile(`${directory}/a.npy`), await npyBytes(ramp));
    assertEquals((await cli(["get", `${url}/d/inner/b[:,::-1,1:3]`, directory])).code, 0);
    const part = await readNpy(new Blob([await Deno.readFile(`${directory}/b.npy`)]).stream());
    assertEquals(part.toNested(), ramp.slice(null, [null, null, -1], [1, 3]).toNested());
    assertEquals((await cli(["get", `${url}/d`, `${directory}/all.npz`])).code, 0);
    const archive = await openNpz(files, "all.npz");
    assertEquals(archive.names, ["a", "inner/b"]);
    assertEquals((await archive.read("inner/b")).toNested(), ramp.toNested());
    const table = await cli(["get", `${url}/d/a[0]`, `${directory}/a.csv`]);
    assertEquals(table.code, 0, table.err);
    assertEquals(await Deno.readTextFile(`${directory}/a.csv`), "0,1,2,3\n4,5,6,7\n8,9,10,11\n");
    const piped = await cli(["get", `${url}/d/a`, "-"]);
    assertEquals([piped.code, piped.bytes], [0, await npyBytes(ramp)]);
    assertEquals((await cli(["get", `${url}/d/a`, `${directory}/a.csv`])).code, 2);
  }));

Deno.test("cli: tables have times as numpy writes them, and of 32 bits no more digits than tell them apart", () =>
  withPlaces(async ({ backend, url }) => {
    const floats = ndarray(Float32Array.of(0.1, -1e-7, 16777216, 3.4028235e38, NaN, -Infinity, 1 / 3, -0), [
      8,
    ]);
    await writeNpy(backend, "f.npy", floats);
    assertEquals(
      (await cli(["cat", `${url}/f.npy`, "--format", "csv"])).out,
      "0.1\n-1e-7\n16777216\n3.4028235e+38\nnan\n-inf\n0.33333334\n-0.0\n",
    );
    const times = arrayFromBytes(new Uint8Array(BigInt64Array.of(18262n, -1n, -(2n ** 63n)).buffer), {
      dtype: "<M8[D]",
      shape: [3],
    });
    await writeNpy(backend, "t.npy", times);
    assertEquals(
      (await cli(["cat", `${url}/t.npy`, "--format", "csv"])).out,
      "2020-01-01\n1969-12-31\nNaT\n",
    );
  }));

Deno.test("cli convert and verify: into Zarr and back; what is damaged is listed, and the code is 1", () =>
  withPlaces(async ({ backend, url }) => {
    await writeRaw(backend, "a", ramp, { compression: "gzip" });
    assertEquals((await cli(["convert", `${url}/a`, `${url}/a.zarr`, "--chunks", "1,3,2"])).code, 0);
    assertEquals(
      (await cli(["convert", `${url}/a.zarr[1]`, `${url}/b`, "--to", "chunked", "--codec", "gzip"])).code,
      0,
    );
    assertEquals((await (await openArray(backend, "b")).toArray()).toNested(), ramp.slice(1).toNested());
    assertEquals((await cli(["convert", `${url}/a`, `${url}/a`, "--to", "raw"])).code, 2);
    const good = await cli(["verify", url]);
    assertEquals([good.code, good.out], [0, ""]);
    assertStringIncludes(good.err, "read");
    const { metadata } = await backend.head("a") ?? {};
    await backend.put("a", (await (await backend.open("a")).read()).slice(0, -5), { metadata });
    const bad = await cli(["verify", url, "--json"]);
    assertEquals([bad.code, bad.err], [1, ""]);
    const [failed, ...others] = records(bad).filter(({ ok }) => ok === false);
    assertEquals([failed.target, failed.kind !== undefined, others.length], [`${url}/a`, true, 0]);
  }));

Deno.test("cli plot: lines and images in 80 columns, with colours and without, and as a file", () =>
  withPlaces(async ({ backend, url, directory }) => {
    const wave = ndarray(
      Float32Array.from(
        { length: 200 * 300 },
        (_, i) => Math.sin(i % 300 / 20) * Math.cos(Math.floor(i / 300) / 20),
      ),
      [200, 300],
    );
    wave.set(NaN, 0, 0);
    await writeRaw(backend, "wave", wave, { sliceable: true });
    // deno-lint-ignore no-control-regex -- what a terminal obeys
    const plain = (text: string) => text.replace(/\x1b\[[0-9;]*m/g, "");
    const lines = (text: string) => text.trimEnd().split("\n");
    const colored = await cli(["plot", `${url}/wave`], { columns: 80, env: { COLORTERM: "truecolor" } });
    assertEquals(colored.code, 0, colored.err);
    assertStringIncludes(colored.out, "\x1b[38;2;");
    assertStringIncludes(colored.out, "▀");
    const few = await cli(["plot", `${url}/wave`], { columns: 80 });
    assertStringIncludes(few.out, "\x1b[38;5;");
    const none = await cli(["plot", `${url}/wave`], { columns: 80, env: { NO_COLOR: "1" } });
    assert(!none.out.includes("\x1b"), "no colours");
    const curve = await cli(["plot", `${url}/wave[10]`], { columns: 80 });
    assert(/[⠁-⣿]/.test(curve.out));
    const ascii = await cli(["plot", `${url}/wave[0]`], { columns: 80, env: { NO_COLOR: "1" } });
    assert(/\*/.test(ascii.out) && /\?/.test(ascii.out), "a gap where nothing is a number");
    for (const { out } of [colored, few, none, curve, ascii]) {
      for (const line of lines(plain(out))) assert([...line].length <= 80, line);
      assertStringIncludes(out, "<f4 [");
    }
    assert(lines(colored.out).length <= 24);
    const file = await cli(["plot", `${url}/wave[::2]`, "-o", `${directory}/wave.png`]);
    assertEquals(file.code, 0, file.err);
    const png = await Deno.readFile(`${directory}/wave.png`);
    const header = new DataView(png.buffer);
    assertEquals([header.getUint32(16), header.getUint32(20)], [300, 100]);
    const refused = await cli(["plot", `${url}/wave[0,0]`]);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, "take a slice");
  }));

Deno.test("cli plot: of a large array about 4 MB are read, unless all are asked for", () =>
  withPlaces(async ({ directory, files }) => {
    await writeRaw(files, "plane", ndarray(new Float64Array(3000 * 1000), [3000, 1000]), { sliceable: true });
    await writeRaw(files, "line", ndarray(new Float32Array(3_000_000)), { sliceable: true });
    await writeRaw(files, "packed", ndarray(new Float32Array(3_000_000)), { compression: "gzip" });
    const read = async (name: string, ...args: string[]) => {
      const told = records(await cli(["plot", `${directory}/${name}`, "--json", ...args]));
      return [Number(told.at(-1)?.bytes), String(told[0].sample)] as const;
    };
    const [plane, rows] = await read("plane");
    assert(plane > 3e6 && plane <= 4 * 2 ** 20, String(plane));
    assertEquals(rows, "512 of 3000 rows");
    const [line, parts] = await read("line");
    assert(line > 3e6 && line <= 4 * 2 ** 20, String(line));
    assertEquals(parts, "256 parts of 4096 items");
    assertEquals((await read("packed"))[1], "every 2930. item");
    assertEquals(await read("plane", "--all"), [24_000_000, ""]);
    const columns = await read("plane[::2,::-1]");
    assertEquals(columns[1], "512 of 1500 rows");
  }));

Deno.test("cli cat and head: arrays as numpy prints them, of which only what is shown is read; other objects as they are", () =>
  withPlaces(async ({ backend, url }) => {
    const large = ndarray(Float64Array.from({ length: 60_000 }, (_, i) => i), [200, 300]);
    await writeRaw(backend, "plain", large, { sliceable: true });
    await writeRaw(backend, "packed", large, { compression: "gzip" });
    await writeRaw(backend, "small", ramp, { compression: "Zstd" });
    await backend.put("notes", new TextEncoder().encode("one\ntwo\nthree"));
    const { arrayRepr } = await import("../../lib/array/repr/mod.ts");
    const wide = "array([[  0.,   1.,   2., ...,  47.,  48.,  49.],\n" +
      "       [ 50.,  51.,  52., ...,  97.,  98.,  99.],\n" +
      "       [100., 101., 102., ..., 147., 148., 149.],\n       ...,\n" +
      "       [850., 851., 852., ..., 897., 898., 899.],\n" +
      "       [900., 901., 902., ..., 947., 948., 949.],\n" +
      "       [950., 951., 952., ..., 997., 998., 999.]], shape=(20, 50))\n";
    await writeNpy(backend, "wide.npy", ndarray(Float64Array.from({ length: 1000 }, (_, i) => i), [20, 50]));
    assertEquals((await cli(["head", `${url}/wide.npy`])).out, wide);
    assertEquals(records(await cli(["head", `${url}/wide.npy`, "--json"]))[0].text, wide.trimEnd());
    const deep = ndarray(Float64Array.from({ length: 4000 }, (_, i) => i), [10, 20, 20]);
    await writeRaw(backend, "deep", deep, { sliceable: true });
    await writeRaw(backend, "deep packed", deep, { compression: "gzip" });
    for (const name of ["deep", "deep packed"]) {
      assertEquals(
        (await cli(["head", `${url}/${name}`])).out,
        // As numpy has it with edgeitems=1.
        "array([[[   0., ...,   19.],\n        ...,\n        [ 380., ...,  399.]],\n\n       ...,\n\n" +
          "       [[3600., ..., 3619.],\n        ...,\n        [3980., ..., 3999.]]], shape=(10, 20, 20))\n",
      );
    }
    for (const name of ["plain", "packed"]) {
      for (const command of ["cat", "head"]) {
        assertEquals(
          (await cli([command, `${url}/${name}`])).out,
          `${arrayRepr(large)}\n`,
          `${command} ${name}`,
        );
      }
      assertEquals(
        (await cli(["cat", `${url}/${name}[::-1,:4]`])).out,
        `${arrayRepr(large.slice([null, null, -1], [null, 4]))}\n`,
      );
      assertEquals((await cli(["cat", `${url}/${name}[-1,-2]`])).out, "array(59998.)\n");
    }
    const format = async (format: string, slice = "") =>
      await cli(["cat", `${url}/small${slice}`, "--format", format]);
    assertEquals((await format("csv", "[1,:,::2]")).out, "12,14\n16,18\n20,22\n");
    assertEquals((await format("json", "[1,2]")).out, "[20,21,22,23]\n");
    assertEquals((await format("raw", "[0,0]")).bytes, new Uint8Array(Float32Array.of(0, 1, 2, 3).buffer));
    assertEquals((await format("npy")).bytes, await npyBytes(ramp));
    const told = records(await cli(["cat", `${url}/small[0,0]`, "--json"]));
    assertEquals([told[0].dtype, told[0].data], ["<f4", [0, 1, 2, 3]]);

    assertEquals((await cli(["cat", `${url}/notes`])).out, "one\ntwo\nthree");
    assertEquals((await cli(["head", "-n", "2", `${url}/notes`])).out, "one\ntwo\n");
    assertEquals((await cli(["head", "-c", "5", `${url}/notes`])).out, "one\nt");
    assertEquals((await cli(["cat", "--bytes", `${url}/plain`])).bytes, large.toBytes());
    assertEquals((await cli(["cat", `${url}/notes[0]`])).code, 2);
    assertEquals((await cli(["cat", `${url}/small[9]`])).code, 2);
    assertEquals((await cli(["cat", `${url}/none`])).code, 1);
    // What is no array, or a damaged one, is not written where an array was asked for.
    const { code, bytes, err } = await cli(["cat", `${url}/notes`, "--format", "csv"]);
    assertEquals([code, bytes.length], [2, 0]);
    assertStringIncludes(err, "is no array, which --format could write as csv");
    const whole = await npyBytes(ramp);
    await backend.put("cut.npy", whole.subarray(0, whole.length - 1));
    const objects = new Uint8Array(160).fill(32);
    objects.set(
      new TextEncoder().encode("\x93NUMPY\x01\0v\0{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"),
    );
    objects[0] = 0x93;
    objects.copyWithin(1, 2);
    await backend.put("objects.npy", objects);
    for (const [name, why] of [["cut.npy", "the object is cut off"], ["objects.npy", "Python objects"]]) {
      for (const command of [["cat"], ["cat", "--format", "csv"], ["cat", "--format", "npy"], ["head"]]) {
        for (const slice of ["", "[0]"]) {
          const ran = await cli([...command, `${url}/${name}${slice}`]);
          assertEquals([ran.code, ran.bytes.length], [1, 0], `${command} ${name}${slice}`);
          assertStringIncludes(ran.err, why);
        }
      }
      assertEquals((await cli(["cat", "--bytes", `${url}/${name}`])).code, 0);
      assertEquals((await cli(["head", "-c", "6", `${url}/${name}`])).code, 0);
    }
  }));
