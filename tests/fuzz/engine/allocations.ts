/** Counts the bytes of typed arrays that are asked for, and refuses what no input can justify before it is allocated. */

const CONSTRUCTORS = [
  "ArrayBuffer",
  "Uint8Array",
  "Int8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;

/** What one input asked for. */
export interface Allocations {
  /** Bytes, in all. */
  readonly total: number;
  /** What was refused, if anything. */
  readonly refused?: number;
}

let limit = Infinity;
let total = 0;
let refused: number | undefined;

/** Begins to count anew. */
export function beginCounting(most: number): void {
  limit = most;
  total = 0;
  refused = undefined;
}

/** What was asked for since. */
export function counted(): Allocations {
  return { total, refused };
}

/** As engines refuse what they have no memory for. */
function ask(bytes: number): void {
  // What isn't a length the constructor itself refuses.
  if (!(bytes > 0)) return;
  if (total + bytes > limit) {
    refused = Math.max(refused ?? 0, bytes);
    throw new RangeError(
      `Array buffer allocation failed: ${bytes} bytes, after ${total} of the ${limit} allowed`,
    );
  }
  total += bytes;
}

/** Puts counting constructors in the place of the global ones, of this thread alone. */
export function countAllocations(): void {
  for (const name of CONSTRUCTORS) {
    const original = globalThis[name];
    const width = "BYTES_PER_ELEMENT" in original ? original.BYTES_PER_ELEMENT : 1;
    const counting: typeof original = new Proxy<typeof original>(original, {
      construct(constructor, args: readonly unknown[], newTarget): object {
        const [first] = args;
        if (typeof first === "number") ask(first * width);
        else if (Array.isArray(first) || ArrayBuffer.isView(first) && "length" in first) {
          ask(Number(first.length) * width);
        }
        return Reflect.construct(constructor, args, newTarget === counting ? constructor : newTarget);
      },
    });
    Object.defineProperty(globalThis, name, { value: counting, writable: true, configurable: true });
  }
}
