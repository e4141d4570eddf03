/**
 * Values and dtypes as Python's `repr` writes them: in headers of .npy files, and in the text of arrays.
 *
 * Source: running Python and numpy.
 *
 * @module
 */
import { type DType, type Field, fieldSize, partsOf } from "./dtype/mod.ts";

/** A tuple of whole numbers: a shape. */
export function reprTuple(items: readonly number[]): string {
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

/** A string: in single quotes unless that needs escapes and double quotes don't; what can't be printed is escaped. */
export function reprText(text: string): string {
  return quoted(text, /\p{C}|(?! )\p{Z}/u);
}

/** Bytes: as text where they are printable ASCII. */
export function reprBytes(bytes: Uint8Array): string {
  return `b${quoted(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""), /[^ -~]/)}`;
}

function quoted(text: string, unprintable: RegExp): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = Array.from(text, (character) => {
    if (character === quote || character === "\\") return `\\${character}`;
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    return unprintable.test(character) ? escaped(character.codePointAt(0) ?? 0) : character;
  });
  return quote + inner.join("") + quote;
}

function escaped(codePoint: number): string {
  const hex = codePoint.toString(16);
  if (codePoint < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return codePoint < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

const KIND_NAMES: ReadonlyMap<string, string> = new Map([
  ["b", "bool"],
  ["i", "int"],
  ["u", "uint"],
  ["f", "float"],
  ["c", "complex"],
  ["M", "datetime64"],
  ["m", "timedelta64"],
]);

/** A dtype's name where numpy gives it one (`float32`, `'datetime64[ns]'`), else its string (`'<U5'`), or the list of its fields. */
export function dtypeRepr(dtype: DType, fields?: readonly Field[]): string {
  if (fields) return fieldsRepr(dtype, fields);
  const { kind, itemsize, swapped } = partsOf(dtype);
  const name = KIND_NAMES.get(kind);
  if (name === undefined || swapped) return `'${dtype}'`;
  if (kind === "b") return name;
  if (kind !== "M" && kind !== "m") return `${name}${itemsize * 8}`;
  const unit = dtype.slice(3);
  return unit === "" ? name : `'${name}${unit}'`;
}

function fieldsRepr(dtype: DType, fields: readonly Field[]): string {
  let end = 0;
  const packed = fields.every((field) => {
    const follows = field.offset === end;
    end += fieldSize(field);
    return follows;
  }) && end === partsOf(dtype).itemsize;
  const names = fields.map(({ name }) => reprText(name));
  if (packed) {
    return `[${
      fields.map((field, index) => {
        const { title, shape } = field;
        const name = title === undefined ? names[index] : `(${reprText(title)}, ${names[index]})`;
        return `(${name}, ${itemRepr(field)}${shape ? `, ${reprTuple(shape)}` : ""})`;
      }).join(", ")
    }]`;
  }
  const formats = fields.map((field) =>
    field.shape ? `(${itemRepr(field)}, ${reprTuple(field.shape)})` : itemRepr(field)
  );
  const titles = fields.some(({ title }) => title !== undefined)
    ? `, 'titles': [${fields.map(({ title }) => title === undefined ? "None" : reprText(title)).join(", ")}]`
    : "";
  return `{'names': [${names.join(", ")}], 'formats': [${formats.join(", ")}], 'offsets': [${
    fields.map(({ offset }) => offset).join(", ")
  }]${titles}, 'itemsize': ${partsOf(dtype).itemsize}}`;
}

/** What a field holds, in the short form that lists of fields have. */
function itemRepr({ dtype, fields }: Field): string {
  if (fields) return fieldsRepr(dtype, fields);
  if (dtype === "|b1") return "'?'";
  return reprText(dtype.replace(/^\|/, "").replace(/^([SV])0$|^([<>]U)0$/, "$1$2"));
}
