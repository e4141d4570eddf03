"""Writes fnmatch.json: what Python's fnmatch.fnmatchcase says of patterns and names. Run: python3 tests/vectors/fnmatch.py"""

import fnmatch
import json
import pathlib
import platform
import random

random.seed(20240)

NAMES = [
    "", "a", "b", "c", "A", "-", "]", "[", "!", "^", "\\", "/", ".", "*", "?", "~", "&", "|", "\n", "é", "😀", "ab", "a/b", "a/b/c.npy", ".a",
    "a\nb", "[]", "[a", "[!a]", "a-c", "-a", "\\a", "a]", "--", "😀b", "a.npy", "data/exp/f1", "data/exp2/h1", "x*y", "a[1]",
]
PATTERNS = [
    "", "*", "**", "?", "??", "*?", "a*", "*a", "*a*", "a/*", "*/*", "[]", "[!]", "[", "[!", "[]]", "[!]]", "[]a]", "[a-]", "[-a]", "[--x]",
    "[a--]", "[---]", "[!-]", "[!--a]", "[b-a]", "[!b-a]", "[c-b-a]", "[a-c-e]", "[a-c-e-g]", "[z-a-c]", "[a-c--z]", "[^a]", "[!^a]", "[[]", "[[a]",
    "[[]*", "[]-a]", "[\\]", "[\\a]", "[\\\\-a]", "[!\\]", "\\a", "\\*", "a\\", "[&&]", "[~~]", "[||]", "[a&&b]", "[--]", "[é-ü]", "[😀]", "[!😀]",
    "[😀-😂]b", "a[/]b", "a[!b]b", "a?b", "{a,b}", "(a)", "a|b", "a.npy", "a+b", "$", "^a", "[a", "[a-", "[!a", "x[*]y", "[?]", "[.-0]", "a\nb", "a?b",
    "[!!]", "[!!a]", "[a!]", "[a]]", "[[a]]", "data/exp*", "[-]", "[a-c]*[!a-c]", "[b-a!]", "[b-a!c]", "[b-a!-c]", "[!b-a!c]", "[c-b!-zx]", "[c-bd-a!]", "[b-a^a]", "[b-a]]", "[b-a-]", "[b-a-!]", "[b-a!!]", "[z-a!-]",
]
ALPHABET = "abc-]![*?\\^/.😀\n"

while len(PATTERNS) < 700:
    PATTERNS.append("".join(random.choice(ALPHABET) for _ in range(random.randint(1, 8))))
while len(PATTERNS) < 1100:
    inside = "".join(random.choice("abcd-!]\\^[é") for _ in range(random.randint(1, 7)))
    PATTERNS.append(random.choice(["", "*", "?"]) + "[" + inside + "]" + random.choice(["", "", "*", "b"]))
while len(NAMES) < 90:
    NAMES.append("".join(random.choice("abcd-]!\\^/é😀") for _ in range(random.randint(1, 4))))
NAMES = list(dict.fromkeys(NAMES))
PATTERNS = list(dict.fromkeys(PATTERNS))

# Each answer: the names that match, as a number whose lowest bit is the first name, in hexadecimal.
answers = [
    [pattern, format(sum(fnmatch.fnmatchcase(name, pattern) << bit for bit, name in enumerate(NAMES)), "x")]
    for pattern in PATTERNS
]
target = pathlib.Path(__file__).with_suffix(".json")
rows = ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
target.write_text(
    f'{{"python": "{platform.python_version()}",\n"names": {json.dumps(NAMES, ensure_ascii=False)},\n"answers": [\n{rows}\n]}}\n',
    encoding="utf-8",
)
