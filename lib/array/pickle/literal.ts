import { decodeLong, parseFloatLine, parseInteger } from "./integer.ts";
import type { Node } from "./nodes.ts";
import { Op } from "./opcodes.ts";
import type { PickleReader } from "./reader.ts";
import { decodeRawUnicodeEscape, decodeStringLiteral, decodeText } from "./text.ts";

/**
 * The value that an instruction brings along; `undefined` for instructions of other kinds.
 *
 * @throws {IntegrityError} when it is cut off or malformed.
 */
export function readLiteral(opcode: number, reader: PickleReader): Node | undefined {
  switch (opcode) {
    case Op.NONE:
      return null;
    case Op.NEWTRUE:
      return true;
    case Op.NEWFALSE:
      return false;
    case Op.INT: {
      const line = reader.textLine();
      // How protocols 0 and 1 write truth values.
      return line === "01" ? true : line === "00" ? false : parseInteger(line);
    }
    case Op.BININT:
      return reader.int32();
    case Op.BININT1:
      return reader.uint8();
    case Op.BININT2:
      return reader.uint16();
    case Op.LONG:
      return parseInteger(reader.textLine());
    case Op.LONG1:
      return decodeLong(reader.bytes(reader.uint8()));
    case Op.LONG4:
      return decodeLong(reader.bytes(reader.int32()));
    case Op.FLOAT:
      return parseFloatLine(reader.textLine());
    case Op.BINFLOAT:
      return reader.float64();
    case Op.UNICODE:
      return decodeRawUnicodeEscape(reader.line());
    case Op.SHORT_BINUNICODE:
      return decodeText(reader.bytes(reader.uint8()));
    case Op.BINUNICODE:
      return decodeText(reader.bytes(reader.uint32()));
    case Op.BINUNICODE8:
      return decodeText(reader.bytes(reader.length64()));
    case Op.STRING:
      return { kind: "str2", bytes: decodeStringLiteral(reader.line()) };
    case Op.SHORT_BINSTRING:
      return { kind: "str2", bytes: reader.bytes(reader.uint8()) };
    case Op.BINSTRING:
      return { kind: "str2", bytes: reader.bytes(reader.int32()) };
    case Op.SHORT_BINBYTES:
      return { kind: "bytes", bytes: reader.bytes(reader.uint8()), used: false };
    case Op.BINBYTES:
      return { kind: "bytes", bytes: reader.bytes(reader.uint32()), used: false };
    case Op.BINBYTES8:
    case Op.BYTEARRAY8:
      return { kind: "bytes", bytes: reader.bytes(reader.length64()), used: false };
  }
  return undefined;
}
