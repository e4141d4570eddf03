"""Python's clients that are measured, as client.ts has the others: it is told what to do in lines of JSON, and answers each with the seconds and the
CPU seconds that it took.

    .tmp/venv-bench/bin/python bench/client.py cottoncandy '{"address": {"endpoint": ...}}'
"""
import asyncio
import concurrent.futures
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

# What the libraries print is no answer.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

import numpy as np


def small(index):
    """One kibibyte, another one for each index."""
    return np.arange(256, dtype=np.float32) + np.float32(index)


class Cottoncandy:
    """Python's cottoncandy, with its own settings."""

    def __init__(self, address):
        # It writes a configuration file when it is imported: not into the user's home.
        self.config = tempfile.TemporaryDirectory()
        os.environ["XDG_CONFIG_HOME"] = self.config.name
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


class Processes:
    """Other programs, from their start to their end."""

    def __init__(self, address):
        pass

    def spawn(self, command):
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def cpu_seconds(who=resource.RUSAGE_SELF):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def measured(work, who=resource.RUSAGE_SELF):
    cpu, start = cpu_seconds(who), time.perf_counter()
    result = work()
    return result, {"seconds": time.perf_counter() - start, "cpu": cpu_seconds(who) - cpu}


def check(found, data):
    if memoryview(found).cast("B") != memoryview(data).cast("B"):
        raise ValueError("what came back are other bytes")


def run(client, state, job):
    op = job["op"]
    if op == "load":
        state["data"] = np.fromfile(job["file"], dtype=np.float32)
        return {"seconds": 0, "cpu": 0}
    if op == "spawn":
        return measured(lambda: client.spawn(job["command"]), resource.RUSAGE_CHILDREN)[1]
    data = state.get("data")
    if op == "put":
        return measured(lambda: client.put(job["key"], data, job.get("codec")))[1]
    if op == "get":
        found, took = measured(lambda: client.get(job["key"]))
        check(found, data)
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
        check(found, data)
        return took
    return measured(lambda: client.each(op, job["prefix"], job["count"], job["atOnce"]))[1]


def main():
    clients = {"cottoncandy": Cottoncandy, "obstore": Obstore, "libraries": Codecs, "processes": Processes}
    client = clients[sys.argv[1]](json.loads(sys.argv[2]).get("address"))
    state = {}
    for line in sys.stdin:
        try:
            answer = run(client, state, json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


main()
