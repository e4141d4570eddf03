#!/usr/bin/env bash
# A one-node Ceph with its S3 gateway on 127.0.0.1, everything in memory: `ceph.sh start | stop | status | installed`.
# Real signatures, conditional puts, ListParts. Keys S3RVER / S3RVER. Starts in about 20 seconds.
#
#   apt-get install --no-install-recommends radosgw ceph-mon ceph-osd
#   CEPH_PORT    the gateway, default 4571; the monitor takes the port 1000 above it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
port=${CEPH_PORT:-4571}
monitor_port=$((port + 1000))
dir=$PWD/.tmp/ceph-$port
export CEPH_CONF=$dir/ceph.conf CEPH_KEYRING=$dir/keyring

answers() { (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
installed() { command -v radosgw && command -v radosgw-admin && command -v ceph-mon && command -v ceph-osd && command -v ceph; }

stop() {
  local pid_file pid
  for pid_file in "$dir"/run/*.pid; do
    [[ -f $pid_file ]] || continue
    pid=$(<"$pid_file")
    # Whatever has this number now: it is ended only if it is a daemon that was started here.
    if [[ -n $pid && $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" || true) == *"$dir/ceph.conf"* ]]; then
      # All is in memory, and nothing of it is wanted any more: there is nothing to flush.
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
  rm -rf "$dir"
}

configure() {
  rm -rf "$dir"
  mkdir -p "$dir"/{mon,osd0,run,log,rgw}
  cat >"$CEPH_CONF" <<C
[global]
fsid = $(</proc/sys/kernel/random/uuid)
mon host = v2:127.0.0.1:$monitor_port
mon initial members = a
public network = 127.0.0.0/8
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $CEPH_KEYRING
mon data avail warn = 1
mon data avail crit = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
mon allow pool size one = true
mon warn on pool no redundancy = false
osd crush chooseleaf type = 0
run dir = $dir/run
admin socket = ""
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
mon max pg per osd = 2000
[mon.a]
mon data = $dir/mon
[osd]
osd objectstore = memstore
memstore device bytes = 4294967296
osd data = $dir/osd0
osd memory target = 1073741824
osd mclock skip benchmark = true
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = $dir/rgw
rgw enable usage log = false
rgw dns name = localhost
C
  ceph-authtool --create-keyring "$CEPH_KEYRING" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$CEPH_KEYRING" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  ceph-authtool "$CEPH_KEYRING" --gen-key -n client.rgw.a --cap mon 'allow rwx' --cap osd 'allow rwx'
  ceph-authtool "$CEPH_KEYRING" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
}

start_daemons() {
  local fsid uuid
  fsid=$(sed -n 's/^fsid = //p' "$CEPH_CONF")
  uuid=$(</proc/sys/kernel/random/uuid)
  monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$monitor_port]" "$dir/monmap"
  ceph-mon -c "$CEPH_CONF" -i a --mkfs --monmap "$dir/monmap" --keyring "$CEPH_KEYRING"
  ceph-mon -c "$CEPH_CONF" -i a
  ceph --connect-timeout 30 osd new "$uuid"
  ceph auth import -i "$CEPH_KEYRING"
  cp "$CEPH_KEYRING" "$dir/osd0/keyring"
  ceph-osd -c "$CEPH_CONF" -i 0 --mkfs --osd-uuid "$uuid"
  ceph osd crush add-bucket h host
  ceph osd crush move h root=default
  ceph osd crush add osd.0 1.0 host=h
  ceph-osd -c "$CEPH_CONF" -i 0
  radosgw -c "$CEPH_CONF" -n client.rgw.a
  for _ in {1..120}; do
    answers && break
    sleep 0.5
  done
  answers
  radosgw-admin -c "$CEPH_CONF" user create --uid=test --display-name=test --access-key=S3RVER --secret=S3RVER
}

case ${1:-} in
start)
  if answers; then exit 0; fi
  if ! installed >/dev/null; then
    echo "ceph: not installed: apt-get install --no-install-recommends radosgw ceph-mon ceph-osd" >&2
    exit 1
  fi
  stop
  mkdir -p .tmp
  # A subshell of its own, run outside any condition: `set -e` must hold inside it.
  log=.tmp/ceph-$port.log
  set +e
  (
    set -e
    configure
    start_daemons
  ) </dev/null >"$log" 2>&1
  code=$?
  set -e
  if ((code != 0)); then
    tail -n 20 "$log" >&2
    echo "ceph: did not start; the whole log is in $log" >&2
    stop
    exit 1
  fi
  ;;
stop) stop ;;
status) answers ;;
installed) installed >/dev/null ;;
*)
  echo "usage: $0 start | stop | status | installed" >&2
  exit 2
  ;;
esac
