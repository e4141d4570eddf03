"""Writes tests/vectors/npy/*.npy with numpy.save, and expected.json: what numpy reads back from each.

Run with numpy >= 2 from anywhere: python tests/vectors/make_npy.py
"""

import io
import json
import pathlib
import struct
import warnings

import numpy as np

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent / "npy"
here.mkdir(exist_ok=True)
expected = {}


def plain(value):
    """A numpy scalar as JSON that loses nothing."""
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return {"int": str(int(value.view("i8")))}
    if isinstance(value, np.void):
        if value.dtype.names is None:
            return {"bytes": value.tobytes().hex()}
        return {"fields": [[n, plain(value[n])] for n in value.dtype.names]}
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.bytes_):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, np.str_):
        return str(value)
    if isinstance(value, np.complexfloating):
        return {"re": plain(value.real), "im": plain(value.imag)}
    if isinstance(value, np.floating):
        value = float(value)
        return value if np.isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.integer):
        return {"int": str(int(value))} if value.dtype.itemsize == 8 else int(value)
    raise TypeError(type(value))


def note(name, array, version):
    expected[name] = {
        "dtype": array.dtype.str,
        "descr": array.dtype.descr if array.dtype.names is not None else None,
        "shape": list(array.shape),
        "fortran_order": bool(array.flags.f_contiguous and not array.flags.c_contiguous),
        "version": version,
        "items": [plain(v) for v in array.ravel(order="C")],
        "bytes": array.tobytes().hex(),
    }


def save(name, array):
    array = np.asarray(array) if not isinstance(array, np.ndarray) else array
    buffer = io.BytesIO()
    np.save(buffer, array)
    data = buffer.getvalue()
    (here / f"{name}.npy").write_bytes(data)
    loaded = np.load(io.BytesIO(data))
    assert loaded.dtype == array.dtype and repr(loaded.tolist()) == repr(array.tolist())
    note(name, loaded, data[6])


def write(name, data):
    """A file that numpy no longer writes but reads."""
    (here / f"{name}.npy").write_bytes(data)
    note(name, np.load(io.BytesIO(data)), data[6])


def header(text, version=1, pad=True):
    encoded = text.encode("utf-8" if version == 3 else "latin1")
    size = "<H" if version == 1 else "<I"
    prefix = 8 + struct.calcsize(size)
    if pad:
        encoded += b" " * (-(prefix + len(encoded) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(size, len(encoded)) + encoded


for kind in "i1 u1 i2 u2 i4 u4 i8 u8".split():
    info = np.iinfo(kind)
    for order in "<>" if info.bits > 8 else "|":
        save(f"{'be_' if order == '>' else ''}{kind}", np.array([[info.min, 0, 1], [7, 100, info.max]], order + kind))
for kind in "f2 f4 f8".split():
    info = np.finfo(kind)
    values = [0.0, -0.0, 1.5, np.inf, -np.inf, np.nan, info.max, info.smallest_subnormal, info.tiny, -1 / 3]
    for order in "<>":
        save(f"{'be_' if order == '>' else ''}{kind}", np.array(values, order + kind))
for kind in "c8 c16".split():
    for order in "<>":
        save(f"{'be_' if order == '>' else ''}{kind}", np.array([1 - 2j, np.nan, 1e10 + 0.1j, -0.0j], order + kind))
save("b1", np.array([[True, False], [False, True]]))
save("S5", np.array([b"", b"a", b"ab\0c", b"\xff\xfe345", b"x\0\0"], "S5"))
for order in "<>":
    save(f"{'be_' if order == '>' else ''}U3", np.array(["", "a", "\U0001f600é", "a\0b", "日本語"], order + "U3"))
save("V3", np.array([b"abc", b"\0\0\0", b"x\0\0"], "V3"))
nat = np.iinfo("i8").min
for order in "<>":
    save(f"{'be_' if order == '>' else ''}M8_ns", np.array([0, 1, nat, -5, 2**62], order + "M8[ns]"))
save("M8_25s", np.array([0, 1, nat], "<M8[25s]"))
save("M8_generic", np.array([nat, 5], "<i8").view("<M8"))
save("m8_D", np.array([[0, -1], [nat, 36500]], "<m8[D]"))
save("m8_generic", np.array([3, nat], "<m8"))
save("scalar", np.array(-2.5))
save("scalar_U", np.array("hé"))
save("empty", np.zeros((3, 0, 2), "<i4"))
save("empty_1d", np.zeros(0))
save("fortran", np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4)))
save("fortran_be", np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)))
save("ones_axes", np.arange(3.0).reshape(1, 3, 1))
save("strided", np.arange(24, dtype="<i2").reshape(4, 6)[::-2, 1::2])
save("bignd", np.zeros((1,) * 32, "|i1"))

simple = np.dtype([("x", "<f4"), ("y", ">i2"), ("name", "<U2"), ("raw", "S3")])
save("struct", np.array([(1.5, -2, "é", b"ab"), (np.nan, 258, "", b"\xff")], simple))
nested = np.dtype([
    ("id", "<u8"),
    ("pos", [("xyz", "<f4", (3,)), ("frame", [("a", "|b1"), ("b", ">c8")])]),
    ("m", "<i2", (2, 3)),
    ("when", "<M8[us]"),
])
item = np.zeros((2, 2), nested)
item["id"] = [[1, 2], [3, 2**63]]
item["pos"]["xyz"] = np.arange(12).reshape(2, 2, 3)
item["pos"]["frame"]["a"] = [[True, False], [False, True]]
item["pos"]["frame"]["b"] = 1 + 2j
item["m"] = np.arange(24).reshape(2, 2, 2, 3)
item["when"] = [[0, nat], [1, -1]]
save("struct_nested", item)
aligned = np.dtype([("a", "|u1"), ("b", "<f8"), ("c", "<i2")], align=True)
save("struct_aligned", np.array([(1, 2.5, -3), (255, -0.0, 4)], aligned))
save("struct_titles", np.array([(1, 2.0)], [(("the count", "n"), "<i4"), (("it's \"quoted\"", "q"), "<f8")]))
save("struct_offsets", np.array([(7, 8)], {"names": ["p", "q"], "formats": ["<i2", "<i4"], "offsets": [3, 8], "itemsize": 16}))
save("struct_names", np.array([(1, 2, 3)], [("it's", "<i2"), ('say "x"', "<i2"), ("a\\b\n\t\x7f", "<i2")]))
save("struct_latin1", np.array([(1,)], [("é\xa0", "<i2")]))
save("struct_unicode", np.array([(1, 2)], [("日本\u2028", "<i2"), ("\U0001f600\U000e0001", "<i2")]))
save("struct_scalar", np.array((1, 2), [("x", "<i2"), ("y", "<i4")]))
save("struct_proto", np.array([(1, 2)], [("__proto__", "<i2"), ("constructor", "<i4")]))
save("struct_f", np.asfortranarray(np.arange(6, dtype="<i4").reshape(2, 3)).view([("v", "<i4")]).reshape(2, 3, order="F"))

# Headers that numpy writes only when they are asked for, or never wrote, or wrote long ago.
for version in ((2, 0), (3, 0)):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.arange(5, dtype="<i8"), version=version)
    write(f"version{version[0]}", buffer.getvalue())
body = np.arange(6, dtype="<i4").tobytes()
write("python2", header("{'descr': '<i4', 'fortran_order': False, 'shape': (2L, 3L), }") + body)
write("python2_1d", header("{'descr': '<i4', 'fortran_order': False, 'shape': (6L,), }") + body)
write("keys_reordered", header("{\"shape\": (3,2),'fortran_order':True ,  \"descr\":'i4'}") + body)
write("unaligned", header("{'descr': '<i4', 'fortran_order': False, 'shape': (6,)}", pad=False) + body)
write("unaligned16", header("{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }   \n", pad=False) + body)
write("trailing", header("{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }") + body + b"trailing bytes")
write("dtype_name", header("{'descr': 'float64', 'fortran_order': False, 'shape': (), }") + struct.pack("<d", 2.5))

(here / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=True) + "\n")

# Slices of numpy: shape, start, stop, step -> the indices taken.
slices = []
for length in (0, 1, 2, 5):
    for start in (None, 0, 1, 4, 5, 9, -1, -2, -5, -6):
        for stop in (None, 0, 1, 3, 5, 9, -1, -3, -6):
            for step in (None, 1, 2, 7, -1, -2, -7):
                slices.append([length, start, stop, step, np.arange(length)[start:stop:step].tolist()])
rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in slices)
(here.parent / "slices.json").write_text(f"[\n{rows}\n]\n")

# Spellings of dtypes: what numpy makes of them; null where it refuses.
names = """? b B h H i I l L q Q e f d F D S U V M m p P n N c i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 b1 b2 f1 i3 c4 i16
S5 U5 V5 S05 S0 U0 V0 f02 ?1 d8 h2 e2 u x bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64
complex64 complex128 int uint float complex str str_ bytes bytes_ void half single double byte ubyte short ushort intc uintc int_ long
ulong longlong ulonglong intp uintp csingle cdouble datetime64 timedelta64 string integer number generic Float64 str5
M8[25s] M8[1ns] M8[0s] M8[007ns] M8[-3s] M8[s/3] M8[] M8[2147483647ns] M8[2147483648ns] M4[ns] M8[25generic] M8[ns M8ns M8[ns]x M[ns]
f8f S-1 S2147483647 S2147483648 U536870911 U536870912 V1_0 None !f8 i8i8 <<f8 < >""".split()
for kind in ("M8", "m8", "datetime64", "timedelta64"):
    names += [f"{kind}[{unit}]" for unit in "Y M W D h m s ms us ns ps fs as generic μs min".split()] + [kind]
names += ["f8 ", " f8", "", "f8\n", "int64 ", "M8[ ns]"]


def dtype(text):
    try:
        return np.dtype(text).str
    except (TypeError, ValueError):
        return None


spellings = {order + name: dtype(order + name) for name in names for order in ("", "<", ">", "=", "|")}
(here.parent / "dtypes.json").write_text(json.dumps(spellings, indent=0, ensure_ascii=True) + "\n")
print(f"{len(expected)} files, {len(slices)} slices, {len(spellings)} dtypes, by numpy {np.__version__}")
