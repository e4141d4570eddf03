"""Writes configparser.json: what Python's configparser makes of odd files, for configparser_test.ts.

    python3 tests/config/make_configparser.py
"""
import configparser
import json
import pathlib

TEXTS = [
    "",
    "[login]\naccess_key = AKID\nsecret_key = abc\n",
    "[login]\nACCESS_KEY: AKID\nSecret_Key=abc",
    "\n\n# note\n; note\n[a]\n  # indented note\nx = 1\n",
    "[a]\nx = 1 # part of it\ny = 2 ; part of it\n",
    "[a]\nx = one\n  two\n\tthree\ny = 4\n",
    "[a]\nx = one\n\n  two\n\n\ny = 4\n",
    "[a]\nx = one\n  # note\n  two\n",
    "[a]\n  x = 1\n  y = 2\n    more\n z = 3\n",
    "[a]\nx =\ny = \n",
    "[a]\nx = = 1\ny : : 2\nz = a:b\nw : a=b\n",
    "[a]\nkey with spaces = 1\n",
    "[a b] \nx = 1\n[c] trailing\nx = 2\n[d] ]\nx = 3\n",
    "[DEFAULT]\nhome = /h\n[a]\nx = %(home)s/y\nhome = /own\n[b]\nx = %(home)s\n",
    "[DEFAULT]\na = 1\n[DEFAULT]\nb = 2\n[x]\n",
    "[a]\nx = 100%%\ny = %%(x)s\nz = %(x)s!\n",
    "[a]\nx = 100%\n",
    "[a]\nx = %x\n",
    "[a]\nx = %(missing)s\n",
    "[a]\nx = %(y)s\ny = %(x)s\n",
    "[a]\nx = %(X)s\n",
    "[a]\nx = %(Y)s\ny = deep %(z)s\nz = 100%%\n",
    "[a]\nx = %()s\n",
    "[a]\nx = %(y\ny = 1\n",
    "[a]\nx = %(y)d\ny = 1\n",
    "x = 1\n",
    "[a]\njust a line\n",
    "[a]\n= 1\n",
    "[a]\nx = 1\nx = 2\n",
    "[a]\nx = 1\nX = 2\n",
    "[a]\nx = 1\n[a]\ny = 2\n",
    "[a]\nx = 1\n[A]\nx = 2\n",
    "[]\nx = 1\n",
    "[a\nx = 1\n",
    "[a]\r\nx = 1\r\n  2\r\n",
    "[a]\nx = caf\u00e9 \u65e5\u672c\n",
    "[a]\nx = 'quoted'\ny = \"quoted\"\n",
    "[a]\nx = a\n  [b]\n  y = 2\n",
    "  [a]\nx = 1\n[b]\ny=2\n",
    "[a]\nx = 1\n; y = 2\n #z = 3\n",
]


def read(text):
    parser = configparser.ConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        return {"error": type(error).__name__}
    values = {}
    for section in parser.sections():
        values[section] = {}
        for option in parser.options(section):
            try:
                values[section][option] = parser.get(section, option)
            except configparser.Error as error:
                values[section][option] = {"error": type(error).__name__}
    return {"values": values}


cases = [{"text": text, **read(text.replace("\r\n", "\n"))} for text in TEXTS]
path = pathlib.Path(__file__).with_name("configparser.json")
path.write_text(json.dumps(cases, indent=1) + "\n")
