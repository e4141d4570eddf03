"""Python's clients that are measured, as main.ts has the others: it is told what to do in lines of JSON, and answers each with what that took (protocol.ts).

    .tmp/venv-bench/bin/python bench/clients/client.py cottoncandy '{"address": {"endpoint": ...}}'
"""
import asyncio
import concurrent.futures
import json
import os
import re
import resource
import sys
import tempfile
import time
import zlib

# What the libraries print is no answer.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

import numpy as np


def small(index):
    """One kibibyte, another one for each index."""
    return np.arange(256, dtype=np.float32) + np.float32(index)


# cottoncandy reads its configuration when it is imported, and writes one where there is none: not into the user's home. Arrays in parts, which have no
# option for it, are compressed as the others here aren't, and have parts of 5 MiB at least.
SETTINGS = """[compression]
do_compression = False
[upload_settings]
min_mpu_size = 0
[gdrive]
secrets = none
credentials = none
"""


class Cottoncandy:
    """Python's cottoncandy."""

    def __init__(self, address):
        self.config = tempfile.TemporaryDirectory()
        os.environ["XDG_CONFIG_HOME"] = self.config.name
        os.makedirs(os.path.join(self.config.name, "cottoncandy"))
        with open(os.path.join(self.config.name, "cottoncandy", "options.cfg"), "w", encoding="ascii") as file:
            file.write(SETTINGS)
        import cottoncandy

        self.cci = cottoncandy.get_interface(
            address["bucket"],
            ACCESS_KEY=address["accessKeyId"],
            SECRET_KEY=address["secretAccessKey"],
            endpoint_url=address["endpoint"],
            region_name=address["region"],
            verbose=False,
        )

    def put(self, key, data, codec):
        self.cci.upload_raw_array(key, data, compression=codec or False)

    def get(self, key):
        return self.cci.download_raw_array(key)

    def put_npy(self, key, data):
        self.cci.upload_npy_array(key, data)

    def get_npy(self, key):
        return self.cci.download_npy_array(key)

    def put_parts(self, key, data, job):
        # It cuts along one axis, into parts of as many bytes.
        self.cci.upload_dask_array(key, data.reshape(job["shape"]), axis=0, buffersize=4 * int(np.prod(job["part"])))

    def get_slice(self, key, job):
        import dask

        region = tuple(slice(start, stop) for start, stop in job["region"])
        if job["format"] == "raw":
            return self.cci.download_raw_array(key).reshape(job["shape"])[region]
        # Threads, which dask has for arrays by default.
        with dask.config.set(scheduler="threads"):
            return self.cci.download_dask_array(key)[region].compute()

    def list(self, prefix):
        objects = self.cci.get_objects(filter={"Prefix": prefix}, limit=None, page_size=1000)
        return [item.key for item in objects]

    def each(self, op, prefix, count, at_once):
        def put_arrays(index):
            self.cci.upload_raw_array(f"{prefix}{index}", small(index), compression=False)

        def get_arrays(index):
            assert np.array_equal(self.cci.download_raw_array(f"{prefix}{index}"), small(index))

        work = {"putArrays": put_arrays, "getArrays": get_arrays}[op]
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            list(pool.map(work, range(count)))


class Obstore:
    """obstore: object_store, written in Rust."""

    def __init__(self, address):
        from obstore.store import S3Store

        self.store = S3Store(
            address["bucket"],
            endpoint=address["endpoint"],
            region=address["region"],
            access_key_id=address["accessKeyId"],
            secret_access_key=address["secretAccessKey"],
            virtual_hosted_style_request=False,
            client_options={"allow_http": True, "allow_invalid_certificates": "ca" in address},
        )

    def put(self, key, data, codec):
        self.store.put(key, memoryview(data).cast("B"))

    def get(self, key):
        return np.frombuffer(self.store.get(key).bytes(), dtype=np.float32)

    def list(self, prefix):
        return [item["path"] for page in self.store.list(prefix, chunk_size=1000) for item in page]

    def each(self, op, prefix, count, at_once):
        async def put_many(index):
            await self.store.put_async(f"{prefix}{index}", small(index).tobytes())

        async def get_many(index):
            result = await self.store.get_async(f"{prefix}{index}")
            assert bytes(await result.bytes_async()) == small(index).tobytes()

        work = {"putMany": put_many, "getMany": get_many}[op]

        async def worker(indices):
            for index in indices:
                await work(index)

        async def all_of_them():
            indices = iter(range(count))
            await asyncio.gather(*(worker(indices) for _ in range(at_once)))

        asyncio.run(all_of_them())


class Codecs:
    """The C libraries by Python's numcodecs, and Python's own zlib."""

    def __init__(self, address):
        import numcodecs

        self.codecs = {
            "gzip": lambda level: numcodecs.GZip(level),
            "Zlib": lambda level: numcodecs.Zlib(level),
            "Zstd": lambda level: numcodecs.Zstd(level),
            "LZ4": lambda level: numcodecs.LZ4(level),
            "BZ2": lambda level: numcodecs.BZ2(level),
        }

    def encode(self, codec, level, data):
        return self.codecs[codec](level).encode(data)

    def decode(self, codec, stored):
        return self.codecs[codec](1).decode(stored)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def reset_peak():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def peak_rss():
    """The most resident memory since then, in MiB."""
    with open("/proc/self/status", encoding="ascii") as file:
        return int(re.search(r"^VmHWM:\s+(\d+)", file.read(), re.MULTILINE)[1]) / 1024


def measured(work):
    reset_peak()
    cpu, start = cpu_seconds(), time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    return result, {"seconds": seconds, "cpu": cpu_seconds() - cpu, "peak": peak_rss()}


def check(found, data):
    if memoryview(np.ascontiguousarray(found)).cast("B") != memoryview(np.ascontiguousarray(data)).cast("B"):
        raise ValueError("what came back are other bytes")


def run(client, data, job):
    op = job["op"]
    if op == "put":
        return measured(lambda: client.put(job["key"], data, job.get("codec")))[1]
    if op == "get":
        found, took = measured(lambda: client.get(job["key"]))
        check(found, data)
        return took
    if op == "putNpy":
        return measured(lambda: client.put_npy(job["key"], data))[1]
    if op == "getNpy":
        found, took = measured(lambda: client.get_npy(job["key"]))
        check(found, data)
        return took
    if op == "putParts":
        return measured(lambda: client.put_parts(job["key"], data, job))[1]
    if op == "getSlice":
        found, took = measured(lambda: client.get_slice(job["key"], job))
        check(found, data.reshape(job["shape"])[tuple(slice(start, stop) for start, stop in job["region"])])
        return took
    if op == "list":
        keys, took = measured(lambda: client.list(job["prefix"]))
        if zlib.crc32("\n".join(sorted(keys)).encode()) != job["crc"]:
            raise ValueError(f"{len(keys)} other keys were listed")
        return took
    if op == "encode":
        stored, took = measured(lambda: client.encode(job["codec"], job["level"], data))
        if "file" in job:
            with open(job["file"], "wb") as file:
                file.write(stored)
        return took
    if op == "decode":
        with open(job["file"], "rb") as file:
            stored = file.read()
        found, took = measured(lambda: client.decode(job["codec"], stored))
        check(np.frombuffer(found, dtype=np.uint8), data)
        return took
    return measured(lambda: client.each(op, job["prefix"], job["count"], job["atOnce"]))[1]


def main():
    clients = {"cottoncandy": Cottoncandy, "obstore": Obstore, "libraries": Codecs}
    make = clients[sys.argv[1]]
    client = make(json.loads(sys.argv[2]).get("address"))
    data = None
    for line in sys.stdin:
        try:
            job = json.loads(line)
            answer = {"done": True}
            if job["op"] == "load":
                data = np.fromfile(job["file"], dtype=np.float32)
            elif job["op"] == "connect":
                client = make(job["address"])
            else:
                answer = run(client, data, job)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


main()
