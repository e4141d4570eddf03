/** The Python that the explorer copies is a program that reads what is shown, with Python's cottoncandy. */
import { assertEquals } from "@std/assert";
import { storeCases } from "../examples/explorer_code.ts";
import { environments } from "./reference.ts";

for (const environment of environments) {
  Deno.test(`explorer, Python ${environment}: the code for a slice reads it, of every kind of array`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      for (const { kind, python, part } of await storeCases(directory)) {
        const has = kind === "zarr" ? "zarr" : environment;
        const { success, stdout, stderr } = await new Deno.Command(
          new URL(`../../.tmp/venv-${has}/bin/python`, import.meta.url).pathname,
          { args: ["-c", `${python}print(part.tolist(), part.dtype.str)`] },
        ).output();
        const told = new TextDecoder().decode(stdout).trim().split("\n").at(-1);
        assertEquals(success, true, `${kind}: ${new TextDecoder().decode(stderr)}`);
        assertEquals(told?.replaceAll(" ", ""), `${JSON.stringify(part)}${part.dtype}`, kind);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
