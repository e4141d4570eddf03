/**
 * What Arrow's bytes say of themselves, followed before `apache-arrow` follows it: that neither looks whether a list is longer than the bytes, nor how often one thing is referred to, and one changed bit would keep it busy for hours.
 *
 * Source: "Serialization and Interprocess Communication (IPC)" of the Arrow columnar format, its `Schema.fbs`, `Message.fbs` and `File.fbs`, and "FlatBuffers internals".
 *
 * @module
 */
import { IntegrityError } from "../../errors.ts";

/** How files begin and end: `ARROW1`. */
const MAGIC = Uint8Array.of(0x41, 0x52, 0x52, 0x4f, 0x57, 0x31);

/** How often all bytes of a description may be referred to: writers may share texts. */
const SHARED = 64;
/** How deep types may be nested. */
const DEEPEST = 64;

/** By `MessageHeader`; and a message of no bytes. */
const [SCHEMA, DICTIONARY, BATCH, END] = [1, 2, 3, -1];
/** By `Type`. */
const [TIMESTAMP, STRUCT, UNION] = [10, 13, 14];
/** Those that are lists of others: of any length, of a fixed one, of pairs, and longer ones. */
const MAP = 17;
const LISTS: readonly number[] = [12, 16, MAP, 21];

/** How many nodes each column has: itself, and what it is made of. */
type Columns = readonly number[];

/**
 * Makes sure that the bytes of a stream or file can be followed.
 *
 * @throws {IntegrityError} when they can't, or have no end.
 */
export function checkDescriptions(bytes: Uint8Array): void {
  if (isMagic(bytes, 0)) checkFile(bytes);
  else checkStream(bytes);
}

function isMagic(bytes: Uint8Array, place: number): boolean {
  return MAGIC.every((byte, index) => bytes[place + index] === byte);
}

/** A stream ends in a message of no bytes: cut between two batches it is shorter, and otherwise as good as a whole one. */
function checkStream(bytes: Uint8Array): void {
  let columns: Columns = [];
  for (let place = 0;;) {
    const message = checkMessage(bytes, place, columns);
    if (message.kind === END) {
      if (message.end === bytes.byteLength) return;
      throw damaged(`${bytes.byteLength - message.end} bytes follow its end`);
    }
    ({ end: place, columns } = message);
  }
}

/** A file is read by its footer: the schema that is there, and blocks that are messages. */
function checkFile(bytes: Uint8Array): void {
  if (!isMagic(bytes, bytes.byteLength - MAGIC.byteLength)) throw noEnd();
  const end = bytes.byteLength - MAGIC.byteLength - 4;
  const length = end < 0 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getInt32(end, true);
  if (length <= 0 || length > end) throw damaged(`its footer has ${length} bytes`);
  const footer = new Description(bytes.subarray(end - length, end));
  const root = footer.root();
  let columns: Columns = [];
  footer.each(root, 1, (schema) => columns = checkSchema(footer, schema));
  const seen = new Set<number>();
  for (const [slot, kind] of [[2, DICTIONARY], [3, BATCH]]) {
    for (const block of footer.items(root, slot, 24)) {
      const place = footer.long(block);
      if (place < 0 || seen.has(place)) throw damaged(`another of its batches is at byte ${place}`);
      seen.add(place);
      // Of other kinds it would be waited for one of these, for ever.
      if (checkMessage(bytes, place, columns).kind !== kind) {
        throw damaged(`there is no batch at byte ${place}`);
      }
    }
  }
}

/** A message that was looked at. */
interface Message {
  readonly kind: number;
  /** Where it ends with its body. */
  readonly end: number;
  /** The columns of the batches that follow. */
  readonly columns: Columns;
}

/** Checks the message at a place. */
function checkMessage(bytes: Uint8Array, begin: number, before: Columns): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let place = begin;
  let length = 0;
  // What stands before the length in newer messages is -1.
  for (let isFirst = true; isFirst || length === -1 && place === begin + 4; isFirst = false) {
    if (place + 4 > bytes.byteLength) throw noEnd();
    length = view.getInt32(place, true);
    place += 4;
  }
  if (length === 0) return { kind: END, columns: before, end: place };
  if (length < 0 || place + length > bytes.byteLength) {
    throw damaged(`a description has ${length} bytes where ${bytes.byteLength - place} follow`);
  }
  const message = new Description(bytes.subarray(place, place + length));
  const root = message.root();
  const kind = message.byte(root, 1);
  let columns = before;
  message.each(root, 2, (header) => {
    if (kind === SCHEMA) columns = checkSchema(message, header);
    else if (kind === BATCH) checkBatch(message, header, columns);
    else if (kind === DICTIONARY) message.each(header, 1, (batch) => checkBatch(message, batch, []));
  });
  checkMetadata(message, root, 4);
  place += length;
  const body = kind === BATCH || kind === DICTIONARY ? message.slot(root, 3) : undefined;
  return { kind, columns, end: place + Math.max(0, body === undefined ? 0 : message.long(body)) };
}

function checkSchema(description: Description, schema: number): Columns {
  const columns: number[] = [];
  for (const field of description.tables(schema, 1)) columns.push(checkField(description, field, 0));
  checkMetadata(description, schema, 2);
  return columns;
}

/** Checks a field; gives how many nodes it has in each batch. */
function checkField(description: Description, field: number, depth: number): number {
  if (depth > DEEPEST) throw damaged(`types are nested in more than ${DEEPEST} others`);
  description.text(field, 0);
  const kind = description.byte(field, 2);
  description.each(field, 3, (type) => {
    if (kind === UNION) description.items(type, 1, 4);
    if (kind === TIMESTAMP) description.text(type, 1);
  });
  const children: number[] = [];
  for (const child of description.tables(field, 5)) {
    children.push(checkField(description, child, depth + 1));
    if (kind === MAP && description.byte(child, 2) !== STRUCT) throw damaged("a map is none of pairs");
  }
  if (LISTS.includes(kind) && children.length === 0) throw damaged("a list is none of anything");
  checkMetadata(description, field, 6);
  // What words stand for is in batches of their own.
  if (description.slot(field, 4) !== undefined) return 1;
  const used = kind === STRUCT || kind === UNION
    ? children
    : LISTS.includes(kind)
    ? children.slice(0, 1)
    : [];
  return used.reduce((sum, nodes) => sum + nodes, 1);
}

function checkBatch(description: Description, batch: number, columns: Columns): void {
  const nodes = [...description.items(batch, 1, 16)];
  const place = description.slot(batch, 0);
  const rows = place === undefined ? 0 : description.long(place);
  let first = 0;
  for (const count of columns) {
    // To shorter ones nulls would be added, however many.
    const length = first < nodes.length ? description.long(nodes[first]) : undefined;
    if (length !== rows) throw damaged(`a column has ${length ?? "no"} rows in a batch of ${rows}`);
    first += count;
  }
  const buffers = description.items(batch, 2, 16).length;
  for (const item of description.items(batch, 4, 8)) {
    const count = description.long(item);
    if (count < 0 || count > buffers) throw damaged(`${count} of ${buffers} buffers are those of one column`);
  }
}

function checkMetadata(description: Description, table: number, slot: number): void {
  for (const entry of description.tables(table, slot)) {
    description.text(entry, 0);
    description.text(entry, 1);
  }
}

/** A FlatBuffer, which is followed within its bytes, and not for longer than it can be worth. */
class Description {
  readonly #view: DataView;
  readonly #length: number;
  #left: number;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.#length = byteLength;
    this.#left = byteLength * SHARED;
  }

  /** The place of the table that all others are reached from. */
  root(): number {
    return this.#reached(0);
  }

  /** The place of what a table has in one of its slots; `undefined` where it has none. */
  slot(table: number, index: number): number | undefined {
    const slots = table - this.#int(table);
    const at = 4 + index * 2;
    if (at >= this.#short(slots)) return undefined;
    const offset = this.#short(slots + at);
    return offset === 0 ? undefined : table + offset;
  }

  /** The byte in a slot; 0 where there is none. */
  byte(table: number, index: number): number {
    const place = this.slot(table, index);
    return place === undefined ? 0 : this.#view.getUint8(this.#within(place, 1));
  }

  /** The number of 8 bytes at a place. */
  long(place: number): number {
    return Number(this.#view.getBigInt64(this.#within(place, 8), true));
  }

  /** Does something with the table that a slot refers to, if any. */
  each(table: number, index: number, work: (table: number) => void): void {
    const place = this.slot(table, index);
    if (place !== undefined) work(this.#reached(place));
  }

  /** Looks at the text in a slot. */
  text(table: number, index: number): void {
    this.items(table, index, 1);
  }

  /** The places of a list's items, of so many bytes each. */
  items(table: number, index: number, size: number): { readonly length: number } & Iterable<number> {
    const place = this.slot(table, index);
    if (place === undefined) return [];
    const list = place + this.#int(place);
    const length = this.#int(list);
    this.#within(list + 4, length * size);
    this.#spend(length * size);
    return {
      length,
      *[Symbol.iterator]() {
        for (let item = 0; item < length; item++) yield list + 4 + item * size;
      },
    };
  }

  /** The tables that a list refers to. */
  *tables(table: number, index: number): Generator<number> {
    for (const place of this.items(table, index, 4)) yield this.#reached(place);
  }

  /** The place that is referred to at another one. */
  #reached(place: number): number {
    this.#spend(4);
    return place + this.#int(place);
  }

  #int(place: number): number {
    return this.#view.getInt32(this.#within(place, 4), true);
  }

  #short(place: number): number {
    return this.#view.getInt16(this.#within(place, 2), true);
  }

  #within(place: number, size: number): number {
    if (place >= 0 && size >= 0 && place + size <= this.#length) return place;
    throw damaged(`a description of ${this.#length} bytes refers to ${size} bytes from byte ${place} on`);
  }

  #spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw damaged("a description refers to the same bytes again and again");
  }
}

function damaged(what: string): IntegrityError {
  return new IntegrityError(`the bytes are no Arrow IPC stream or file: ${what}`);
}

function noEnd(): IntegrityError {
  return new IntegrityError(
    "the Arrow bytes have no end: they were cut off, or their writer not closed (tableFromIPC of apache-arrow gives the table that there is)",
  );
}
