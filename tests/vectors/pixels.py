"""Makes pixels.json: arrays as .npy files, and what numpy and matplotlib's colour maps make of them. python -P pixels.py > pixels.json"""

import base64
import io
import json

import matplotlib
import numpy as np

MAPS = {
    name: np.array([[round(v * 255) for v in matplotlib.colormaps[name](i)] for i in range(256)], np.uint8)
    for name in ("viridis", "inferno", "cividis")
}
MAPS["greys"] = np.array([[i, i, i, 255] for i in range(256)], np.uint8)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return base64.b64encode(file.getvalue()).decode()


def numbers(array, part=None):
    if array.dtype.kind in "mM":
        counts = array.view("i8" if array.dtype.isnative else ">i8").astype("f8")
        counts[np.isnat(array)] = np.nan
        return counts
    if array.dtype.kind == "c":
        return {"magnitude": np.abs, "phase": np.angle, "real": np.real, "imaginary": np.imag}[part](
            array.astype("c16")
        )
    return array.astype("f8")


def case(name, array, colormap="viridis", scale="linear", percentiles=None, part=None, field=None, missing=(0, 0, 0, 0)):
    shown = array if field is None else array[field]
    values = numbers(shown, part)
    counting = values[np.isfinite(values) & ((values > 0) if scale == "log" else True)]
    low, high = np.percentile(counting, percentiles or (0, 100))
    with np.errstate(all="ignore"):
        share = (np.log10(values) - np.log10(low)) / (np.log10(high) - np.log10(low)) if scale == "log" else (
            values - low
        ) / (high - low)
        place = np.floor(np.clip(share, 0, 1) * 255 + 0.5)
    rgba = MAPS[colormap][np.nan_to_num(place).astype(int)]
    rgba[np.isnan(values) | ((values <= 0) if scale == "log" else False)] = missing
    # Of bins whose edges are rounded differently only linear ones are compared.
    bins = np.histogram(counting, 8, (low, high))[0].tolist() if scale == "linear" else None
    options = {"scale": scale, "missing": list(missing)}
    if percentiles:
        options["percentiles"] = list(percentiles)
    if part:
        options["part"] = part
    return {
        "name": name,
        "npy": npy(array),
        "field": field,
        "colormap": colormap,
        "options": options,
        "range": [float(low), float(high)],
        "histogram": bins,
        "rgba": base64.b64encode(rgba.tobytes()).decode(),
    }


rng = np.random.default_rng(20)
noise = rng.normal(size=(12, 17))
holes = noise.astype("f4")
holes[2, 3], holes[4, 5], holes[6, 7] = np.nan, np.inf, -np.inf
wide = np.exp(noise * 4)
wide[0, :3] = 0, -1, np.nan
complex_ = (noise + 1j * rng.normal(size=noise.shape)).astype("c8")
days = np.datetime64("2020-01-01") + (noise * 1000).astype("m8[D]")
days[1, 1] = "NaT"
people = np.zeros((6, 5), [("age", ">i2"), ("mass", "f8"), ("name", "U3")])
people["age"] = rng.integers(0, 99, (6, 5))
people["mass"] = rng.normal(70, 9, (6, 5))
rgb = rng.integers(0, 256, (4, 5, 3), "u1")
rgba = rng.random((4, 5, 4)).astype("f4")
rgba[0, 0] = 1.5, -0.5, 0.25, 1

cases = [
    case("f4 with NaN and infinities", holes, missing=(1, 2, 3, 255)),
    case("f4 by percentiles", holes, "inferno", percentiles=(1, 99)),
    case("f8 by logarithms, with what has none", wide, "cividis", scale="log", missing=(200, 0, 0, 128)),
    case("f8 by logarithms and percentiles", wide, scale="log", percentiles=(5, 95)),
    case("i8 beyond what floats hold", (noise * 2**60).astype("i8")),
    case("u8 of the upper half", (np.abs(noise) * 2**61).astype("u8") + np.uint64(2**63)),
    case("f2", noise.astype("f2"), percentiles=(1, 99)),
    case("bool", noise > 0, "greys"),
    case("i1", (noise * 40).astype("i1"), "greys"),
    case("big-endian f4", noise.astype(">f4")),
    case("big-endian i8", (noise * 1e9).astype(">i8")),
    case("Fortran order", np.asfortranarray((noise * 1000).astype("i4"))),
    case("magnitudes", complex_, part="magnitude"),
    case("phases", complex_, "greys", part="phase"),
    case("imaginary parts, big-endian", complex_.astype(">c16"), part="imaginary"),
    case("datetimes with NaT", days, missing=(9, 9, 9, 9)),
    case("timedeltas", (noise * 1e6).astype("m8[ns]")),
    case("a big-endian field", people, field="age"),
    case("a field", people, "inferno", field="mass"),
]
for name, array in (("colours, bytes", rgb), ("colours and opacity, floats", rgba)):
    own = np.full((4, 5, 4), 255, "u1")
    # As a canvas rounds: to the nearest, ties to even.
    own[..., : array.shape[2]] = array if array.dtype == "u1" else np.rint(np.clip(array.astype("f8"), 0, 1) * 255)
    cases.append({"name": name, "npy": npy(array), "field": None, "colormap": "viridis", "options": {}, "range": None,
                  "histogram": None, "rgba": base64.b64encode(own.tobytes()).decode()})

text = json.dumps(cases, separators=(",", ":")).replace('},{"name"', '},\n{"name"')
print(text)
