"""Makes arrays.json: sparse arrays of every format and dtype as scipy has them, what they are as dense arrays, and what scipy converts them to.

    python3 tests/vectors/sparse/make.py > tests/vectors/sparse/arrays.json        # numpy 2.4.6, scipy 1.17.1

Arrays are {"dtype", "shape", "data": base64 of the items in C order}. Indices are those of scipy, of 32 bits.
"""
import base64
import json

import numpy as np
import scipy.sparse as sparse

random = np.random.default_rng(7)
DTYPES = ["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8", "<c8", "<c16"]
PARTS = {fmt: ["data", "indices", "indptr"] for fmt in ("csr", "csc", "bsr")} | {"coo": ["row", "col", "data"], "dia": ["data", "offsets"]}


def values(count, dtype):
    if dtype == "|b1":
        return random.random(count) < 0.6
    if dtype[1] == "c":
        return (random.standard_normal(count) + 1j * random.integers(-1, 2, count)).astype(dtype)
    if dtype[1] == "f":
        return random.standard_normal(count).astype(dtype)
    info = np.iinfo(dtype)
    # Large ones, so that sums wrap around.
    return random.integers(info.min, info.max, count, dtype=dtype, endpoint=True)


def array(a):
    a = np.asarray(a)
    return {"dtype": a.dtype.str, "shape": list(a.shape), "data": base64.b64encode(a.tobytes()).decode()}


def parts(matrix):
    return {name: array(getattr(matrix, name)) for name in PARTS[matrix.format]}


def case(name, matrix):
    given = {"name": name, "format": matrix.format, "shape": list(matrix.shape), "nnz": int(matrix.nnz), "parts": parts(matrix)}
    given["dense"] = array(matrix.toarray())
    given["csr"], given["csc"], given["coo"] = (parts(getattr(matrix, f"to{to}")()) for to in ("csr", "csc", "coo"))
    return given


def compressed(make, shape, dtype, count):
    """Rows in which columns are in any order, and may be there twice."""
    major, minor = shape if make is sparse.csr_matrix else shape[::-1]
    indptr = np.sort(np.concatenate([[0, count], random.integers(0, count + 1, major - 1)]))
    return make((values(count, dtype), random.integers(0, minor, count), indptr), shape=shape)


def cases():
    for dtype in DTYPES:
        yield case(f"csr {dtype}", compressed(sparse.csr_matrix, (5, 7), dtype, 14))
        yield case(f"csc {dtype}", compressed(sparse.csc_matrix, (5, 7), dtype, 14))
        # At most two entries of a place: in what order more are summed is nowhere said.
        places = random.permutation(np.repeat(np.arange(35), 2))[:16]
        yield case(f"coo {dtype}", sparse.coo_matrix((values(16, dtype), (places // 7, places % 7)), shape=(5, 7)))
        blocks = values(24, dtype).reshape(4, 2, 3)
        yield case(f"bsr {dtype}", sparse.bsr_matrix((blocks, [2, 0, 1, 1], [0, 2, 2, 4]), shape=(6, 9)))
        yield case(f"dia {dtype}", sparse.dia_matrix((values(24, dtype).reshape(4, 6), [-2, 0, 1, 4]), shape=(5, 7)))
    yield case("dia longer than the array", sparse.dia_matrix((values(18, "<f8").reshape(2, 9), [-1, 2]), shape=(6, 4)))
    yield case("dia beyond the array", sparse.dia_matrix((np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]), [-9, 0, 9]), shape=(3, 3)))
    yield case("csr of no rows", sparse.csr_matrix((0, 5)))
    yield case("csc of no columns", sparse.csc_matrix((4, 0)))
    yield case("coo of nothing", sparse.coo_matrix((3, 4), dtype="|b1"))


if __name__ == "__main__":
    print(json.dumps(list(cases()), indent=0))
