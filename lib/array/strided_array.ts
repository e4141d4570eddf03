import { allocate, lengthOf } from "../bytes.ts";
import { shown, shownNames } from "../error_context.ts";
import { InvalidArgumentError, UnsupportedError } from "../errors.ts";
import {
  type DataOf,
  type DType,
  type DTypeKind,
  type Field,
  fieldSize,
  fromFloat16,
  HAS_FLOAT16,
  type ItemType,
  itemTypeOf,
  type JsonItems,
  jsonOf,
  type NativeOf,
  type Nested,
  parseDType,
  type ScalarOf,
  swapBytes,
  swapFields,
  type TypedArray,
} from "./dtype/mod.ts";
import {
  cStride,
  gatherItems,
  isCContiguous,
  itemCount,
  layoutOf,
  type MemoryLayout,
  reach,
  reshapedStride,
} from "./layout/mod.ts";
import {
  type AxisOptions,
  extra,
  EXTRAS,
  headerText,
  type MeanOf,
  type MinOf,
  type NDArray,
  type Statistic,
  type StdOptions,
  type SumOf,
  type WithoutAxis,
  type ZarritaChunk,
} from "./ndarray.ts";
import { type Index, resolveIndex, resolveSelection, type Selection } from "./slice.ts";

/** What `console.log` asks an object for, in Deno, Node and Bun. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** The one implementation of {@linkcode NDArray}. Its constructor trusts its arguments; `ndarray` checks them. */
export class StridedArray<D extends DType> implements NDArray<D> {
  readonly data: DataOf<D>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
  readonly itemLength: number;
  readonly dtype: D;
  readonly fields?: readonly Field[];
  readonly size: number;
  readonly #type: ItemType<D>;

  /** An array over memory that it fits. */
  constructor(
    type: ItemType<D>,
    data: DataOf<D>,
    shape: readonly number[],
    stride: readonly number[],
    offset: number,
  ) {
    this.#type = type;
    this.data = data;
    this.shape = shape;
    this.stride = stride;
    this.offset = offset;
    this.itemLength = type.itemLength;
    this.dtype = type.dtype;
    if (type.fields) this.fields = type.fields;
    this.size = itemCount(shape);
  }

  /** An array over the part of `data` that it reaches, so that its offset is 0 unless a stride is negative. */
  static trimmed<D extends DType>(
    type: ItemType<D>,
    data: DataOf<D>,
    shape: readonly number[],
    stride: readonly number[],
    offset: number,
  ): StridedArray<D> {
    const range = reach(shape, stride);
    const first = range ? offset + range.low : 0;
    const end = range ? offset + range.high + 1 : 0;
    const { itemLength, slotSize } = type;
    const whole = first === 0 && end * itemLength === lengthOf(data);
    const part = whole ? data : type.view(
      data.buffer,
      data.byteOffset + first * itemLength * slotSize,
      (end - first) * itemLength,
    );
    return new StridedArray(type, part, shape, stride, range ? 0 - range.low : 0);
  }

  get nbytes(): number {
    return this.size * this.#type.parts.itemsize;
  }

  get(...index: Index[]): ScalarOf<D> {
    return this.#type.read(this.data, this.#slot(index));
  }

  set(value: ScalarOf<D>, ...index: Index[]): void {
    this.#type.write(this.data, this.#slot(index), value);
  }

  #slot(index: readonly Index[]): number {
    const { shape, stride } = this;
    if (index.length !== shape.length) {
      throw new InvalidArgumentError(`${index.length} indices for an array of ${shape.length} axes`);
    }
    let item = this.offset;
    for (let axis = 0; axis < index.length; axis++) {
      item += resolveIndex(shape[axis], axis, index[axis]) * stride[axis];
    }
    return item * this.itemLength;
  }

  slice(...selection: Selection[]): NDArray<D> {
    let offset = this.offset;
    const shape: number[] = [];
    const stride: number[] = [];
    let axis = 0;
    for (const taken of resolveSelection(this.shape, selection)) {
      if (taken.kind === "newaxis") {
        shape.push(1);
        stride.push(0);
        continue;
      }
      const step = this.stride[axis++];
      offset += taken.start * step;
      if (taken.kind === "index") continue;
      shape.push(taken.length);
      stride.push(taken.step * step);
    }
    return StridedArray.trimmed(this.#type, this.data, shape, stride, offset);
  }

  transpose(...axes: number[]): NDArray<D> {
    const { shape, stride } = this;
    const order = axes.length === 0 ? shape.map((_, axis) => axis).reverse() : axes.map((axis) => {
      return axis < 0 ? axis + shape.length : axis;
    });
    if (order.length !== shape.length || !shape.every((_, axis) => order.includes(axis))) {
      throw new InvalidArgumentError(`${shown(axes)} is no permutation of ${shape.length} axes`);
    }
    return new StridedArray(
      this.#type,
      this.data,
      order.map((axis) => shape[axis]),
      order.map((axis) => stride[axis]),
      this.offset,
    );
  }

  reshape(...shape: number[]): NDArray<D> {
    const to = this.#inferred(shape);
    const stride = reshapedStride(this.shape, this.stride, to);
    if (stride) return new StridedArray(this.#type, this.data, to, stride, this.offset);
    return this.#copied(to);
  }

  #inferred(shape: readonly number[]): number[] {
    const unknown = shape.indexOf(-1);
    const known = itemCount(shape.filter((_, axis) => axis !== unknown));
    const to = shape.map((length, axis) => axis === unknown ? this.size / known : length);
    if ((unknown >= 0 && known === 0) || !to.every(Number.isInteger) || itemCount(to) !== this.size) {
      throw new InvalidArgumentError(`an array of shape [${this.shape}] can't be reshaped to [${shape}]`);
    }
    return to;
  }

  toContiguous(): NDArray<D> {
    return isCContiguous(this.shape, this.stride) ? this : this.#copied(this.shape);
  }

  #copied(shape: readonly number[]): StridedArray<D> {
    const bytes = this.toBytes();
    return new StridedArray(
      this.#type,
      this.#type.view(bytes.buffer, 0, this.size * this.itemLength),
      [...shape],
      cStride(shape),
      0,
    );
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = allocate(this.nbytes);
    gatherItems(layoutOf(this), bytes);
    return bytes;
  }

  toNative(): NDArray<NativeOf<D>> {
    const { parts, fields } = this.#type;
    const nativeFields = fields && swapFields(fields);
    if (!parts.swapped && nativeFields === fields) return asNative(this);
    const native = nativeType(this.dtype, nativeFields);
    const bytes = this.toBytes();
    swapBytes(bytes, parts, fields);
    const data = native.view(bytes.buffer, 0, bytes.byteLength / native.slotSize);
    return new StridedArray(native, data, this.shape, cStride(this.shape), 0);
  }

  toNested(): Nested<ScalarOf<D>> {
    return this.#nested(0, this.offset);
  }

  #nested(axis: number, item: number): Nested<ScalarOf<D>> {
    if (axis === this.shape.length) {
      const value = this.#type.read(this.data, item * this.itemLength);
      return BYTE_KINDS.includes(this.#type.parts.kind) ? copyOf(value) : value;
    }
    return Array.from(
      { length: this.shape[axis] },
      (_, index) => this.#nested(axis + 1, item + index * this.stride[axis]),
    );
  }

  min(options?: WithoutAxis): MinOf<D>;
  min(options: AxisOptions): NDArray<NativeOf<D>>;
  min(options?: StdOptions): unknown {
    return this.#reduced("min", options);
  }

  max(options?: WithoutAxis): MinOf<D>;
  max(options: AxisOptions): NDArray<NativeOf<D>>;
  max(options?: StdOptions): unknown {
    return this.#reduced("max", options);
  }

  sum(options?: WithoutAxis): SumOf<D>;
  sum(options: AxisOptions): NDArray;
  sum(options?: StdOptions): unknown {
    return this.#reduced("sum", options);
  }

  mean(options?: WithoutAxis): MeanOf<D>;
  mean(options: AxisOptions): NDArray;
  mean(options?: StdOptions): unknown {
    return this.#reduced("mean", options);
  }

  std(options?: WithoutAxis & { readonly ddof?: number }): number;
  std(options: StdOptions & AxisOptions): NDArray;
  std(options?: StdOptions): unknown {
    return this.#reduced("std", options);
  }

  #reduced(statistic: Statistic, options: StdOptions | undefined): unknown {
    return extra("reduced", statistic)(this, statistic, options);
  }

  toString(): string {
    return EXTRAS.repr?.(this) ?? headerText(["NDArray"], this);
  }

  [INSPECT](): string {
    return this.toString();
  }

  toJSON(): JsonItems {
    return jsonOf(this.toNested(), this, (count, dtype) => extra("datetimeText", "toJSON")(count, dtype));
  }

  toZarrita(): ZarritaChunk<D>;
  toZarrita(): ZarritaChunk {
    if (!PLAIN_KINDS.includes(this.#type.parts.kind)) {
      throw new UnsupportedError(
        `only numbers and truth values go to zarrita, not dtype ${this.dtype}: read its items with get or toNested`,
      );
    }
    if (this.#type.parts.swapped) return this.toNative().toZarrita();
    const source = this.stride.some((step) => step < 0) ? this.#copied(this.shape) : this;
    return {
      data: source.#type.parts.kind === "f" && !HAS_FLOAT16 ? widened(source.data) : source.data,
      shape: [...source.shape],
      stride: [...source.stride],
    };
  }

  field(name: string): NDArray {
    const { fields, parts } = this.#type;
    const field = fields?.find((field) => field.name === name);
    if (!field) {
      const known = fields
        ? `there are ${shownNames(fields.map((field) => field.name))}`
        : `dtype ${this.dtype} has none`;
      throw new InvalidArgumentError(`no field is called ${shown(name)}; ${known}`);
    }
    return fieldView(layoutOf(this), parts.itemsize, field);
  }

  is<E extends DType>(dtype: E): this is NDArray<E> {
    const own: DType = this.dtype;
    return own === dtype;
  }

  *[Symbol.iterator](): IterableIterator<ScalarOf<D>> {
    const { shape, stride, size, itemLength } = this;
    const index = new Array<number>(shape.length).fill(0);
    let item = this.offset;
    for (let count = 0; count < size; count++) {
      yield this.#type.read(this.data, item * itemLength);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        item += stride[axis];
        if (++index[axis] < shape[axis]) break;
        item -= stride[axis] * shape[axis];
        index[axis] = 0;
      }
    }
  }
}

/** Kinds whose items are read as views. */
const BYTE_KINDS: readonly DTypeKind[] = ["S", "V"];

/** Kinds whose items are one number each, as other libraries have them. */
const PLAIN_KINDS: readonly DTypeKind[] = ["b", "i", "u", "f", "M", "m"];

/** An array whose dtype is native already has the type that it would be given. */
function asNative<D extends DType>(array: NDArray<D>): NDArray<NativeOf<D>>;
function asNative(array: NDArray): NDArray {
  return array;
}

function nativeType<D extends DType>(dtype: D, fields: readonly Field[] | undefined): ItemType<NativeOf<D>>;
function nativeType(dtype: DType, fields: readonly Field[] | undefined): ItemType {
  return itemTypeOf(parseDType(dtype.replace(">", "<")), fields);
}

/** A value that shares no memory with the array. */
function copyOf<T>(value: T): T;
function copyOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOf(part)]));
}

/** Half precision numbers as single precision, where the runtime has no array for them. */
function widened(data: TypedArray): TypedArray {
  return data instanceof Uint16Array ? Float32Array.from(data, fromFloat16) : data;
}

/**
 * The items of one field of a structured array. A view if the field lies so that a typed array can be laid over it (its bytes are aligned, and
 * the structure's size is a multiple of the field's), else a copy.
 *
 * @param layout Where the structures lie.
 * @param itemsize Bytes a structure.
 * @param field The field.
 */
export function fieldView(layout: MemoryLayout, itemsize: number, field: Field): NDArray {
  const type = itemTypeOf(field.dtype, field.fields);
  const inner = field.shape ?? [];
  const shape = [...layout.shape, ...inner];
  const { slotSize } = type;
  const size = type.parts.itemsize;
  const aligned = size > 0 && itemsize % size === 0 &&
    (layout.bytes.byteOffset + field.offset) % slotSize === 0;
  if (aligned && itemCount(shape) > 0) {
    const ratio = itemsize / size;
    const stride = [...layout.stride.map((step) => step * ratio), ...cStride(inner)];
    // The last structure's bytes may end before a whole number of the field's items does.
    const items = Math.floor((layout.bytes.byteLength - field.offset) / size);
    const data = type.view(
      layout.bytes.buffer,
      layout.bytes.byteOffset + field.offset,
      items * type.itemLength,
    );
    return StridedArray.trimmed(type, data, shape, stride, layout.offset * ratio);
  }
  const copy = allocate(itemCount(shape) * size);
  gatherField(layout, field, copy);
  const data = type.view(copy.buffer, 0, copy.byteLength / slotSize);
  return new StridedArray(type, data, shape, cStride(shape), 0);
}

/** Copies a field's bytes of each structure, in C order: each byte of the structures is an item, and the field's are the last axis. */
function gatherField(layout: MemoryLayout, field: Field, target: Uint8Array): void {
  const { itemsize } = layout;
  gatherItems({
    bytes: layout.bytes,
    itemsize: 1,
    shape: [...layout.shape, fieldSize(field)],
    stride: [...layout.stride.map((step) => step * itemsize), 1],
    offset: layout.offset * itemsize + field.offset,
  }, target);
}
