"""Python's cottoncandy on a dask cluster of two processes: computes on arrays that were stored elsewhere.

Usage: cluster.py '{"store": {...}, "upload": {...} or null, "names": [...]}'. A store is as in reference.py. Prints one line of JSON: for each
name the sum, a slice, and which processes have read its parts.
"""
import copyreg
import json
import os
import sys

import cottoncandy
import numpy as np
from dask.distributed import Client, LocalCluster


def interface(store):
    if store["backend"] == "local":
        return cottoncandy.get_interface(store["path"], backend="local", verbose=False)
    return cottoncandy.get_interface(
        store["bucket"],
        ACCESS_KEY=store["accessKeyId"],
        SECRET_KEY=store["secretAccessKey"],
        endpoint_url=store["endpoint"],
        force_bucket_creation=False,
        verbose=False,
        region_name="us-east-1",
    )


def send_to_workers(cci, store):
    """boto3's connections can't go to another process, so a task takes along how to open the store again."""
    copyreg.pickle(type(cci), lambda _: (interface, (store,)))


def process_of(block):
    return np.full((1,) * block.ndim, os.getpid())


def compute(cci, name):
    array = cci.download_dask_array(name)
    part = array[1, ::-2, 2:9].compute()
    return {
        "chunks": [list(lengths) for lengths in array.chunks],
        "sum": float(array.sum().compute()),
        "slice": part.tolist(),
        "processes": sorted(set(array.map_blocks(process_of, dtype=int, chunks=(1,) * array.ndim).compute().ravel().tolist())),
    }


def main():
    request = json.loads(sys.argv[1])
    answers, sys.stdout = sys.stdout, sys.stderr
    cci = interface(request["store"])
    if request["upload"]:
        shape = request["upload"]["shape"]
        cci.upload_dask_array(request["upload"]["name"], np.arange(np.prod(shape), dtype="f8").reshape(shape), axis=request["upload"]["axis"])
    send_to_workers(cci, request["store"])
    with LocalCluster(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        json.dump({name: compute(cci, name) for name in request["names"]}, answers)


if __name__ == "__main__":
    main()
