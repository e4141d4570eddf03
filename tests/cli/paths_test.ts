/** What people type as paths: links, wildcards, names that are not there, files where directories are meant. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { LocalBackend } from "../../backends/local/mod.ts";
import { ndarray } from "../../lib/array/mod.ts";
import { writeNpy } from "../../lib/stored_arrays/npy.ts";
import { cli, records } from "./run.ts";
import { inDirectory, keysOf, memory, plant } from "./store.ts";

Deno.test("cli: what is misspelled is never taken for an empty directory", () =>
  inDirectory({ "d/a.txt": "a" }, async (directory) => {
    const { backend, url } = await memory();
    for (
      const args of [
        ["cp", "-r", `${directory}/nothing`, `${url}/x`],
        ["cp", "-r", `${directory}/nothing/`, `${url}/x`],
        ["cp", "-r", `${url}/nothing`, `${directory}/x`],
        ["cp", "-r", "--include", "*.npy", `${directory}/d`, `${url}/x`],
        ["cp", `${directory}/d/*.npy`, `${url}/x`],
        ["mv", "-r", `${directory}/nothing`, `${url}/x`],
        ["sync", `${directory}/nothing`, `${url}/x`],
      ]
    ) {
      const { code, err } = await cli(args);
      assertEquals(code, 1, `${args}: ${err}`);
      assertStringIncludes(err, "error: there is no");
    }
    assertEquals(await keysOf(backend), []);
    await Deno.mkdir(`${directory}/empty`);
    const { code, err } = await cli(["cp", "-r", `${directory}/empty`, `${url}/x`]);
    assertEquals([code, err], [0, "copied 0 objects\n"]);
  }));

Deno.test("cli: nothing is copied into a file as if it were a directory", () =>
  inDirectory({ "d/a.txt": "a", file: "f" }, async (directory) => {
    const { backend, url } = await memory();
    await plant(backend, { "s/b": "b" });
    for (
      const args of [
        ["cp", "-r", `${url}/s`, `${directory}/file`],
        ["cp", `${url}/s/*`, `${directory}/file`],
        ["sync", `${directory}/d`, `${directory}/file`],
        ["cp", `${url}/s/b`, `${directory}/file/b`],
        ["cp", `${url}/s/b`, `${directory}/file/`],
      ]
    ) {
      const { code, err } = await cli(args);
      assertEquals(code, 2, err);
      assertStringIncludes(err, `${directory}/file is a file`);
    }
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name).sort(), ["d", "file"]);
  }));

Deno.test("cli: what can be no file of its name is told of", () =>
  inDirectory({}, async (directory) => {
    const { url } = await memory({ a: "1", "a/b": "2", "a/c": "3", "d/": "" });
    const { code, err } = await cli(["cp", "-r", "--concurrency", "1", url, `${directory}/x`]);
    assertEquals(code, 0);
    assertStringIncludes(err, "is no file of its name");
    assertStringIncludes(err, "warning: 1 more is kept so: --log-level debug names each");
    const told = records(await cli(["cp", "-r", "--concurrency", "1", "--json", url, `${directory}/y`]));
    assertEquals(told.filter(({ op }) => op === "warning").map(({ key }) => key), ["a/b", "a/c"]);
    // Where it is replaced, that is known.
    assertEquals(
      (await cli(["cp", "-r", "--concurrency", "1", url, `${directory}/x`])).err.includes("is no file"),
      false,
    );
    const copied = await cli(["cp", "-r", "--concurrency", "1", `${directory}/x`, `${directory}/z`]);
    assertStringIncludes(copied.err, "is no file of its name");
  }));

Deno.test("cli: wildcards in the directories of a path", () =>
  inDirectory({ "d/run1/b": "1", "d/run2/b": "2", "d/run2/c": "3" }, async (directory) => {
    const { out } = await cli(["ls", `${directory}/*/run?/b`]);
    assertEquals(out, `${directory}/d/run1/b\n${directory}/d/run2/b\n`);
    const { backend, url } = await memory();
    assertEquals((await cli(["cp", `${directory}/d/run*/b`, `${url}/x`])).code, 0);
    assertEquals(await keysOf(backend), ["x/run1/b", "x/run2/b"]);
    await cli(["rm", "-r", `${directory}/d/run[2]/*`]);
    assertEquals([...Deno.readDirSync(`${directory}/d`)].map(({ name }) => name), ["run1"]);
  }));

Deno.test("cli: a link that is named is what it leads to, under its own name; it is not moved", () =>
  inDirectory({ "objects/SHA256.npy": "abc" }, async (directory) => {
    await Deno.symlink("objects/SHA256.npy", `${directory}/betas.npy`);
    const link = `${directory}/betas.npy`;
    assertEquals((await cli(["cat", link])).out, "abc");
    assertEquals((await cli(["ls", link])).out, `${link}\n`);
    assertStringIncludes((await cli(["stat", link])).out, `${link}\n`);
    const { backend, url } = await memory();
    assertEquals((await cli(["cp", link, `${url}/x/`])).code, 0);
    assertEquals(await keysOf(backend), ["x/betas.npy"]);
    const moved = await cli(["mv", link, `${url}/y`]);
    assertEquals(moved.code, 1);
    assertStringIncludes(moved.err, "is a symbolic link, which is not followed: name what it leads to");
    assertEquals(await Deno.readTextFile(link), "abc");
  }));

Deno.test("cli: a directory on disk that is an array is one by its path, however that is written", () =>
  inDirectory({}, async (directory) => {
    const npy = `${directory}/a.npy`;
    const items = Int32Array.from({ length: 12 }, (_, i) => i);
    await writeNpy(new LocalBackend(directory), "a.npy", ndarray(items, [4, 3]));
    const array = `${directory}/in/chunks`;
    for (const [path, format] of [[array, "chunked"], [`${directory}/in/z`, "zarr"]]) {
      assertEquals((await cli(["put", npy, path, "--format", format, "--chunks", "2,3"])).code, 0);
      await Deno.symlink(path, `${path}-link`);
      for (const each of [path, `${path}/`, `${path}/.`, `${path}-link`, `file://${path}`]) {
        const { out, err } = await cli(["cat", `${each}[3,1:]`]);
        assertEquals([out, err], ["array([10, 11], dtype=int32)\n", ""], each);
        const [found] = records(await cli(["stat", "--json", each]));
        assertEquals([found.kind, found.name], [format, each.replace(/^file:..|\/$/g, "")]);
        assertEquals((await cli(["get", each, `${directory}/b.npy`])).code, 0);
        assertEquals(await Deno.readFile(`${directory}/b.npy`), await Deno.readFile(npy));
        assertEquals((await cli(["verify", each])).code, 0);
      }
    }
    // What is missing is found from the array itself as from the directory that it is in.
    await Deno.remove(`${array}/pt0001`);
    await Deno.remove(`${array}/pt0001.meta.json`);
    for (const each of [array, `${array}-link`, `${directory}/in`]) {
      const { code, err } = await cli(["verify", each]);
      assertEquals(code, 1, each);
      assertStringIncludes(err, 'has lost its part "');
    }
  }));

Deno.test("cli: it is told how much is left out, and of each where that is asked for", () =>
  inDirectory({ "d/a": "a" }, async (directory) => {
    for (const name of ["x", "y", "z"]) await Deno.symlink("a", `${directory}/d/${name}`);
    const { url } = await memory();
    const { code, err } = await cli(["cp", "-r", `${directory}/d`, url]);
    assertEquals(code, 0);
    assertEquals(err.match(/warning/g)?.length, 2);
    assertStringIncludes(err, "warning: 2 more are left out: --log-level debug names each\n");
    const all = await cli(["cp", "-r", `${directory}/d`, url, "--log-level", "debug"]);
    assertEquals(all.err.match(/is left out/g)?.length, 3);
    const told = records(await cli(["cp", "-r", "--json", `${directory}/d`, url]));
    assertEquals(told.filter(({ op }) => op === "warning").map(({ key }) => key), ["x", "y", "z"]);
  }));

Deno.test("cli: ls tells of what is left out of its own listing alone", () =>
  inDirectory({ "d/a": "a", b: "b" }, async (directory) => {
    await Deno.symlink("a", `${directory}/d/link`);
    const { out, err } = await cli(["ls", directory]);
    assertEquals([out, err], ["b\nd/\n", ""]);
    assertStringIncludes((await cli(["ls", `${directory}/d`])).err, '"link"');
    assertStringIncludes((await cli(["ls", "-R", directory])).err, '"d/link"');
  }));

Deno.test("cli: get writes one file, in directories that it makes, and replaces nothing it must not", () =>
  inDirectory({}, async (directory) => {
    const { url } = await memory();
    const npy =
      "\x93NUMPY\x01\x00v\x00{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }".padEnd(127) + "\n";
    const bytes = Uint8Array.from(`${npy}\x01\0\x02\0`, (character) => character.charCodeAt(0));
    assertEquals((await cli(["put", "-", `${url}/a`], { stdin: bytes })).code, 0);
    for (const name of ["a.npy", "a.csv", "a.npz"]) {
      const target = `${directory}/${name}.d/${name}`;
      assertEquals((await cli(["get", `${url}/a`, target])).code, 0);
      const files = [...Deno.readDirSync(`${directory}/${name}.d`)].map(({ name }) => name);
      assertEquals(files, [name]);
      const again = await cli(["get", "--no-clobber", `${url}/a`, target]);
      assertEquals(again.code, 1);
      assertStringIncludes(again.err, "exists already. Leave out --no-clobber, or choose another name.");
    }
    assertEquals(await Deno.readFile(`${directory}/a.npy.d/a.npy`), bytes);
    assertEquals(await Deno.readTextFile(`${directory}/a.csv.d/a.csv`), "1\n2\n");
  }));
