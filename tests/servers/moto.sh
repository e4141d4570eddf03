#!/usr/bin/env bash
# moto, the S3 that Python's cottoncandy is tested with: `moto.sh start | stop | status`.
# Any keys will do: it checks no signatures. Needs tests/interop/setup.sh to have run.
#
#   MOTO_PORT    default 4570
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
port=${MOTO_PORT:-4570}
pid_file=.tmp/moto-$port.pid
server=.tmp/venv-numcodecs-0.11/bin/moto_server

answers() { (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

case ${1:-} in
start)
  if answers; then exit 0; fi
  if [[ ! -x $server ]]; then
    echo "moto: $server is not there: run tests/interop/setup.sh first" >&2
    exit 1
  fi
  mkdir -p .tmp
  setsid "$server" -H 127.0.0.1 -p "$port" </dev/null >".tmp/moto-$port.log" 2>&1 &
  echo $! >"$pid_file"
  for _ in {1..600}; do
    if answers; then exit 0; fi
    kill -0 "$(<"$pid_file")" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 ".tmp/moto-$port.log" >&2
  echo "moto: does not answer on 127.0.0.1:$port" >&2
  exit 1
  ;;
stop)
  [[ -f $pid_file ]] || exit 0
  pid=$(<"$pid_file")
  # Whatever has this number now: it is ended only if it is the server that was started here.
  if [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" || true) == *moto_server*" -p $port "* ]]; then
    kill "$pid"
    for _ in {1..50}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  fi
  rm -f "$pid_file"
  ;;
status) answers ;;
*)
  echo "usage: $0 start | stop | status" >&2
  exit 2
  ;;
esac
