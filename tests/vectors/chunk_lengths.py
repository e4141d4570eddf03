"""Writes chunk_lengths.json: how Python's cottoncandy cuts arrays, [shape, itemsize, axis, buffersize, lengths along each axis].

    python -P chunk_lengths.py > chunk_lengths.json

The empty chunk that it appends along each axis it cuts is left out. (-P, since fnmatch.py beside this file hides Python's own.) The arrays take no memory: all their strides are 0.
"""
import json
import random

import numpy as np
from cottoncandy.utils import generate_ndarray_chunks
from numpy.lib.stride_tricks import as_strided

MiB = 2**20


def lengths(shape, itemsize, axis, buffersize):
    array = as_strided(np.zeros(1, f"V{itemsize}"), shape, [0] * len(shape))
    chunks = [[] for _ in shape]
    for index, part in generate_ndarray_chunks(array, axis=axis, buffersize=buffersize):
        for along, i, length in zip(chunks, index, part.shape):
            if i == len(along) and (length > 0 or not along):
                along.append(length)
    return chunks


random.seed(1)
cases = []
while len(cases) < 300:
    ndim = random.choice([1, 1, 2, 2, 3, 3, 4])
    itemsize = random.choice([1, 2, 4, 8, 16, 5, 12])
    buffersize = random.choice([5 * MiB, 8 * MiB, 16 * MiB, 100 * MiB, random.randrange(5 * MiB, 100 * MiB), 10**7])
    shape = [random.choice([2 ** random.randrange(0, 12), random.choice([10, 50, 100, 160, 600, 1000, 5000]), random.randrange(1, 3000)])
             for _ in range(ndim)]
    axis = random.choice([-1, 0, ndim - 1, None])
    if axis is not None:
        others = itemsize * int(np.prod([n for i, n in enumerate(shape) if i != axis % ndim]))
        shape[axis] = max(1, min(random.randrange(1, 12) * buffersize // others, 200_000))
    chunks = lengths(shape, itemsize, axis, buffersize) if np.prod(shape) < 2**33 else []
    if chunks and max(map(len, chunks)) <= 12:
        cases.append([shape, itemsize, axis, buffersize, chunks])
print("[" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "]")
