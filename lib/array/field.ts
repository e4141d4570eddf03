import { InvalidArgumentError } from "../errors.ts";
import { type DType, parseDType, partsOf } from "./dtype.ts";
import { itemCount } from "./strides.ts";

/** One field of a structured dtype. */
export interface Field {
  /** Its name, unlike that of every other field of the structure. */
  readonly name: string;
  /** Its dtype; that of a nested structure is `|Vn`. */
  readonly dtype: DType;
  /** Where it begins within an item, in bytes. */
  readonly offset: number;
  /** Its shape, when it holds an array of items in each item. */
  readonly shape?: readonly number[];
  /** Numpy's title: a second name, of any length. */
  readonly title?: string;
  /** The fields of a nested structure. */
  readonly fields?: readonly Field[];
}

/** Bytes that a field takes up. */
export function fieldSize(field: Field): number {
  return partsOf(field.dtype).itemsize * itemCount(field.shape ?? []);
}

/** Structures nested deeper than this are refused, so that hostile headers can't exhaust the stack. */
export const MAX_NESTING = 32;

/**
 * Checks the fields of a structured dtype and gives a copy of them with canonical dtypes.
 *
 * @throws {InvalidArgumentError} when a name comes twice, a field reaches beyond the item, or a dtype or shape is none.
 */
export function checkFields(dtype: DType, fields: readonly Field[], depth: number = 0): readonly Field[] {
  const { kind, itemsize } = partsOf(dtype);
  if (kind !== "V") {
    throw new InvalidArgumentError(`fields need a dtype "|V${itemsize}", not ${JSON.stringify(dtype)}`);
  }
  if (depth > MAX_NESTING) {
    throw new InvalidArgumentError(`structures are nested more than ${MAX_NESTING} deep`);
  }
  const names = new Set<string>();
  return fields.map((field) => {
    if (names.has(field.name)) {
      throw new InvalidArgumentError(`two fields are called ${JSON.stringify(field.name)}`);
    }
    names.add(field.name);
    const checked = {
      ...field,
      dtype: parseDType(field.dtype),
      ...(field.shape && { shape: [...field.shape] }),
    };
    const end = field.offset + fieldSize(checked);
    if (!Number.isSafeInteger(field.offset) || field.offset < 0 || end > itemsize) {
      throw new InvalidArgumentError(
        `field ${JSON.stringify(field.name)} takes bytes ${field.offset} to ${end} of an item of ${itemsize}`,
      );
    }
    return field.fields
      ? { ...checked, fields: checkFields(checked.dtype, field.fields, depth + 1) }
      : checked;
  });
}
