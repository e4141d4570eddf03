/**
 * A line of any number of values, as its least and greatest value in each of some thousand places: what is drawn then is what all of them would give. Pure.
 *
 * @module
 */

/** Values in places of `each` items. */
export class Envelope {
  /** The first item. */
  readonly start: number;
  /** Items a place. */
  readonly each: number;
  /** The least value of each place; NaN where there is none. */
  readonly low: Float64Array<ArrayBuffer>;
  /** The greatest one. */
  readonly high: Float64Array<ArrayBuffer>;

  /** Nothing yet of `count` items from `start` on, in about `places` places. */
  constructor(start: number, count: number, places: number) {
    this.start = start;
    this.each = Math.max(1, Math.floor(count / Math.max(1, places)));
    const length = Math.ceil(count / this.each);
    this.low = new Float64Array(length).fill(NaN);
    this.high = new Float64Array(length).fill(NaN);
  }

  /** Adds values, which begin `origin` items after the first one. What is not finite leaves a gap. */
  add(values: Float32Array | Float64Array, origin: number): void {
    const { low, high, each } = this;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (!Number.isFinite(value)) continue;
      const place = Math.floor((origin + i) / each);
      // Also true where there is none yet.
      if (!(value >= low[place])) low[place] = value;
      if (!(value <= high[place])) high[place] = value;
    }
  }

  /** The least and greatest value of all, above `least`. */
  range(least: number = -Infinity): readonly [number, number] | undefined {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < this.low.length; i++) {
      if (this.low[i] > least && this.low[i] < low) low = this.low[i];
      if (this.high[i] > least && this.high[i] > high) high = this.high[i];
      if (this.high[i] > least && this.high[i] < low) low = this.high[i];
    }
    return low <= high ? [low, high] : undefined;
  }
}
