# -*- coding: utf-8 -*-
"""Values to pickle, and descriptions of values in JSON: of what was pickled, and of what was read. Runs in Python 2.7 and 3.

    describe([1, 2.0]) == {"list": [{"int": "1"}, {"float": "4000000000000000"}]}
    build(describe(value)) is the same value again (not on Python 2).

tests/array/pickle_described.ts is the other half.
"""
import base64
import binascii
import collections
import random
import struct
import sys

import numpy as np

PYTHON2 = sys.version_info[0] == 2
if not PYTHON2:
    unicode, long, unichr = str, int, chr


def hexadecimal(data):
    return binascii.hexlify(bytes(data)).decode()


def describe(value):
    """A value as JSON that loses nothing but what JavaScript can't tell: numpy's scalars are Python's, where Python has them."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer) and not isinstance(value, np.timedelta64):
        return describe(int(value))
    if isinstance(value, (int, long)):
        return {"int": str(int(value)).rstrip("L")}
    if isinstance(value, (float, np.floating)):
        return {"float": hexadecimal(struct.pack(">d", value))}
    if isinstance(value, (complex, np.complexfloating)):
        return {"complex": [describe(float(value.real)), describe(float(value.imag))]}
    if isinstance(value, unicode):
        return {"str": value}
    if isinstance(value, np.bytes_):
        return {"bytes": hexadecimal(value)}
    if PYTHON2 and isinstance(value, str):
        return {"str2": hexadecimal(value)}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": hexadecimal(value)}
    if isinstance(value, list):
        return {"list": [describe(item) for item in value]}
    if isinstance(value, tuple):
        return {"tuple": [describe(item) for item in value]}
    if isinstance(value, collections.OrderedDict):
        return {"ordered": [[describe(key), describe(item)] for key, item in value.items()]}
    if isinstance(value, dict):
        return {"dict": [[describe(key), describe(item)] for key, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {"set": [describe(item) for item in value]}
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        return {
            "array": {
                "dtype": array.dtype.str,
                "descr": plain(array.dtype.descr) if array.dtype.names else None,
                "shape": list(array.shape),
                "hex": hexadecimal(array.tobytes()),
            }
        }
    raise TypeError(type(value))


def plain(descr):
    """A dtype's descr with lists for tuples."""
    return [plain(part) for part in descr] if isinstance(descr, (list, tuple)) else descr


def build(description):
    """The value of a description."""
    if description is None or isinstance(description, bool):
        return description
    (kind, content), = description.items()
    if kind == "int":
        return int(content)
    if kind == "float":
        return struct.unpack(">d", binascii.unhexlify(content))[0]
    if kind == "complex":
        return complex(*map(build, content))
    if kind == "str":
        return content
    if kind == "bytes":
        return binascii.unhexlify(content)
    if kind == "list":
        return [build(item) for item in content]
    if kind == "tuple":
        return tuple(build(item) for item in content)
    if kind == "set":
        return set(frozenset(item) if isinstance(item, set) else item for item in map(build, content))
    if kind in ("dict", "ordered"):
        entries = [(build(key), build(item)) for key, item in content]
        return dict(entries) if kind == "dict" else collections.OrderedDict(entries)
    if kind == "array":
        dtype = np.dtype(tuples(content["descr"]) if content["descr"] else content["dtype"])
        return np.frombuffer(bytearray(binascii.unhexlify(content["hex"])), dtype).reshape(content["shape"])
    raise ValueError(kind)


def tuples(descr):
    """A descr as numpy wants it: a list of tuples, whose shapes are tuples."""
    return [tuple(tuples(p) if isinstance(p, list) and p and isinstance(p[0], list) else tuple(p) if isinstance(p, list) else p
                  for p in field) for field in descr]


def check_arrays(value):
    """Fails where an array in a value is not like one that numpy makes itself."""
    if isinstance(value, np.ndarray):
        made = np.zeros(1, clean(value.dtype)).dtype
        assert value.flags.writeable and value.flags.aligned, value.flags
        assert value.dtype == made and value.dtype.flags == made.flags, (value.dtype.flags, made.flags)
        if made.names is None:
            assert value.dtype.alignment == made.alignment, (value.dtype.alignment, made.alignment)
        assert not value.dtype.metadata, value.dtype.metadata
    elif isinstance(value, dict):
        for item in value.values():
            check_arrays(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            check_arrays(item)


def clean(dtype):
    """The same dtype, made anew from its description."""
    if dtype.subdtype is not None:
        return np.dtype((clean(dtype.subdtype[0]), dtype.subdtype[1]))
    if dtype.names is None:
        return np.dtype(dtype.str)
    fields = [dtype.fields[name] for name in dtype.names]
    return np.dtype({
        "names": list(dtype.names),
        "formats": [clean(field[0]) for field in fields],
        "offsets": [field[1] for field in fields],
        "titles": [field[2] if len(field) > 2 else None for field in fields],
        "itemsize": dtype.itemsize,
    })


DTYPES = [
    "|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16", ">i2", ">u4", ">i8", ">f4",
    ">f8", ">c16", "|S1", "|S5", "<U3", ">U2", "|V3", "<M8[ns]", "<M8[25s]", ">M8[D]", "<m8[us]", "<m8", "<M8[D]",
]

STRUCTURES = [
    [("a", "<i4"), ("b", ">f8")],
    [("name", "|S3"), ("at", [("x", ">f4"), ("y", "<f4")]), ("grid", "<u2", (2, 3)), ("flag", "|b1")],
    [("text", "<U2", (2,)), ("time", "<M8[s]"), ("points", [("x", "<f4")], (2,))],
]


def array(dtype, shape, seed=0):
    """An array of any bytes that the dtype takes."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape, dtype=int))
    generator = np.random.RandomState(seed)
    if dtype.kind == "U":
        text = [u"".join(unichr(c) for c in generator.choice([0x61, 0xE9, 0x4E2D, 0x3B1], dtype.itemsize // 4)) for _ in range(size)]
        return np.array(text, dtype).reshape(shape)
    if dtype.kind == "b":
        return generator.randint(0, 2, size).astype(dtype).reshape(shape)
    if dtype.names:
        result = np.zeros(shape, dtype)
        for index, name in enumerate(dtype.names):
            field = result[name]
            field[...] = array(field.dtype, field.shape, seed + index + 1)
        return result
    # Signalling NaNs are quieted on some of their ways: small numbers have no NaNs.
    data = generator.randint(0, 60, size * dtype.itemsize).astype("u1")
    return np.frombuffer(data.tobytes(), dtype, size).reshape(shape).copy()


def cases():
    """Names and values of everything that is read, whatever its protocol."""
    yield "none", None
    yield "booleans", [True, False]
    yield "ints", [0, 1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -1, -128, -129, -2**31, -2**31 - 1, 2**53 - 1, 2**53, -2**53, 2**63, -2**63]
    yield "long ints", [2**64, -2**40, -2**64, 2**1015 - 1, 2**1023, -2**1023, 2**2100, -2**2100 + 1, 10**50, 127, 128, 32767, 32768, -32768, -32769]
    yield "floats", [0.0, -0.0, 1.5, -1e300, 5e-324, 0.1, 1e16, float("inf"), float("-inf"), float("nan"), 2.0]
    yield "complex", [1j, -2.5 + 0j, complex(float("inf"), -0.0)]
    yield "text", [u"", u"ascii", u"h\xe9llo", u"\u4e2d\u6587", u"\U0001f9e0", u"a\\b\n\r\t\x00\x1a'\"", u"\\u0041", u"\ufeffbom", u"x" * 300]
    yield "bytes", [b"", b"a", b"\x00\xff\n\\'\"", b"a", bytes(bytearray(range(256))), b"z" * 300]
    yield "bytearrays", [bytearray(), bytearray(b"\x00\xffab"), bytearray(300)]
    yield "lists", [[], [1], list(range(5)), [[[]]], list(range(1003))]
    yield "tuples", [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), ((),)), tuple(range(300))]
    yield "dicts", [{}, {u"a": 1}, {u"a": {u"b": [1, {u"c": None}]}}, dict((u"k%d" % i, i) for i in range(300))]
    yield "keys", [{1: u"int"}, {(1, u"a"): 2.5}, {None: 1}, {True: 0}, {1.5: 1, u"b": 2}, {b"\xff": 1, 2**70: 2}, {frozenset([1]): 3}, {1j: 4}]
    yield "proto", {u"__proto__": {u"polluted": True}, u"constructor": 1, u"toString": None}
    yield "re and im", [{u"re": 1.5, u"im": 2}, {u"re": u"x", u"im": 1}, {u"re": 1}]
    yield "sets", [set(), set([1, 2, 3]), frozenset(), frozenset([u"a", (1, 2)]), set([frozenset([1]), frozenset()])]
    yield "collections", [collections.OrderedDict([(u"z", 1), (u"a", 2)]), collections.OrderedDict(), collections.defaultdict(list, {u"a": [1]}), collections.defaultdict(None, {u"b": 1})]
    shared = [1]
    yield "shared", {u"a": shared, u"b": [shared, shared], u"c": u"text", u"d": [u"text", u"text"]}
    for dtype in DTYPES:
        yield "array " + dtype, array(dtype, (2, 3))
    for index, dtype in enumerate(STRUCTURES):
        yield "structure %d" % index, array(dtype, (2, 2))
    aligned = np.dtype([("a", "i1"), ("b", "<f8"), ("c", "<i2")], align=True)
    yield "aligned structure", array(aligned, (2,))
    yield "array layouts", {
        u"fortran": np.asfortranarray(array("<f4", (3, 4))),
        u"transposed": array("<i2", (2, 3, 4)).transpose(1, 0, 2),
        u"strided": array("<f8", (6, 4))[::2, ::-1],
        u"no axes": array("<f8", ()),
        u"no items": array("<i4", (3, 0, 2)),
        u"many axes": array("|u1", (1,) * 10 + (3,)),
    }
    yield "equal arrays", [np.array(True), np.array(True), np.array([7], "|u1"), np.array([7], "|u1"), b"\x01", b"\x07"]
    same = array("<f8", (3,))
    yield "the same array twice", [same, same]
    yield "scalars", [
        np.float64(1.5), np.float32(0.1), np.float16(0.5), np.int8(-3), np.uint8(200), np.int64(2**60), np.int64(-5), np.uint64(2**64 - 1),
        np.bool_(True), np.complex64(1 - 2j), np.complex128(3j), np.bytes_(b"ab"), np.float64("nan"),
    ]
    if not PYTHON2:
        yield "text scalars", [np.str_(u"h\xe9"), np.str_("")]
    yield "kept scalars", [np.datetime64("2020-02-29T12:00", "s"), np.timedelta64(-5, "D"), np.datetime64("NaT"), np.zeros(1, "V3")[0], array(STRUCTURES[0], (1,))[0]]
    yield "scalar keys", {np.int64(3): u"three"}


def large_cases():
    """Values beyond the sizes at which pickles are written in another way."""
    yield "long text", [u"x" * 300, u"\xe9" * 70000, u"x" * 70000]
    yield "long bytes", [b"y" * 300, b"z" * 70000, bytearray(70000), b"z" * 65536, b"z" * 65535]
    yield "long collections", [list(range(2500)), dict((u"k%d" % i, i) for i in range(1500)), set(range(1100)), tuple(range(3000))]
    yield "large arrays", [array("<f8", (100, 100)), array("<f4", (100, 200)).T, array(STRUCTURES[1], (3000,))]


def python2_cases():
    """What only Python 2 has: text and bytes that are one type, and two kinds of integer."""
    yield "str", ["", "ascii", "caf\xc3\xa9", "\x00\xff\n\\'\"", 'it\'s "quoted"', "x" * 300]
    yield "str keys", {"a": 1, "b": {"c": u"d"}}
    yield "longs", [long(1), long(-5), long(2) ** 80, -long(2) ** 80]


def random_value(generator, depth=0):
    """A nested value that pickles hold, and that comes back as it was."""
    simple = [
        lambda: None,
        lambda: generator.random() < 0.5,
        lambda: generator.randint(-10, 300),
        lambda: generator.randint(-2**generator.randint(1, 600), 2**generator.randint(1, 600)),
        lambda: struct.unpack("<d", struct.pack("<Q", generator.getrandbits(64)))[0],
        lambda: generator.uniform(-1, 1),
        lambda: u"".join(unichr(generator.choice([0x20, 0x41, 0xE9, 0x2028, 0x4E2D, 0xFEFF, 0xFFFD])) for _ in range(generator.choice([0, 1, 5, 300]))),
        lambda: bytes(bytearray(generator.getrandbits(8) for _ in range(generator.choice([0, 1, 2, 9, 300])))),
        lambda: complex(generator.uniform(-1, 1), generator.randint(-3, 3)),
        lambda: array(generator.choice(DTYPES), tuple(generator.randint(0, 4) for _ in range(generator.randint(0, 3))), generator.randint(0, 10**6)),
        lambda: array(generator.choice(STRUCTURES), (generator.randint(0, 4),), generator.randint(0, 10**6)),
    ]
    if depth > 4 or generator.random() < 0.4:
        return generator.choice(simple)()
    count = generator.choice([0, 1, 2, 3, 4, 9])
    items = [random_value(generator, depth + 1) for _ in range(count)]
    kind = generator.randint(0, 5)
    if kind == 0:
        return items + items[:1]  # one item comes twice
    if kind == 1:
        return tuple(items)
    if kind == 2:
        return dict((u"key %d" % generator.randint(0, 50), item) for item in items)
    if kind == 3:
        return dict((random_key(generator), item) for item in items)
    if kind == 4:
        return set(random_key(generator) for _ in items)
    return collections.OrderedDict((u"key %d" % generator.randint(0, 50), item) for item in items)


def random_key(generator):
    return generator.choice([
        lambda: generator.randint(-5, 2**60),
        lambda: u"k%d" % generator.randint(0, 99),
        lambda: generator.uniform(0, 1),
        lambda: (generator.randint(0, 3), u"x"),
        lambda: (generator.randint(0, 3), (None, frozenset([1, generator.randint(2, 4)]))),
        lambda: b"b%d" % generator.randint(0, 9) if not PYTHON2 else u"b",
        lambda: None,
    ])()
