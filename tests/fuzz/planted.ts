/** Targets with a fault each, for the tests of the engine. */
import { assert } from "@std/assert";
import { IntegrityError } from "../../lib/errors.ts";
import { type Target, target, textOf } from "./engine/target.ts";

/** A target that refuses what is longer than 40 bytes, and goes wrong where a character is in the input. */
function wrongAt(name: string, character: string, wrong: (input: Uint8Array) => void): Target {
  return target<number>({
    name,
    count: 1000,
    longest: 60,
    dictionary: [character],
    seeds: () => ["some text", "another one"],
    refusals: ["Integrity"],
    run(input) {
      if (input.length > 40) throw new IntegrityError("too long");
      if (textOf(input).includes(character)) wrong(input);
      return input.length;
    },
    judge(outcome, input) {
      assert(
        name !== "disagrees" || outcome.kind === "refused" || !textOf(input).includes(character),
        "too short",
      );
    },
  });
}

/** A fault each. */
export const targets: readonly Target[] = [
  wrongAt("sound", "!", () => {}),
  wrongAt("throws", "!", () => {
    throw new TypeError("x is undefined");
  }),
  wrongAt("disagrees", "?", () => {}),
  wrongAt("allocates", "#", () => {
    try {
      new Uint8Array(2 ** 30);
    } catch {
      // A decoder may take a failure for damage: it has asked all the same.
    }
  }),
  wrongAt("loses", "~", () => {
    Promise.reject(new Error("nobody caught this"));
  }),
  wrongAt("writes", "w", (input) => {
    input[0] ^= 1;
  }),
  wrongAt("talks", "m", () => {
    throw new IntegrityError("long ".repeat(60_000));
  }),
  wrongAt("hangs", "%", () => {
    while (Date.now() > 0);
  }),
];
