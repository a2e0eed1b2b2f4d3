#!/usr/bin/env python3
"""What a call costs: micro beside its peers, in one run and one table. README.md says what the figures mean.

    tests/bench/run.py                         all of it, about five minutes once everything is built
    tests/bench/run.py --quick                 the scenarios that matter most, once: about a minute
    tests/bench/run.py --only micro,tonic --scenarios unary-16-64-1,echo --rounds 5 --seconds 2
    tests/bench/run.py --allocations           allocations of a small call, on either side

Server and client are processes of their own and speak over loopback. Each measurement has fresh ones. In a round every
scenario is given to all peers in turn, and a ratio is taken within its round; the table shows medians over the rounds.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from common import (
    PATIENCE,
    Failed,
    Program,
    built,
    counts,
    line,
    listed,
    machine,
    median,
    number,
    progress,
    rate,
    ratio,
    short,
    turned,
)

BASE = "tonic"
FLOOR = "floor"

# What a peer can do: `streams` both ways, `items` from the server, `pool` when it opens a connection per call by itself.
ALL = {"unary", "open", "items", "streams", "idle"}
PEERS = {
    "micro": dict(package="bench-micro", can=ALL, idle="native"),
    "micro-quiet": dict(package="bench-micro", can=ALL - {"idle"}, environment={"MICRO_LOG": "off"}),
    "micro-http": dict(package="bench-micro", can=ALL, environment={"MICRO_WIRE": "http"}, idle="grpc"),
    "micro-http-quiet": dict(
        package="bench-micro", can=ALL - {"idle"}, environment={"MICRO_WIRE": "http", "MICRO_LOG": "off"}
    ),
    "tonic": dict(package="bench-tonic", can=ALL, idle="grpc"),
    "connectrpc": dict(package="bench-connectrpc", can=ALL, idle="grpc"),
    "tarpc": dict(package="bench-tarpc", can={"unary", "open"}),
    "axum": dict(package="bench-axum", can={"unary", "open", "items", "pool"}),
    "floor": dict(package="bench-floor", can={"alone"}),
}


def unary(size, in_flight, connections):
    bytes_ = f"{size} B" if size < 1024 else f"{size // 1024} KiB"
    plural = "s" if connections > 1 else ""
    return f"unary-{size}-{in_flight}-{connections}", dict(
        title=f"unary {bytes_}, {in_flight} in flight, {connections} connection{plural}",
        words={"scenario": "unary", "size": size, "in-flight": in_flight, "connections": connections},
        needs={"unary", "alone"} if in_flight == 1 else {"unary"},
    )


SCENARIOS = dict(
    [
        *(unary(size, *load) for size in (16, 4096) for load in ((1, 1), (64, 1), (256, 1), (64, 4), (256, 4))),
        (
            "open",
            dict(
                title="open loop, 60,000 calls/s of 16 B, 1 connection",
                words={"scenario": "open", "rate": 60_000, "size": 16, "connections": 1},
                needs={"open"},
            ),
        ),
        ("ready", dict(title="server stream, ready items", words={"scenario": "ready", "connections": 1}, needs={"items"})),
        (
            "yielding",
            dict(
                title="server stream, one item per wake-up, 100,000 items",
                words={"scenario": "yielding", "connections": 1},
                needs={"items"},
            ),
        ),
        (
            "echo",
            dict(
                title="stream both ways, 16 B to and fro",
                words={"scenario": "echo", "size": 16, "connections": 1},
                needs={"streams"},
            ),
        ),
        ("idle", dict(title="idle connections", words={"scenario": "idle"}, needs={"idle"})),
    ]
)
QUICK = ["unary-16-1-1", "unary-16-64-1", "unary-16-256-4", "unary-4096-64-1", "open", "ready", "yielding", "echo"]


# Processes


def accepted(port):
    """How many connections to a local port are established, as the kernel counts them."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    sockets = [line.split()[1:4] for line in lines]
    return sum(1 for local, _, state in sockets if state == "01" and int(local.partition(":")[2], 16) == port)


def measure(peer, program, words, seconds):
    """Runs a server and a client of it, and returns what both said and spent."""
    with tempfile.TemporaryDirectory(prefix="bench-") as runtime:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MICRO_", "RUST_"))}
        environment |= {"XDG_RUNTIME_DIR": runtime, **PEERS[peer].get("environment", {})}
        with Program(program, {}, environment) as server:
            address = server.hear()
            with Program(program, {"address": address, **words, "seconds": seconds}, environment) as client:
                begun = client.hear()
                if begun != "begin":
                    raise Failed(json.loads(begun)["error"])
                cpu, memory, allocations = server.cpu(), server.memory("VmRSS"), server.ask()
                figures = json.loads(client.hear(seconds + PATIENCE))
                if "error" in figures:
                    raise Failed(figures["error"])
                figures["server_cpu"] = server.cpu() - cpu
                figures["server_allocations"] = server.ask() - allocations
                figures["server_peak"] = server.memory("VmHWM")
                figures["server_growth"] = server.memory("VmRSS") - memory
                figures["accepted"] = accepted(int(address.rpartition(":")[2]))
                return figures


# Rounds


def suits(peer, scenario):
    can, words = PEERS[peer]["can"], SCENARIOS[scenario]["words"]
    # It has as many connections as calls, whatever is asked for: once is enough.
    if "pool" in can and words.get("connections") != 1:
        return False
    return bool(can & SCENARIOS[scenario]["needs"])


def words_for(peer, scenario, options):
    words = dict(SCENARIOS[scenario]["words"])
    if scenario == "idle":
        words |= {"connections": options.idle, "protocol": PEERS[peer]["idle"]}
    return words


def rounds(programs, options):
    """Figures, or why there are none, by scenario and peer: one for each round."""
    results = {scenario: {peer: [] for peer in options.only if suits(peer, scenario)} for scenario in options.scenarios}
    for round_ in range(options.rounds):
        for scenario in options.scenarios:
            # Memory does not wander as times do.
            if scenario == "idle" and round_ > 0:
                continue
            peers = list(results[scenario])
            for peer in turned(peers, round_):
                progress(f"round {round_ + 1} of {options.rounds}: {scenario}, {peer}")
                try:
                    program = programs[PEERS[peer]["package"]]
                    figures = measure(peer, program, words_for(peer, scenario, options), options.seconds)
                except Failed as failed:
                    figures = {"failed": str(failed)}
                results[scenario][peer].append(figures)
    return results


# The table

HEADER = [
    "scenario",
    "peer",
    "per second",
    "× tonic",
    "p50 µs",
    "p99 µs",
    "p50 × floor",
    "CPU µs",
    "CPU × tonic",
    "peak MiB client / server",
    "connections",
    "",
]


def cpu_per_call(figures):
    return 1e6 * (figures["cpu"] + figures["server_cpu"]) / max(figures["calls"], 1)


def row(scenario, peer, results):
    figures, base, floor = (results[scenario].get(name, []) for name in (peer, BASE, FLOOR))
    good = [one for one in figures if counts(one)]
    remarks = broken(figures)
    if not good:
        return [peer, *[""] * (len(HEADER) - 3), "fails: " + ", ".join(remarks)]
    if remarks:
        remarks.insert(0, f"fails {len(figures) - len(good)} times of {len(figures)}")
    if "served" in good[0]:
        remarks.append(f"{100 * median(good, lambda one: one['served']):.0f} % served")
        failed = next((one for one in good if one["failures"]), None)
        remarks += [f"calls fail: {short(failed['failure'])}"] if failed else []
    p50, p99 = (lambda one: one["p50"]), (lambda one: one["p99"])
    timed = p50(good[0]) > 0
    peaks = [median(good, lambda one: one[name]) / 1024 for name in ("peak", "server_peak")]
    return [
        peer,
        number(median(good, rate)),
        ratio(figures, base, rate),
        number(median(good, p50)) if timed else "",
        number(median(good, p99)) if timed else "",
        ratio(figures, floor, p50) if timed else "",
        number(median(good, cpu_per_call)),
        ratio(figures, base, cpu_per_call),
        f"{peaks[0]:.0f} / {peaks[1]:.0f}",
        f"{median(good, lambda one: one['accepted']):.0f}",
        ", ".join(remarks),
    ]


def broken(figures):
    """Why there are rounds without figures; of a stream also how far it came."""
    bad = [one for one in figures if not counts(one)]
    reasons = sorted({short(one["failed"]) for one in bad})
    partial = [one for one in bad if "of" in one]
    if partial:
        reasons.append(f"after {median(partial, lambda one: one['calls']):,.0f} of {partial[0]['of']:,} items")
    return reasons


def table(results):
    yield line(HEADER)
    yield line(["---"] * 2 + ["---:"] * (len(HEADER) - 3) + ["---"])
    for scenario, peers in results.items():
        if scenario == "idle":
            continue
        for index, peer in enumerate(peers):
            yield line([SCENARIOS[scenario]["title"] if index == 0 else "", *row(scenario, peer, results)])


def idle(peers):
    """What one of many idle connections costs the server."""
    for peer, (figures, *_) in peers.items():
        if not counts(figures):
            yield f"{peer} fails: {figures['failed']}"
            continue
        each = figures["server_growth"] / figures["connections"]
        yield f"{peer} {each:.1f} KiB ({figures['protocol']}, {figures['accepted']:,} connections)"


def allocations(options):
    """Of small calls, those of everything that runs in the process."""
    peers = [peer for peer in options.only if PEERS[peer]["package"] in ("bench-micro", "bench-tonic")]
    programs = built([PEERS[peer]["package"] for peer in peers], ["count"])
    print(f"\n{machine()}\n")
    print(line(["unary 16 B, 1 connection", "peer", "allocations per call, client", "server"]))
    print(line(["---", "---", "---:", "---:"]))
    for scenario in ("unary-16-1-1", "unary-16-64-1"):
        for peer in peers:
            figures = measure(peer, programs[PEERS[peer]["package"]], SCENARIOS[scenario]["words"], options.seconds)
            each = [f"{figures[name] / figures['calls']:.1f}" for name in ("allocations", "server_allocations")]
            print(line([f"{SCENARIOS[scenario]['words']['in-flight']} in flight", peer, *each]))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round of the scenarios that matter most")
    parser.add_argument("--rounds", type=int, help="how often everything is measured: 3, or 1 with --quick")
    parser.add_argument("--seconds", type=float, default=0.7, help="how long one measurement takes: 0.7")
    parser.add_argument("--only", type=listed(PEERS), default=list(PEERS), help="which peers: " + ", ".join(PEERS))
    parser.add_argument("--scenarios", type=listed(SCENARIOS), help="which scenarios: " + ", ".join(SCENARIOS))
    parser.add_argument("--idle", type=int, default=10_000, help="how many idle connections: 10000")
    parser.add_argument("--json", type=Path, help="also writes every figure to this file")
    parser.add_argument("--allocations", action="store_true", help="counts allocations instead")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.scenarios = options.scenarios or (QUICK if options.quick else list(SCENARIOS))
    return options


def main():
    options = parse()
    if options.allocations:
        return allocations(options)
    programs = built(PEERS[peer]["package"] for peer in options.only)
    begun = time.monotonic()
    results = rounds(programs, options)
    progress("")
    print(f"{machine()}; {options.rounds} rounds of {options.seconds} s, {time.monotonic() - begun:.0f} s in all\n")
    print("\n".join(table(results)))
    if results.get("idle"):
        print(f"\nServer memory for each of {options.idle:,} idle connections: {', '.join(idle(results['idle']))}.")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "results": results}, indent=1) + "\n")


main()
