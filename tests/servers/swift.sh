#!/usr/bin/env bash
# A one-node OpenStack Swift with its S3 API on 127.0.0.1: `swift.sh start | stop | status | installed`.
# An older dialect: DeleteObjects needs Content-MD5, conditional puts answer 501. Keys test:tester / testing. Starts in a few seconds.
#
#   apt-get install --no-install-recommends swift-proxy swift-account swift-container swift-object memcached
#   SWIFT_PORT   the proxy, default 4572; account, container and object server take the ports 1 to 3 above 1000 above it, memcached the next
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
port=${SWIFT_PORT:-4572}
declare -A ports=([account]=$((port + 1001)) [container]=$((port + 1002)) [object]=$((port + 1003)))
memcached_port=$((port + 1004))
dir=$PWD/.tmp/swift-$port
# Where Swift looks for its hash settings is fixed; it is set up there only when nobody else has.
settings=/etc/swift/swift.conf

answers() { (echo >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
installed() {
  command -v swift-proxy-server && command -v swift-account-server && command -v swift-container-server &&
    command -v swift-object-server && command -v swift-ring-builder && command -v memcached
}

stop() {
  local pid_file pid
  for pid_file in "$dir"/run/*.pid; do
    [[ -f $pid_file ]] || continue
    pid=$(<"$pid_file")
    # Whatever has this number now: it is ended only if it is a server that was started here.
    if [[ -n $pid && $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" || true) =~ $dir|memcached.*\ $memcached_port\  ]]; then
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
  rm -rf "$dir"
}

configure() {
  local name
  mkdir -p "$dir"/{run,srv/d1,cache,log} /etc/swift
  id swift >/dev/null 2>&1 && chown -R swift "$dir"/{srv,cache}
  [[ -s $settings ]] || cat >"$settings" <<C
[swift-hash]
swift_hash_path_suffix = a
swift_hash_path_prefix = b
[storage-policy:0]
name = gold
default = yes
C
  for name in account container object; do
    swift-ring-builder "$dir/$name.builder" create 4 1 1
    swift-ring-builder "$dir/$name.builder" add "r1z1-127.0.0.1:${ports[$name]}/d1" 1
    swift-ring-builder "$dir/$name.builder" rebalance
    cat >"$dir/$name-server.conf" <<C
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${ports[$name]}
user = $(id -un)
swift_dir = $dir
devices = $dir/srv
mount_check = false
workers = 0
log_level = WARNING
[pipeline:main]
pipeline = $name-server
[app:$name-server]
use = egg:swift#$name
recon_cache_path = $dir/cache
C
  done
  cat >"$dir/proxy-server.conf" <<C
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $port
user = $(id -un)
swift_dir = $dir
workers = 0
log_level = WARNING
[pipeline:main]
pipeline = catch_errors proxy-logging cache bulk s3api tempauth copy slo dlo versioned_writes symlink proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$memcached_port
[filter:bulk]
use = egg:swift#bulk
[filter:s3api]
use = egg:swift#s3api
s3_acl = no
min_segment_size = 5242880
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin .reseller_admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
C
}

start_servers() {
  local name
  setsid memcached -u nobody -l 127.0.0.1 -p "$memcached_port" >"$dir/log/memcached.log" 2>&1 &
  echo $! >"$dir/run/memcached.pid"
  for name in account container object proxy; do
    setsid "swift-$name-server" "$dir/$name-server.conf" >"$dir/log/$name.log" 2>&1 &
    echo $! >"$dir/run/$name.pid"
  done
  for _ in {1..80}; do
    answers && break
    sleep 0.5
  done
  answers
}

case ${1:-} in
start)
  if answers; then exit 0; fi
  if ! installed >/dev/null; then
    echo "swift: not installed: apt-get install --no-install-recommends swift-proxy swift-account swift-container swift-object memcached" >&2
    exit 1
  fi
  stop
  mkdir -p .tmp
  log=.tmp/swift-$port.log
  # A subshell of its own, run outside any condition: `set -e` must hold inside it.
  set +e
  (
    set -e
    configure
    start_servers
  ) </dev/null >"$log" 2>&1
  code=$?
  set -e
  if ((code != 0)); then
    tail -n 20 "$log" "$dir"/log/*.log >&2 || true
    echo "swift: did not start; the whole log is in $log" >&2
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
