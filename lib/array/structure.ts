import { InvalidArgumentError } from "../errors.ts";
import { partsOf } from "./dtype.ts";
import type { Field } from "./field.ts";
import { type Nested, readScalar, type Scalar, type StructuredScalar, writeScalar } from "./scalar.ts";

/** Reads a structure that begins at byte `at` of `view`. */
export function readStructure(fields: readonly Field[], view: DataView, at: number): StructuredScalar {
  // fromEntries defines own properties, so that a field called __proto__ is one as well.
  return Object.fromEntries(fields.map((field) => [field.name, readField(field, view, at + field.offset)]));
}

function readField(field: Field, view: DataView, at: number): Nested<Scalar> {
  const parts = partsOf(field.dtype);
  const { fields } = field;
  const readItem = fields
    ? (place: number) => readStructure(fields, view, place)
    : (place: number) => readScalar(parts, view, place);
  return readNested(field.shape ?? [], 0, parts.itemsize, at, readItem);
}

function readNested(
  shape: readonly number[],
  axis: number,
  itemsize: number,
  at: number,
  readItem: (place: number) => Scalar,
): Nested<Scalar> {
  if (axis === shape.length) return readItem(at);
  const step = shape.slice(axis + 1).reduce((size, length) => size * length, itemsize);
  return Array.from(
    { length: shape[axis] },
    (_, index) => readNested(shape, axis + 1, itemsize, at + index * step, readItem),
  );
}

/**
 * Writes a structure at byte `at` of `view`: an object with the value of each field; fields that it doesn't have stay as they are.
 *
 * @throws {InvalidArgumentError} when the value is no object, has a field that the structure hasn't, or holds a value that a field can't take.
 */
export function writeStructure(fields: readonly Field[], view: DataView, at: number, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw new InvalidArgumentError("an item of a structured dtype takes an object with the fields' values");
  }
  const values = new Map<string, unknown>(Object.entries(value));
  for (const field of fields) {
    if (!values.has(field.name)) continue;
    writeField(field, 0, view, at + field.offset, values.get(field.name));
    values.delete(field.name);
  }
  for (const name of values.keys()) {
    const known = fields.map((field) => JSON.stringify(field.name)).join(", ");
    throw new InvalidArgumentError(`no field is called ${JSON.stringify(name)}; there are ${known}`);
  }
}

function writeField(field: Field, axis: number, view: DataView, at: number, value: unknown): void {
  const shape = field.shape ?? [];
  const parts = partsOf(field.dtype);
  if (axis === shape.length) {
    if (field.fields) return writeStructure(field.fields, view, at, value);
    return writeScalar(field.dtype, parts, view, at, value);
  }
  if (!Array.isArray(value) || value.length !== shape[axis]) {
    throw new InvalidArgumentError(
      `field ${JSON.stringify(field.name)} takes nested arrays of shape [${shape}]`,
    );
  }
  const step = shape.slice(axis + 1).reduce((size, length) => size * length, parts.itemsize);
  for (let index = 0; index < shape[axis]; index++) {
    writeField(field, axis + 1, view, at + index * step, value[index]);
  }
}
