"""Other programs, from their start to their end: what main.ts can't measure, since only their parent is told what they took. Needs no package.

    python3 bench/clients/processes.py
"""
import json
import os
import subprocess
import sys
import time


def spawn(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    # It has been waited for, which Popen doesn't know.
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise ValueError(f"a program ended with {process.returncode}")
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}


for line in sys.stdin:
    try:
        answer = spawn(json.loads(line)["command"])
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
