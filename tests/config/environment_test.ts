/** Reading the user's files: what is missing, what is kept from the user, and what Deno was not allowed to read. */
import { assertEquals, assertRejects } from "@std/assert";
import { readJsonFile } from "../../backends/gdrive/auth/credential_files.ts";
import { readTextFrom } from "../../lib/config/environment.ts";
import { processEnvironment } from "../../lib/config/mod.ts";
import { AccessDeniedError, CottonCandyError, NotFoundError } from "../../lib/errors.ts";
import { platformFiles } from "../../lib/file_access.ts";

// The real paths: where temporary directories are may be a link.
const granted = await Deno.realPath(await Deno.makeTempDir({ prefix: "granted-" }));
const elsewhere = await Deno.realPath(await Deno.makeTempDir({ prefix: "elsewhere-" }));
globalThis.addEventListener("unload", () => {
  for (const directory of [granted, elsewhere]) Deno.removeSync(directory, { recursive: true });
});
await Deno.writeTextFile(`${granted}/file`, "text");
await Deno.writeTextFile(`${elsewhere}/file`, "secret");
await Deno.symlink(`${granted}/file`, `${granted}/link`);
await Deno.symlink(`${elsewhere}/file`, `${granted}/out`);
await Deno.symlink(`${granted}/loop`, `${granted}/loop`);

Deno.test("a file's text, through links; nothing where there is none", async () => {
  const { readText } = processEnvironment();
  assertEquals(await readText(`${granted}/file`), "text");
  assertEquals(await readText(`${granted}/link`), "text");
  assertEquals(await readText(`${granted}/out`), "secret");
  for (const name of ["missing", "file/below", "loop", "."]) {
    assertEquals(await readText(`${granted}/${name}`), undefined, name);
  }
});

Deno.test({
  name: "a link out of what Deno was allowed to read is absent: nobody is asked for where it leads",
  permissions: { read: [granted], env: true, sys: true },
  fn: async () => {
    const { readText } = processEnvironment();
    assertEquals(await readText(`${granted}/link`), "text");
    assertEquals(await readText(`${granted}/out`), undefined);
    assertEquals(await readText(`${elsewhere}/file`), undefined);
  },
});

Deno.test("a file that is kept from the user is an AccessDeniedError, since something else would count in its stead", async () => {
  for (
    const [code, kind] of [
      ["EACCES", AccessDeniedError],
      ["EPERM", AccessDeniedError],
      ["EIO", CottonCandyError],
    ] as const
  ) {
    const files = {
      ...platformFiles(),
      open: () => Promise.reject(Object.assign(new Error("no"), { code })),
    };
    const error = await assertRejects(
      () => readTextFrom(files, `${granted}/file`),
      kind,
      `${granted}/file is there and can't be read (${code})`,
    );
    assertEquals(error.cause instanceof Error && error.cause.message, "no");
  }
  const gone = {
    ...platformFiles(),
    open: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" })),
  };
  assertEquals(await readTextFrom(gone, `${granted}/file`), undefined);
  // In a directory that this user can't search nothing is known to be there: homes of others are often closed.
  const closed = {
    ...platformFiles(),
    realpath: () => Promise.reject(Object.assign(new Error("no"), { code: "EACCES" })),
  };
  assertEquals(await readTextFrom(closed, `${granted}/file`), undefined);
});

Deno.test({
  name: "a file that was named and may not be read is no missing file",
  permissions: { read: [granted], env: true },
  fn: async () => {
    await assertRejects(
      () => readJsonFile(processEnvironment(), { path: `${elsewhere}/file`, named: "`credentials`" }),
      AccessDeniedError,
      `Deno was not allowed to read ${elsewhere}/file, which \`credentials\` names: run it with --allow-read`,
    );
    await assertRejects(
      () => readJsonFile(processEnvironment(), { path: `${granted}/out`, named: "`credentials`" }),
      NotFoundError,
      "or it leads to where Deno was not allowed to read",
    );
  },
});
