import { InvalidArgumentError } from "../../lib/errors.ts";
import { MIN_PART } from "./options.ts";

const MiB = 1024 * 1024;
/** Parts of an upload, at most. */
export const MAX_PARTS = 10_000;
/** Bytes of an object, at most. */
export const MAX_OBJECT = 5 * 1024 * 1024 * MiB;
/** Bytes of the first parts where nothing else is known. */
export const FIRST_PART = 8 * MiB;
/** Parts before they begin to grow. */
const LEVEL = 1000;
/** By how much each further part is larger: so that 10,000 of them hold 5 TiB. */
const GROWTH = 132 * 1024;

/**
 * How long each part of an upload is. With a number all parts are equal; so they are where the object's size is known. Where it isn't, parts
 * begin at 8 MiB and grow after 8 GB, steadily rather than by doubling, since a part has to fit into memory.
 */
export class PartPlan {
  readonly #equal?: number;
  readonly #total?: number;

  /**
   * @param setting Bytes a part, or `"auto"`.
   * @param total The object's size, where known.
   * @throws {InvalidArgumentError} when the parts can't hold the object.
   */
  constructor(setting: number | "auto" = "auto", total?: number) {
    if (total !== undefined && total > MAX_OBJECT) {
      throw new InvalidArgumentError(`${total} bytes are more than the 5 TiB that S3 takes`, {
        committed: "no",
      });
    }
    if (setting !== "auto") this.#equal = setting;
    else if (total !== undefined) {
      this.#equal = Math.max(FIRST_PART, Math.ceil(total / MAX_PARTS / MiB) * MiB);
    }
    this.#total = total;
    if (this.#equal !== undefined && total !== undefined && total > this.#equal * MAX_PARTS) {
      const least = Math.max(MIN_PART, Math.ceil(total / MAX_PARTS));
      throw new InvalidArgumentError(
        `${total} bytes don't fit into ${MAX_PARTS} parts of ${this.#equal}: set \`partSize\` to ${least} or more`,
        { committed: "no" },
      );
    }
  }

  /**
   * Bytes of a part, counted from 0; the object's last may be shorter.
   *
   * @throws {InvalidArgumentError} beyond the last part that S3 takes.
   */
  size(index: number): number {
    if (index >= MAX_PARTS) {
      throw new InvalidArgumentError(
        `the stream goes on after ${MAX_PARTS} parts: set a larger \`partSize\`, or give \`size\``,
        { committed: "no" },
      );
    }
    return this.#equal ?? FIRST_PART + Math.max(0, index - LEVEL) * GROWTH;
  }

  /** Bytes to set aside for a part of which `before` bytes precede it: no more than the object has. */
  room(index: number, before: number): number {
    const size = this.size(index);
    // At least one byte, so that a stream longer than it was said to be is noticed and not lost.
    return this.#total === undefined ? size : Math.max(1, Math.min(size, this.#total - before));
  }
}
