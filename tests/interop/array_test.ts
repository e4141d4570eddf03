/**
 * Arrays as text and their statistics, against the numpy that is installed: all half precision numbers, and random arrays of every dtype, other ones each day.
 *
 * @module
 */
import { assert } from "@std/assert";
import { type ArrayCase, assertRepr, assertStatistics } from "../array/vectors.ts";

const root = new URL("../../", import.meta.url);
const COUNT = 1000;

const seed = Math.floor(Date.now() / 86_400_000);

Deno.test(`arrays print as numpy prints them, and have the same statistics (seed ${seed})`, async () => {
  const { success, stdout, stderr } = await new Deno.Command(
    new URL(".tmp/venv-current/bin/python", root).pathname,
    { args: [new URL("tests/vectors/arrays.py", root).pathname, String(seed), String(COUNT)] },
  ).output();
  assert(success, new TextDecoder().decode(stderr));
  const cases: readonly ArrayCase[] = JSON.parse(new TextDecoder().decode(stdout));
  assert(cases.length > COUNT, `${cases.length}`);
  let statistics = 0;
  for (const each of cases) {
    assertRepr(each);
    statistics += assertStatistics(each);
  }
  assert(statistics > COUNT, `${statistics}`);
});
