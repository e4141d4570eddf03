"""Python's cottoncandy, asked in lines of JSON: one request on a line of standard input, one answer on a line of standard output.

    {"op": "upload_raw", "store": {...}, "name": "a/b", "array": {...}, ...}  ->  {"ok": ...} or {"error": "ValueError", "message": "..."}

A store is {"backend": "s3", "bucket": ..., "endpoint": ...} or {"backend": "local", "path": ...}.
An array goes as {"dtype": "<f8" or a field list, "shape": [2, 3], "data": base64 of the items in C order, "layout": "C"}.

Usage: reference.py LOG_FILE. What cottoncandy prints goes to the log.
"""
import base64
import hashlib
import io
import json
import os
import pickle
import pickletools
import random
import sys
import tempfile
import warnings

answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
log = open(sys.argv[1], "w", encoding="utf-8")
os.dup2(log.fileno(), 1)
os.dup2(log.fileno(), 2)

# cottoncandy reads its configuration when it is imported. Multipart from 16 MiB on in parts of 5 MiB: its own 200 and 100 would
# only make the tests slow. The least chunk of a dask array is 0 MiB instead of 5, so that small arrays have many.
config = tempfile.TemporaryDirectory()
os.makedirs(os.path.join(config.name, "cottoncandy"))
with open(os.path.join(config.name, "cottoncandy", "options.cfg"), "w") as file:
    file.write("[upload_settings]\nmpu_use_threshold = 16\nmpu_chunksize = 5\nmin_mpu_size = 0\n[gdrive]\nsecrets = s\ncredentials = c\n")
os.environ["XDG_CONFIG_HOME"] = config.name

import cottoncandy
import numcodecs
import numpy as np

import pickle_values

interfaces = {}


def interface(store):
    key = json.dumps(store, sort_keys=True)
    if key not in interfaces:
        if store["backend"] == "local":
            interfaces[key] = cottoncandy.get_interface(store["path"], backend="local", verbose=False)
        else:
            interfaces[key] = cottoncandy.get_interface(
                store["bucket"],
                ACCESS_KEY=store["accessKeyId"],
                SECRET_KEY=store["secretAccessKey"],
                endpoint_url=store["endpoint"],
                force_bucket_creation=True,
                verbose=False,
                region_name="us-east-1",
            )
    return interfaces[key]


def dtype_of(descr):
    """A numpy dtype from its string or from a field list as JSON has it."""
    return np.dtype(descr if isinstance(descr, str) else [tuple(map(field_part, field)) for field in descr])


def field_part(part):
    return part if isinstance(part, str) else tuple(part) if all(isinstance(n, int) for n in part) else dtype_of(part)


def to_array(spec):
    dtype = dtype_of(spec["dtype"])
    array = np.frombuffer(bytearray(base64.b64decode(spec["data"])), dtype).reshape(spec["shape"])
    return LAYOUTS[spec.get("layout", "C")](array)


def strided(array):
    """The same items, every second one of an array twice as large along each axis."""
    around = np.zeros(tuple(2 * n for n in array.shape), array.dtype)
    view = around[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def read_only(array):
    array = array.copy()
    array.setflags(write=False)
    return array


LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": strided,
    "reversed": lambda array: array[::-1].copy()[::-1],
    "read-only": read_only,
}
# np.ascontiguousarray and np.asfortranarray make 0-d arrays 1-d.
LAYOUTS = {name: (lambda array, layout=layout: array if array.ndim == 0 else layout(array)) for name, layout in LAYOUTS.items()}


def from_array(array):
    return {
        "dtype": array.dtype.str,
        "fields": array.dtype.names is not None,
        "shape": list(array.shape),
        "data": base64.b64encode(array.tobytes()).decode(),
    }


def pattern(count):
    """`count` u4 items that do not compress well; tests/interop/arrays.ts makes the same."""
    items = np.arange(count, dtype="<u4")
    items *= np.uint32(2654435761)
    items ^= items >> np.uint32(15)
    return items


def metadata_of(cci, name):
    return dict(cci.backend_interface.get_object_metadata(name)) if hasattr(cci.backend_interface, "get_object_metadata") else \
        dict(cci.download_stream(name).metadata)


def versions(request):
    return {
        "python": sys.version.split()[0],
        "cottoncandy": cottoncandy.__version__,
        "numcodecs": numcodecs.__version__,
        "numpy": np.__version__,
    }


def upload_raw(request):
    more = {"compression": request["compression"]} if "compression" in request else {}
    interface(request["store"]).upload_raw_array(request["name"], to_array(request["array"]), **more, **request.get("metadata", {}))


def download_raw(request):
    return from_array(interface(request["store"]).download_raw_array(request["name"]))


def upload_npy(request):
    interface(request["store"]).upload_npy_array(request["name"], to_array(request["array"]), **request.get("metadata", {}))


def download_npy(request):
    array = interface(request["store"]).download_npy_array(request["name"])
    return {**from_array(array), "descr": np.lib.format.dtype_to_descr(array.dtype), "fortran": array.flags.fnc}


def upload_object(request):
    body = io.BytesIO(base64.b64decode(request["body"]))
    interface(request["store"]).upload_object(request["name"], body, **request.get("metadata", {}))


def download_object(request):
    cci = interface(request["store"])
    return {
        "body": base64.b64encode(cci.download_object(request["name"])).decode(),
        "metadata": metadata_of(cci, request["name"]),
    }


def upload_json(request):
    interface(request["store"]).upload_json(request["name"], request["value"])


def download_json(request):
    return interface(request["store"]).download_json(request["name"])


def copy(request):
    interface(request["store"]).cp(request["name"], request["to"], overwrite=True)


def move(request):
    interface(request["store"]).mv(request["name"], request["to"], overwrite=True)


def ls(request):
    return interface(request["store"]).ls(request["pattern"])


def lsdir(request):
    return interface(request["store"]).lsdir(request["pattern"])


def glob(request):
    return interface(request["store"]).glob(request["pattern"])


def remove(request):
    interface(request["store"]).rm(request["name"], recursive=request["recursive"])


def upload_from_file(request):
    """Replaces an object's bytes with a file's; on the local backend its metadata stay as they are."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(base64.b64decode(request["body"]))
        file.flush()
        interface(request["store"]).upload_from_file(file.name, request["name"])


def upload_pickle(request):
    interface(request["store"]).upload_pickle(request["name"], pickle_values.build(request["value"]))


def download_pickle(request):
    """The value; that pickletools accepts the pickle, that loading it warns of nothing, and that arrays are like those made here."""
    cci = interface(request["store"])
    pickletools.dis(cci.download_object(request["name"]), out=io.StringIO())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = cci.download_pickle(request["name"])
    pickle_values.check_arrays(value)
    return pickle_values.describe(value)


def pickle_cases(request):
    """Stores all values that there are to read under `name/index/protocol`; gives their names and descriptions."""
    cci = interface(request["store"])
    cases = [*pickle_values.cases(), *pickle_values.large_cases()]
    for index, (_, value) in enumerate(cases):
        store_pickles(cci, "{}/{}".format(request["name"], index), value)
    return [[name, pickle_values.describe(value)] for name, value in cases]


def pickle_random(request):
    """Stores a random value under `name/protocol`, and describes it."""
    value = pickle_values.random_value(random.Random(request["seed"]))
    store_pickles(interface(request["store"]), request["name"], value)
    return pickle_values.describe(value)


def inspect_cycle(request):
    """Whether a map holds itself, and a list with two tuples that hold the list."""
    value = interface(request["store"]).download_pickle(request["name"])
    items = value["list"]
    return value["map"] is value and items[0][0] is items and items[1] == 1 and items[2][3] is items and type(items[2]) is tuple


def store_pickles(cci, name, value):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        cci.upload_object("{}/{}".format(name, protocol), io.BytesIO(pickle.dumps(value, protocol)))


def exists(request):
    return interface(request["store"]).exists_object(request["name"])


def upload_pattern(request):
    """A large raw array: stored by multipart upload where the backend has that."""
    cci = interface(request["store"])
    cci.upload_raw_array(request["name"], pattern(request["count"]), compression=request["compression"])
    return cci.get_object(request["name"]).e_tag.strip('"') if request["store"]["backend"] == "s3" else None


def digest_raw(request):
    array = interface(request["store"]).download_raw_array(request["name"])
    return {"dtype": array.dtype.str, "shape": list(array.shape), "sha256": hashlib.sha256(array.tobytes()).hexdigest()}


def digest_pattern(request):
    return hashlib.sha256(pattern(request["count"]).tobytes()).hexdigest()


def upload_dask(request):
    more = {"buffersize": request["buffersize"]} if "buffersize" in request else {}
    interface(request["store"]).upload_dask_array(
        request["name"], to_array(request["array"]), axis=request["axis"], **more, **request.get("metadata", {}))


def download_dask(request):
    """The whole array, its chunks, and slices of it: each a list of indices and [start, stop, step]."""
    import dask

    # In this process, one part after the other: requests of several threads would not be faster.
    with dask.config.set(scheduler="synchronous"):
        array = interface(request["store"]).download_dask_array(request["name"])
        picks = [tuple(slice(*part) if isinstance(part, list) else part for part in pick) for pick in request["slices"]]
        return {
            **from_array(np.asarray(array.compute())),
            "chunks": [list(lengths) for lengths in array.chunks],
            # A single item comes as a scalar, which is of another dtype where the array's isn't native.
            "slices": [from_array(np.asarray(array[pick].compute(), array.dtype)) for pick in picks],
        }


def sparse_parts(matrix):
    names = {"coo": ("row", "col", "data"), "dia": ("data", "offsets")}.get(matrix.format, ("data", "indices", "indptr"))
    return {name: getattr(matrix, name) for name in names}


def upload_sparse(request):
    """A scipy array of given parts, exactly: its constructors would turn indices of 64 bits into 32."""
    import scipy.sparse

    parts = {name: to_array(part) for name, part in request["parts"].items()}
    dtype = parts["data"].dtype.newbyteorder("=")
    matrix = getattr(scipy.sparse, request["format"] + "_matrix")(tuple(request["shape"]), dtype=dtype)
    if request["format"] == "coo":
        matrix.coords = (parts.pop("row"), parts.pop("col"))
    for name, part in parts.items():
        setattr(matrix, name, part)
    if "as" in request:
        matrix = matrix.asformat(request["as"])
    interface(request["store"]).upload_sparse_array(request["name"], matrix)


def download_sparse(request):
    matrix = interface(request["store"]).download_sparse_array(request["name"])
    return {
        "format": matrix.format,
        "shape": [int(length) for length in matrix.shape],
        "parts": {name: from_array(part) for name, part in sparse_parts(matrix).items()},
        "dense": from_array(matrix.toarray()),
    }


def to_tree(spec):
    """{"dict": ...}, {"array": ...} or {"value": anything that JSON has}."""
    if "dict" in spec:
        return {name: to_tree(inner) for name, inner in spec["dict"].items()}
    return to_array(spec["array"]) if "array" in spec else spec["value"]


def from_tree(value):
    if isinstance(value, dict):
        return {"dict": {name: from_tree(inner) for name, inner in value.items()}}
    return {"value": None} if value is None else {"array": from_array(value)}


def upload_dict(request):
    interface(request["store"]).dict2cloud(request["name"], to_tree(request["tree"]), **request.get("metadata", {}))


def download_dict(request):
    return from_tree(interface(request["store"]).cloud2dict(request["name"], keys=request.get("keys")))


OPERATIONS = {
    function.__name__: function
    for function in (
        versions, upload_raw, download_raw, upload_npy, download_npy, upload_object, download_object, upload_json, download_json,
        copy, move, ls, lsdir, glob, remove, upload_from_file, exists, upload_pattern, digest_raw, digest_pattern,
        upload_dask, download_dask,
        upload_sparse, download_sparse, upload_dict, download_dict,
        upload_pickle, download_pickle, pickle_cases, pickle_random, inspect_cycle,
    )
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"ok": OPERATIONS[request["op"]](request)}
    except BaseException as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
