/**
 * Names and letters that numpy's dtype constructor takes for a dtype, on 64-bit Linux and macOS: what `numpy.dtype(name).str` gives. Letters
 * also take a byte order before them, names do not. Names that only older releases knew are here too, since old objects may carry them.
 */
export const DTYPE_ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "|b1": ["?", "bool", "bool_", "bool8"],
    "|i1": ["b", "int8", "byte"],
    "|u1": ["B", "uint8", "ubyte"],
    "<i2": ["h", "int16", "short"],
    "<u2": ["H", "uint16", "ushort"],
    "<i4": ["i", "int32", "intc"],
    "<u4": ["I", "uint32", "uintc"],
    "<i8": ["l", "q", "p", "n", "int64", "int", "int_", "long", "longlong", "intp", "int0"],
    "<u8": ["L", "Q", "P", "N", "uint64", "uint", "ulong", "ulonglong", "uintp", "uint0"],
    "<f2": ["e", "float16", "half"],
    "<f4": ["f", "float32", "single"],
    "<f8": ["d", "float64", "float", "double", "float_"],
    "<c8": ["F", "complex64", "csingle", "singlecomplex"],
    "<c16": ["D", "complex128", "complex", "cdouble", "complex_", "cfloat"],
    "|S0": ["S", "a", "bytes", "bytes_", "string_", "bytes0"],
    "|S1": ["c"],
    "<U0": ["U", "str", "str_", "unicode", "unicode_", "str0"],
    "|V0": ["V", "void", "void0"],
    "<M8": ["M"],
    "<m8": ["m"],
    // Not dtypes of ours: here so that their errors say what to do.
    "|O": ["O", "object", "object_", "object0"],
    "<f16": ["g", "float128", "longdouble", "longfloat"],
    "<c32": ["G", "complex256", "clongdouble", "clongfloat", "longcomplex"],
  }).flatMap(([dtype, names]) => names.map((name): [string, string] => [name, dtype])),
);
