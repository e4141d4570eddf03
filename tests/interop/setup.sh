#!/usr/bin/env bash
# Makes what the interop tests need: five Python environments under .tmp/, one with numcodecs 0.11 (and moto), one with
# current versions, one with zarr, one with Tink, one with Arrow. Idempotent: does nothing, at once, when all are there. `setup.sh bench` makes only the one
# that the benches need.
#
#   PYTHON    the interpreter to use instead of the first suitable one on PATH
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mkdir -p .tmp

# One environment: $1 name, $2 first and $3 last minor version of Python 3 that its wheels exist for, $4 what it is for.
environment() {
  local name=$1 first=$2 last=$3 module=${4:-cottoncandy}
  local venv=.tmp/venv-$name requirements=tests/interop/requirements-$name.txt log=.tmp/venv-$name.log
  local stamp=$venv/.installed
  if [[ -x $venv/bin/python ]] && cmp -s "$requirements" "$stamp" && "$venv/bin/python" -c "import $module" 2>>"$log" >&2; then
    return
  fi
  local python
  python=$(find_python "$first" "$last")
  echo "interop: making $venv with $("$python" --version) (log: $log)"
  rm -rf "$venv"
  if ! { "$python" -m venv "$venv" &&
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary numpy,scipy,numcodecs -r "$requirements" &&
    "$venv/bin/python" -c "import $module"; } </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "interop: $venv could not be made; the whole log is in $log" >&2
    exit 1
  fi
  cp "$requirements" "$stamp"
}

# The first interpreter of a suitable version that can make environments.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.10 python3.9 python3 /usr/bin/python3}; do
    command -v "$candidate" >/dev/null || continue
    "$candidate" - "$1" "$2" <<'PY' 2>/dev/null && { command -v "$candidate"; return; }
import ensurepip, sys, venv
first, last = map(int, sys.argv[1:])
sys.exit(not (3, first) <= sys.version_info[:2] <= (3, last))
PY
  done
  echo "interop: no Python 3.$1 to 3.$2 with the venv module was found. Install one (Debian: apt-get install python3-venv)" \
    "or name it: PYTHON=/path/to/python3 deno task test:interop" >&2
  exit 1
}

# cottoncandy writes a configuration file when it is imported: not into the user's home.
export XDG_CONFIG_HOME=$PWD/.tmp/python-config
if [[ ${1:-} == bench ]]; then
  environment bench 10 14
  exit
fi
environment numcodecs-0.11 9 11
environment current 11 14
environment zarr 11 14 zarr
environment tink 9 13 tink
environment arrow 11 14 pyarrow

# age with post-quantum keys, which Debian's is too old for, where there is a Go toolchain to build it.
if [[ ! -x .tmp/age/age-plugin-batchpass ]] && command -v go >/dev/null; then
  echo "interop: building age 1.3 in .tmp/age"
  GOBIN=$PWD/.tmp/age go install filippo.io/age/cmd/...@v1.3.2 </dev/null
fi
