"""Makes numcodecs.json: what numcodecs stores by codecs that are only read here. python -P make_numcodecs.py > numcodecs.json"""
import base64
import json
import random

import numpy as np
from numcodecs import PackBits
from numcodecs.fletcher32 import Fletcher32

rng = random.Random(32)
truth = lambda n: np.array([rng.random() < 0.3 for _ in range(n)])
numbers = lambda n: np.frombuffer(rng.randbytes(n), "u1")
cases = [
    *((f"{n} values", "PackBits", PackBits(), truth(n)) for n in (2401, 2408, 2415)),
    *((f"{n} bytes", "Fletcher32", Fletcher32(), numbers(n)) for n in (301, 302, 3000)),
    ("more than a fold", "Fletcher32", Fletcher32(), np.arange(1, 1445, dtype="<u4") * np.uint32(2654435761)),
]
print(json.dumps([{
    "name": name,
    "codec": codec,
    "plain": base64.b64encode(plain.tobytes()).decode(),
    "stored": base64.b64encode(bytes(encoder.encode(plain))).decode(),
} for name, codec, encoder, plain in cases], indent=1))
