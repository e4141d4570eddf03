"""Makes npz.json: archives of numpy, and of zipfile as numpy reads them. python -P make_npz.py > npz.json"""
import base64
import io
import json
import zipfile

import numpy as np

arrays = {
    "a": np.arange(24, dtype="<f8").reshape(2, 3, 4),
    "f": np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
    "empty": np.zeros((0, 3), "<f4"),
    "scalar": np.array(7, "<u8"),
    "wörter": np.array(["a", "été"]),
    "long": np.zeros(5000, "<i4"),
}


def archive(save):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def zipped(**options):
    """Like numpy.savez, with options of zipfile."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as z:
        z.comment = b"a comment"
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, array)
            with z.open(zipfile.ZipInfo(name + ".npy"), "w", **options) as out:
                out.write(member.getvalue())
        z.writestr("folder/", b"")
        z.writestr("note.txt", b"no array")
    return file.getvalue()


def entry(name, data):
    loaded = np.load(io.BytesIO(data))
    return {
        "name": name,
        "stored": base64.b64encode(data).decode(),
        "arrays": {
            key: [array.dtype.str, list(array.shape), array.tobytes().hex()[:400]]
            for key, array in loaded.items() if isinstance(array, np.ndarray)
        },
    }


print(json.dumps([
    entry("savez", archive(np.savez)),
    entry("savez_compressed", archive(np.savez_compressed)),
    entry("zip64 and a comment", zipped(force_zip64=True)),
], indent=1))
