"""Python's zarr, asked once: a request in JSON on standard input, an answer in JSON on standard output.

    {"store": {...}, "write": [{"path": "v3/gzip", "dtype": "<f4", ...}, ...], "consolidate": [...]}  ->  {}
    {"store": {...}, "read": ["path", ...]}  ->  {"path": {"dtype": "<f4", "shape": [2, 3], "data": base64, "attributes": {}}, ...}

A store is {"kind": "local", "path": ...} or {"kind": "obstore" or "s3fs", "bucket": ..., "endpoint": ..., ...}. Item i, in C order, of an array that is
written is i * 7 % 100, of booleans whether that is above 49; with "empty", nothing is written but the metadata.
"""
import base64
import json
import sys

import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, GzipCodec, TransposeCodec, ZstdCodec


def open_store(spec):
    if spec["kind"] == "local":
        return zarr.storage.LocalStore(spec["path"])
    if spec["kind"] == "obstore":
        from obstore.store import S3Store

        return zarr.storage.ObjectStore(
            S3Store(
                spec["bucket"],
                prefix=spec["prefix"],
                endpoint=spec["endpoint"],
                access_key_id=spec["accessKeyId"],
                secret_access_key=spec["secretAccessKey"],
                region="us-east-1",
                virtual_hosted_style_request=False,
                client_options={"allow_http": True},
            )
        )
    return zarr.storage.FsspecStore.from_url(
        f"s3://{spec['bucket']}/{spec['prefix']}",
        storage_options={
            "key": spec["accessKeyId"],
            "secret": spec["secretAccessKey"],
            "client_kwargs": {"endpoint_url": spec["endpoint"], "region_name": "us-east-1"},
        },
    )


COMPRESSORS = {
    2: {
        "none": lambda: None,
        "zlib": lambda: __import__("numcodecs").Zlib(6),
        "gzip": lambda: __import__("numcodecs").GZip(6),
        "zstd": lambda: __import__("numcodecs").Zstd(3),
        "lz4": lambda: __import__("numcodecs").LZ4(),
        "blosc": lambda: __import__("numcodecs").Blosc("zstd", 5, 1),
    },
    3: {
        "none": lambda: None,
        "gzip": lambda: GzipCodec(level=6),
        "zstd": lambda: ZstdCodec(level=3),
        "zstd-checksum": lambda: ZstdCodec(level=3, checksum=True),
        "blosc": lambda: BloscCodec(cname="lz4", clevel=5, shuffle="shuffle"),
        "blosc-bits": lambda: BloscCodec(cname="zstd", clevel=5, shuffle="bitshuffle"),
    },
}


def values(shape, dtype):
    items = np.arange(np.prod(shape, dtype=int)) * 7 % 100
    return (items > 49 if dtype == np.bool_ else items.astype(dtype)).reshape(shape)


def write(store, case):
    dtype = np.dtype(case["dtype"])
    version = case["format"]
    more = {}
    if case.get("shards"):
        more["shards"] = case["shards"]
    if version == 2:
        more["order"] = case.get("order", "C")
        if "separator" in case:
            more["chunk_key_encoding"] = {"name": "v2", "separator": case["separator"]}
    else:
        if case.get("order") == "F":
            more["filters"] = [TransposeCodec(order=tuple(reversed(range(len(case["shape"])))))]
        if dtype.byteorder == ">":
            more["serializer"] = BytesCodec(endian="big")
    array = zarr.create_array(
        store,
        name=case["path"],
        shape=case["shape"],
        chunks=case["chunks"],
        dtype=dtype,
        compressors=COMPRESSORS[version][case["compressor"]](),
        zarr_format=version,
        fill_value=1,
        attributes={"path": case["path"]},
        **more,
    )
    if not case.get("empty"):
        array[...] = values(case["shape"], dtype)


def read(store, path):
    array = zarr.open_array(store, path=path, mode="r")
    items = np.asarray(array[...])
    native = np.ascontiguousarray(items.astype(items.dtype.newbyteorder("<"))).reshape(items.shape)
    return {
        "dtype": native.dtype.str,
        "shape": list(native.shape),
        "data": base64.b64encode(native.tobytes()).decode(),
        "attributes": dict(array.attrs),
    }


def main():
    request = json.load(sys.stdin)
    store = open_store(request["store"])
    for group in request.get("groups", []):
        zarr.create_group(store, path=group["path"], zarr_format=group["format"])
    for case in request.get("write", []):
        write(store, case)
    for path in request.get("consolidate", []):
        zarr.consolidate_metadata(store, path=path)
    json.dump({path: read(store, path) for path in request.get("read", [])}, sys.stdout)


main()
