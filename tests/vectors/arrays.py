"""Arrays of every dtype, their text as numpy prints them, and their statistics, into arrays.json.

Run with numpy 2.4 (what is printed with exponents changed in 2.3):  python tests/vectors/arrays.py [seed count]
With arguments it prints all halves and that many other random cases instead.
"""
import base64
import json
import os
import sys
import warnings

import numpy as np

NUMBERS = ["|b1", "|i1", "|u1", "<i2", ">u2", "<i4", "<u4", "<i8", ">i8", "<u8",
           "<f2", "<f4", "<f8", ">f4", ">f8", "<c8", "<c16", ">c16"]
TIMES = [f"<{kind}8[{unit}]" for kind in "Mm"
         for unit in ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "25s", "3D"]] + ["<m8", ">M8[ns]"]
BYTES = ["<U0", "<U1", "<U7", ">U5", "|S0", "|S3", "|S9", "|V0", "|V1", "|V5"]
STRUCTURES = [
    [("x", "<f4"), ("y", "<i2")],
    [("flag", "?"), ("name", "<U3"), ("at", "<M8[s]")],
    [("m", "<f8", (2, 2)), ("s", "|S4")],
    [("inner", [("a", "|u1"), ("b", "<c8")]), ("v", "|V2")],
    [("inner", [("a", "|u1")], (2,)), ("b", "?", (3,))],
    [(("a title", "it's"), "<f2")],
    {"names": ["a", "b"], "formats": ["|i1", "<f8"], "offsets": [0, 8], "itemsize": 16},
    {"names": ["a", "b"], "formats": [("<f4", (2,)), "|b1"], "offsets": [4, 1], "itemsize": 20, "titles": [None, "T"]},
    [("long", "|i1", (1003,))],
]
SHAPES = [(), (1,), (2,), (3,), (7,), (20,), (60,), (2, 3), (3, 30), (1, 1), (2, 2, 2), (5, 1, 3), (2, 1, 2, 2)]
LARGE = [(1000,), (1001,), (1001, 1), (40, 26), (7, 150), (6, 200), (3, 4, 100), (12, 8, 11), (2, 7, 3, 26)]
EMPTY = [(0,), (0, 3), (3, 0), (2, 0, 1)]


def floats(rng, count, dtype):
    """Numbers of a size that a user's may have, with what is odd among them."""
    kind = rng.integers(8)
    if kind == 0:
        values = rng.integers(-1000, 1000, count).astype(float)
    elif kind == 1:
        values = rng.normal(size=count)
    elif kind == 2:
        values = rng.normal(size=count) * 10.0 ** rng.integers(-12, 12)
    elif kind == 3:
        values = 10.0 ** rng.uniform(-300, 300, count)
    elif kind == 4:
        values = rng.integers(-64, 64, count) / 2.0 ** rng.integers(0, 14)
    elif kind == 5:
        values = np.round(rng.uniform(0, 100, count), int(rng.integers(0, 4)))
    elif kind == 6:
        values = 2.0 ** rng.integers(-149, 128, count)
    else:
        values = rng.uniform(1, 1000, count)
    if rng.integers(3) == 0:
        odd = [np.nan, np.inf, -np.inf, 0.0, -0.0]
        for place in rng.integers(0, count, rng.integers(1, 4)) if count else []:
            values[place] = odd[rng.integers(len(odd))]
    with np.errstate(all="ignore"):
        return values.astype(dtype)


def text(rng, length):
    letters = list("abc 'xyz\"\\\n\t\r\0é日😀\u2028\xa0\u0301\x7f\x85\xad") + ["\U000e0001"]
    return "".join(letters[i] for i in rng.integers(0, len(letters), length))


def plain(rng, dtype, count):
    """Items of a dtype without fields, along one axis."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, count).astype(bool)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        if rng.integers(2):
            low = max(-50, int(info.min))
            return rng.integers(low, 120, count).astype(dtype)
        return rng.integers(info.min, info.max, count, dtype=dtype.newbyteorder("="), endpoint=True).astype(dtype)
    if dtype.kind == "f":
        return floats(rng, count, dtype)
    if dtype.kind == "c":
        part = np.dtype(f"f{dtype.itemsize // 2}")
        result = np.empty(count, dtype)
        result.real = floats(rng, count, part)
        result.imag = floats(rng, count, part)
        return result
    if dtype.kind in "Mm":
        # What fits into the years that dates have four digits for; numpy's text of dates far away is wrong.
        unit = dtype.str.split("[")[-1].rstrip("]").lstrip("0123456789")
        reach = {"Y": 900, "M": 9000, "W": 50000, "D": 400000, "h": 10**7, "m": 10**9, "s": 10**11, "ms": 10**14,
                 "us": 10**17}.get(unit, 10**18)
        items = rng.integers(-reach if rng.integers(2) else 0, reach, count)
        if rng.integers(4) == 0 and count:
            items[rng.integers(count)] = np.iinfo("i8").min
        return items.view(dtype.newbyteorder("<")).astype(dtype)
    if dtype.kind == "U":
        length = dtype.itemsize // 4
        return np.array([text(rng, rng.integers(0, length + 1)) for _ in range(count)], dtype)
    return np.frombuffer(rng.bytes(count * dtype.itemsize), dtype) if dtype.itemsize else np.zeros(count, dtype)


def structured(rng, dtype, count):
    result = np.zeros(count, dtype)
    for name in result.dtype.names:
        field = result.dtype[name]
        base, shape = field.subdtype or (field, ())
        size = count * int(np.prod(shape, dtype=int))
        make = structured if base.names else plain
        result[name] = make(rng, base, size).reshape((count,) + shape)
    return result


def described(dtype):
    """A dtype for TypeScript: its string, or its bytes and fields."""
    if dtype.names is None:
        return {"dtype": dtype.str}
    fields = []
    for name in dtype.names:
        field, offset, *title = dtype.fields[name]
        base, shape = field.subdtype or (field, ())
        entry = {"name": name, "offset": offset, **described(base)}
        if shape:
            entry["shape"] = shape
        if title:
            entry["title"] = title[0]
        fields.append(entry)
    return {"dtype": f"|V{dtype.itemsize}", "fields": fields}


def case(array):
    array = np.asarray(array)
    # In the order of the items, whatever numpy makes of the fields' padding.
    return {**described(array.dtype), "shape": array.shape,
            "bytes": base64.b64encode(array.tobytes()).decode(), "repr": repr(array)}


def statistics(rng, array):
    """What numpy makes of the array's items, of all and along axes; None where it raises ValueError."""
    if array.dtype.kind not in "biufcMm" or array.size > 30:
        return []
    names = ["min", "max"] if array.dtype.kind in "Mm" else ["sum", "mean", "std"]
    if array.dtype.kind in "biuf":
        names += ["min", "max"]
    axes = [None]
    if array.ndim:
        axes.append(int(rng.integers(-array.ndim, array.ndim)))
        axes.append(tuple(int(axis) for axis in rng.permutation(array.ndim)[:rng.integers(1, array.ndim + 1)]))
    found = []
    for name in names:
        for axis in axes:
            options = {} if axis is None else {"axis": axis, "keepdims": bool(rng.integers(2))}
            if name == "std":
                options["ddof"] = int(rng.integers(2))
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    result = np.asarray(getattr(array, name)(**options))
                    if array.dtype.kind in "fc":
                        # Of the same numbers in 64 bits, in which less is rounded; along an axis in numpy's dtype.
                        exact = np.asarray(getattr(array.astype("f8" if array.dtype.kind == "f" else "c16"), name)(**options))
                        result = exact if axis is None else exact.astype(result.dtype)
            except ValueError:
                found.append({"name": name, "options": options, "result": None})
                continue
            if name == "sum" and array.dtype.kind in "iu":
                exact = np.asarray(array.astype(object).sum(**options))
                if (exact != result.astype(object)).any():
                    continue  # It wrapped around.
            items = {"dtype": result.dtype.str, "shape": result.shape, "bytes": base64.b64encode(result.tobytes()).decode()}
            found.append({"name": name, "options": options, "result": items})
    return found


def random_case(rng, small=False):
    """One of any dtype and shape; `small` keeps the file small."""
    kinds = [NUMBERS, NUMBERS, NUMBERS, TIMES, BYTES, STRUCTURES]
    group = kinds[rng.integers(len(kinds))]
    dtype = np.dtype(group[rng.integers(len(group))])
    shapes = SHAPES if rng.integers(12) else EMPTY if rng.integers(3) == 0 else LARGE
    if group is STRUCTURES and dtype.itemsize > 1000:
        shapes = [(), (1,), (3,)]
    if shapes is LARGE and small and dtype.itemsize > 4:
        dtype = np.dtype(["|b1", "<i2", "<f2", "<f4", "<U1", "|S3"][rng.integers(6)])
    shape = shapes[rng.integers(len(shapes))]
    count = int(np.prod(shape, dtype=int))
    make = structured if dtype.names else plain
    array = make(rng, dtype, count).reshape(shape)
    return {**case(array), "statistics": statistics(rng, array)}


def edge_cases():
    yield case(np.float16([0.1, 1234, 0.0001]))
    yield case(np.float32([0.0001, 0.1]))
    yield case(np.float16([0.0001]))
    yield case(np.float32([999999, 1]))
    yield case(np.float32([1000000, 1]))
    yield case(np.float64([99999999, 1e5]))
    yield case(np.float64([1e8]))
    yield case(np.float64([1, 1000.0]))
    yield case(np.float64([1, 1000.1]))
    yield case(np.float64([0.001953125, 0.005859375]))
    yield case(np.float64([0.1 + 0.2, 1 / 3, 2 / 3]))
    yield case(np.float64([0.999999999, 9.999999999]))
    yield case(np.float64([5e-324, 1.7976931348623157e308]))
    yield case(np.float64([np.nan] * 3))
    yield case(np.float64([np.nan, -np.inf]))
    yield case(np.float64(np.inf))
    yield case(np.float64([0.0, -0.0]))
    yield case(np.complex128([1 + 2j, complex(np.nan, np.inf), -0.5j]))
    yield case(np.complex64(1e-20 + 1e20j))
    yield case(np.array(["x" * 100, "y"]))
    yield case(np.array(["x" * 66]))
    yield case(np.array([b"it's", b'so"', b"'\"\\", b"\x00a\x00"]))
    yield case(np.zeros(3, [("x", "<f4"), ("a name that is rather long", "<i2"), ("and another one, longer", "<c16")]))
    yield case(np.zeros((), np.dtype([])))
    yield case(np.zeros(2, np.dtype([])))
    yield case(np.int64([-719529, -800000, 10**7, 0, -719528]).view("M8[D]"))
    yield case(np.int64([-1970, -2500, 9000]).view("M8[Y]"))
    yield case(np.int64([5, -2**63 + 1, 2**63 - 1]).view("M8[as]"))
    yield case(np.int64([5, -2**63 + 1, 2**63 - 1]).view("M8[ns]"))
    # Halves of all sizes, and every power of two as a float: where the shortest digits are hard to find.
    yield case(np.arange(1, 0x7C00, 37, dtype="u2").view("f2"))
    yield case(np.float32(2.0) ** np.arange(-149, 128, dtype="f4"))
    for exponent in range(-149, 128, 7):
        yield case(np.float32(2.0) ** np.float32([exponent]))
    yield case(2.0 ** np.arange(-1074, 1024, 3.0))


def main():
    if len(sys.argv) == 3:
        seed, count = map(int, sys.argv[1:])
        rng = np.random.default_rng(seed)
        halves = np.arange(0x7C00, dtype="u2").view("f2").reshape(-1, 992)
        json.dump([case(row) for row in halves] + [random_case(rng) for _ in range(count)], sys.stdout)
        return
    rng = np.random.default_rng(20261130)
    cases = list(edge_cases())
    for dtype in NUMBERS + TIMES + BYTES + STRUCTURES:
        dtype = np.dtype(dtype)
        make = structured if dtype.names else plain
        for shape in [(), (4,), (2, 3), (0, 2)]:
            array = make(rng, dtype, int(np.prod(shape, dtype=int))).reshape(shape)
            cases.append({**case(array), "statistics": statistics(rng, array)})
    cases += [random_case(rng, small=True) for _ in range(200)]
    path = os.path.join(os.path.dirname(__file__), "arrays.json")
    with open(path, "w") as file:
        lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases)
        file.write(f'{{"numpy":"{np.__version__}","cases":[\n{lines}\n]}}\n')


main()
