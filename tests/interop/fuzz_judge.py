"""What Python makes of inputs: reads lines of JSON, [format, base64], and answers each with a line, [accepted, value]."""
import base64
import bz2
import configparser
import fnmatch
import io
import json
import lzma
import pickle
import resource
import sys
import urllib.parse
import warnings
import xml.etree.ElementTree
import xml.parsers.expat

import numcodecs
import numpy as np
from pickle_values import describe

warnings.simplefilter("ignore")
# What asks for more is refused, and not waited for.
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))


def text(data):
    return data.decode("utf-8")


def read_json(data):
    return json.dumps(json.loads(text(data)))


def read_ini(data):
    parser = configparser.ConfigParser()
    # As a file is read: with universal newlines.
    parser.read_file(io.TextIOWrapper(io.BytesIO(data), "utf-8"))
    values = {}
    for section in parser.sections():
        values[section] = {}
        for option in parser.options(section):
            try:
                values[section][option] = parser.get(section, option)
            except configparser.InterpolationError:
                values[section][option] = None
    return values


def match_names(data):
    pattern, *names = text(data).split("\0")
    return [fnmatch.fnmatchcase(name, pattern) for name in names]


def told(array):
    if array.dtype.hasobject:
        raise ValueError("objects")
    # What stands between the fields numpy does not keep.
    return [array.dtype.str, list(array.shape), None if array.dtype.names else array.tobytes("C").hex()]


def read_npy(data):
    return told(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))


def read_npz(data):
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: told(archive[name]) for name in archive.files if isinstance(archive[name], np.ndarray)}


def read_xml(data):
    """The root element, each as its name without a prefix, its text, and those within it."""
    top = ["", "", []]
    open_ones = [top]

    def begin(name, attributes):
        element = [name.split(":")[-1], "", []]
        open_ones[-1][2].append(element)
        open_ones.append(element)

    def add(text):
        open_ones[-1][1] += text

    parser = xml.parsers.expat.ParserCreate("utf-8")
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda name: open_ones.pop()
    parser.CharacterDataHandler = add
    parser.Parse(data, True)
    return top[2][0]


def read_listing(data):
    name, _, children = read_xml(data)
    said = {name: text for name, text, _ in children}
    decode = urllib.parse.unquote_plus if said.get("EncodingType") == "url" else str
    objects, prefixes = [], []
    for name, _, inner in children:
        fields = {name: text for name, text, _ in inner}
        if name == "Contents":
            objects.append([decode(fields["Key"]), int(fields["Size"])])
        elif name == "CommonPrefixes" and "Prefix" in fields:
            prefixes.append([decode(fields["Prefix"])])
    return [objects + prefixes, said.get("IsTruncated", "").lower() == "true", said.get("NextContinuationToken")]


PICKLED = {
    ("builtins", "set"), ("builtins", "frozenset"), ("builtins", "bytes"), ("builtins", "bytearray"), ("builtins", "complex"),
    ("_codecs", "encode"), ("collections", "OrderedDict"), ("collections", "defaultdict"), ("builtins", "list"),
    ("builtins", "dict"), ("builtins", "int"), ("builtins", "float"), ("builtins", "str"), ("builtins", "bool"), ("builtins", "tuple"),
}


class Data(pickle._Unpickler):
    """Python's reader as it is written in Python, and data alone: numpy believes what a pickle says of its arrays, and ends the process."""

    def find_class(self, module, name):
        if module.startswith("numpy"):
            raise pickle.UnpicklingError("numpy")
        if (module.replace("__builtin__", "builtins"), name) in PICKLED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no data")


def read_pickle(data):
    file = io.BytesIO(data)
    value = Data(file, encoding="latin1").load()
    if file.tell() < len(data):
        raise ValueError("other bytes follow")
    return json.dumps(describe(value))


def read_blosc(data):
    # The library is given no length, and believes what the data say.
    if len(data) < 16 or int.from_bytes(data[12:16], "little") != len(data):
        raise ValueError("not of the length that it says")
    if int.from_bytes(data[4:8], "little") > 2**24:
        raise ValueError("too long to be tried")
    return numcodecs.blosc.decompress(data).hex()


def read_error(data):
    """The root, and what of its elements holds text alone and has a name of its own."""
    root = xml.etree.ElementTree.fromstring(data)
    names = [element.tag for element in root.iter()]
    texts = {element.tag: element.text or "" for element in root if not len(element) and not element.attrib and names.count(element.tag) == 1}
    return json.dumps({"root": root.tag.rpartition("}")[2], "texts": texts})


FORMATS = {
    "pickle": read_pickle,
    "blosc": read_blosc,
    "s3-xml": read_error,
    "json": read_json,
    "ini": read_ini,
    "fnmatch": match_names,
    "s3-listing": read_listing,
    "bz2": lambda data: bz2.decompress(data).hex(),
    "lzma": lambda data: lzma.decompress(data, lzma.FORMAT_XZ).hex(),
    "npy": read_npy,
    "npz": read_npz,
}

for line in sys.stdin:
    name, encoded = json.loads(line)
    try:
        answer = [True, FORMATS[name](base64.b64decode(encoded))]
    # Whatever Python's readers raise is a refusal.
    except Exception as error:
        answer = [False, f"{type(error).__name__}: {error}"[:300]]
    print(json.dumps(answer), flush=True)
