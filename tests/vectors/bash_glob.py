"""
Writes bash_glob.json: what bash's pathname expansion (globstar, extglob, dotglob, nullglob, the C.UTF-8 locale) finds in a tree of files, and
where it can say it, only if Python's glob finds the same. Run: python3 tests/vectors/bash_glob.py

Objects have no directories, so only files are asked for: what bash finds is kept when it is a file of the tree.
"""

import glob
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile

FILES = [
    "top.npy", ".hidden", "a", "b", "ab", "abc", "A", "a b", "a+b", "a#b", "a(1)", "a(2).npy", "a[1]", "a{1}", "a,b", "a|b", "a$b", "!x", "^x", "-x", "]x",
    "café", "😀", "x😀y", "x1", "x01", "x2", "x10", "1", "2", "3", "10", "ab.npy", "b.npy", "abab", "ba", "foo.tar.gz", "star*", "que?stion", "back\\slash",
    "sub01/run1/bold.npy", "sub01/run1/mask.npy", "sub01/run2/bold.npy", "sub01/notes.txt", "sub01/.cfg", "sub02/run1/bold.npy", "sub02/mask.npy",
    "sub10/run1/deep/er/bold.npy", "sub10/.git/config", "other/sub01/run1/bold.npy", "data/exp/f1", "data/exp/f2", "data/exp2/h1", "data/experiment.txt",
]
PATTERNS = [
    "*", "**", "**/*", "*/*", "**/bold.npy", "sub01/**", "sub01/**/bold.npy", "**/run1/*", "**/run?/**", "*/**/deep/**", "**/*.npy", "sub*/*.npy", "sub0?/**/*.npy",
    "sub[0-1]*/*", "sub[!0]*/**", "sub[^0]*/**", "?", "??", "a?", "a*", "*a", "*a*", "a*b", "[a-c]", "[!a-c]", "[ab]*", "[]]x", "[!]a]*", "[-a]*", "[a-]*", "[[:digit:]]*",
    "[[:alpha:]]", "[[:upper:]]", "x[![:digit:]]*", "x?y", "?", "x[😀-😂]y", "caf[é]", "caf?", "{a,b}", "{a,b}*", "{a,{b,ab}}", "{a,b}{,c}", "x{1..3}", "x{01..10}", "x{1..10..9}",
    "{a..c}", "{c..a}", "{a}", "a{1}", "a{1", "{sub01,data}/*", "sub{01,02}/**/*.npy", "{sub01/run1,data}/**", "data/exp*", "data/exp", "data/exp/*", "data/exp/**", "da*/e*/f[12]",
    "a(1)", "a(*", "a(*)", "a|b", "a+b", "a+*", "a$b", "a\\*", "star\\*", "star[*]", "que\\?stion", "que[?]stion", "back\\\\slash", "back*", "a\\b", "a\\[1]", "a[[]1]", "a[1]", "a[1", "[", "[a",
    "!x", "^x", "-x", "!*", "\\!x", "@(a|b)", "@(a|b)*", "?(a)b", "*(a|b)", "+(a|b)", "+(ab)", "!(a)", "!(a|b)", "!(*.npy)", "!(a).npy", "!(ab).npy", "a!(b)", "a!(b*)", "*(a)b*(a)", "@(a|b|ab)c",
    "sub@(01|02)/**", "sub+([0-9])/run!(1)/*", "+([!/])", "@(a|+(b))", "*!(.npy)", "!(*[0-9]*)", "!(!(a))", "@(sub*|data)/*", "foo.*", "foo.*.*", ".*", ".h*", "*/.*", "**/.*", "sub10/.git/*", "***",
    "sub01/***", "sub**", "**1", "sub01/**1", "sub01/run1/", "a b", "a?b", "a#*", "a,*", "{a,b", "a,b}", "*.@(npy|gz)", "**/@(bold|mask).npy", "**/sub01/**", "o*r/**/b*", "nothing*", "**/**/bold.npy",
]

CASES = []
with tempfile.TemporaryDirectory() as root:
    for name in FILES:
        path = pathlib.Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for pattern in dict.fromkeys(PATTERNS):
        # Unquoted, with what the shell itself would take for syntax quoted (spaces, $, #, and parentheses that open no group).
        shell = re.sub(r"([ $#&;<>`'\"])", r"\\\1", pattern)
        shell = re.sub(r"(?<![?*+@!])\((.*)$", lambda rest: r"\(" + rest[1].replace(")", r"\)"), shell)
        shell = re.sub(r"^([^()]*)\|", r"\1\\|", shell)
        script = f"shopt -s globstar extglob dotglob nullglob; set +H; cd '{root}'\nprintf '%s\\0' {shell}\n"
        run = subprocess.run(["bash", "--norc", "-O", "extglob", "-c", script], capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        if run.returncode != 0 or run.stderr:
            print("skipped, bash says:", pattern, run.stderr)
            continue
        found = sorted({name for name in run.stdout.decode().split("\0") if name in FILES})
        if "{" not in pattern and "(" not in pattern and "\\" not in pattern and "[^" not in pattern and "[:" not in pattern:
            python = sorted({
                name for name in glob.glob(pattern, root_dir=root, recursive=True, include_hidden=True) if name in FILES
            })
            if python != found:
                print("they differ:", pattern, set(python) ^ set(found))
                continue
        CASES.append([pattern, found])

# Within one segment: random patterns, by bash's `[[ name == pattern ]]`.
random.seed(7)
NAMES = ["".join(letters) for length in range(1, 5) for letters in itertools.product("ab" if length > 2 else "abc", repeat=length)]


def random_pattern(depth: int) -> str:
    pieces = ["a", "b", "c", "*", "?", "[ab]", "[!a]", "[b-c]"]
    text = ""
    for _ in range(random.randint(1, 3)):
        if depth > 0 and random.random() < 0.45:
            alternatives = "|".join(random_pattern(depth - 1) for _ in range(random.randint(1, 3)))
            text += f"{random.choice('?*+@!')}({alternatives})"
        else:
            text += random.choice(pieces)
    return text


# Not with a group right behind a `*`: bash lets neither `*` take all nor the group nothing there, so that its `*!(b)` does not match "b".
RANDOM = [pattern for pattern in dict.fromkeys(random_pattern(2) for _ in range(700)) if not re.search(r"\*[?*+@!]\(", pattern)]
script = "shopt -s extglob\n" + "".join(
    f"printf '%s' $(for n in {' '.join(NAMES)}; do [[ $n == {pattern} ]] && printf 1 || printf 0; done); echo\n" for pattern in RANDOM
)
run = subprocess.run(["bash", "--norc", "-O", "extglob", "-c", script], capture_output=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
# As in fnmatch.py: the names that match, as a number whose lowest bit is the first name.
SEGMENTS = [[pattern, format(int(row[::-1], 2), "x")] for pattern, row in zip(RANDOM, run.stdout.decode().split(), strict=True)]

target = pathlib.Path(__file__).with_suffix(".json")
rows = ",\n".join(json.dumps(case, ensure_ascii=False) for case in CASES)
segments = ",\n".join(json.dumps(case) for case in SEGMENTS)
target.write_text(
    f'{{"files": {json.dumps(FILES, ensure_ascii=False)},\n"cases": [\n{rows}\n],\n'
    f'"names": {json.dumps(NAMES)},\n"segments": [\n{segments}\n]}}\n',
    encoding="utf-8",
)
print(len(CASES), "cases", len(SEGMENTS), "random patterns")
