"""Makes selections.json: what numpy takes of an array of shape (2, 3, 4) by selections with ellipsis and newaxis. python selections.py > selections.json"""
import itertools
import json
import random

import numpy as np

random.seed(5)
array = np.arange(24).reshape(2, 3, 4)
PARTS = [0, -1, 1, None, "...", "newaxis", [0, 2, None], [None, None, -1], [-2, None, None], [3, 0, -2]]


def to_numpy(part):
    if part is None:
        return slice(None)
    if part == "...":
        return Ellipsis
    if part == "newaxis":
        return np.newaxis
    return slice(*part) if isinstance(part, list) else part


def case(selection):
    try:
        taken = array[tuple(map(to_numpy, selection))]
    except IndexError:
        return [selection, None, None]
    return [selection, list(taken.shape), np.asarray(taken).ravel().tolist()]


cases = [list(c) for n in range(3) for c in itertools.product(PARTS, repeat=n)]
longer = [[random.choice(PARTS) for _ in range(random.randint(3, 6))] for _ in range(400)]
print(json.dumps([case(selection) for selection in cases + longer], separators=(",", ":")))
