"""Writes <environment>.json beside this file: pickles of all protocols that this Python and numpy write, and what they hold.

Run with numpy installed, in each of the environments that should have a file: python tests/vectors/pickle/make_pickle.py
"""
import json
import os
import pickle
import sys
import warnings

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "..", "interop"))

import numpy as np
from pickle_values import PYTHON2, cases, describe, hexadecimal, python2_cases

warnings.simplefilter("ignore")


def pickles(value):
    """Each protocol's pickle; in Python 2 both picklers' (cPickle's and pickle's differ)."""
    picklers = [pickle]
    if PYTHON2:
        import cPickle

        picklers.append(cPickle)
    found = {}
    for module in picklers:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                data = module.dumps(value, protocol)
            except Exception:  # numpy 1.16 can't pickle all scalars in protocol 0
                continue
            found.setdefault(data, "%s %d" % (module.__name__.strip("c_").lower(), protocol))
    return sorted(([label, data] for data, label in found.items()), key=lambda pair: pair[0])


def short(data):
    """Long runs would only make the file large."""
    return hexadecimal(data)


entries = []
for name, value in list(cases()) + (list(python2_cases()) if PYTHON2 else []):
    entries.append({
        "name": name,
        "value": describe(value),
        "pickles": dict((label, short(data)) for label, data in pickles(value)),
    })
environment = "python%d.%d-numpy%s" % (sys.version_info[0], sys.version_info[1], ".".join(np.__version__.split(".")[:2]))
with open(os.path.join(here, environment + ".json"), "w") as file:
    json.dump({"python": sys.version.split()[0], "numpy": np.__version__, "entries": entries}, file, separators=(",", ":"), sort_keys=True)
    file.write("\n")
