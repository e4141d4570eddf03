/** What cases assert with: chai's `assert`, which runs wherever the suite does, and what it lacks. */
// @ts-types="npm:@types/chai@^5.2.3"
import { assert } from "chai";

export { assert };

/** What a promise rejects with: an error of the class given. What is thrown before there is a promise passes through. */
export async function assertRejects<E extends Error>(
  run: () => PromiseLike<unknown>,
  errorClass: abstract new (...args: never[]) => E,
): Promise<E> {
  const error: unknown = await run().then(() => undefined, (reason: unknown) => reason);
  if (error instanceof errorClass) return error;
  throw new Error(
    error === undefined
      ? `it gave something, where ${errorClass.name} was expected`
      : `it failed with ${String(error)}, where ${errorClass.name} was expected`,
    { cause: error },
  );
}

/** Compares long byte arrays without printing them. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.strictEqual(actual.byteLength, expected.byteLength, "length");
  for (let i = 0; i < actual.byteLength; i++) {
    if (actual[i] !== expected[i]) throw new Error(`byte ${i} is ${actual[i]}, not ${expected[i]}`);
  }
}
