#!/usr/bin/env python3
"""What an event costs: micro over each of its brokers, beside async-nats alone. README.md says what the figures mean.

    tests/bench/events.py                      all of it, about two minutes once everything is built
    tests/bench/events.py --only jetstream --scenarios publish-one,consume --rounds 5 --seconds 2

Each measurement has fresh processes, and a NATS server of its own where it needs one. In a round every scenario is given to all
peers of a broker in turn, and a ratio is taken within its round; the table shows medians over the rounds.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from common import (
    PATIENCE,
    ROOT,
    Failed,
    Program,
    built,
    counts,
    cpu,
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

MICRO, NATS = "bench-events", "bench-events-nats"
PEERS = {
    "micro": dict(package=MICRO),
    "micro-quiet": dict(package=MICRO, environment={"MICRO_LOG": "off"}),
    "micro-raw": dict(package=MICRO, environment={"MICRO_LOG": "off", "BENCH_ROAD": "raw"}),
    "async-nats-same": dict(package=NATS, environment={"BENCH_HEADERS": "same"}),
    "async-nats": dict(package=NATS),
}
# Which peers have a broker, its URL, and whether who publishes and who hears are one process.
OURS = [peer for peer in PEERS if PEERS[peer]["package"] == MICRO]
BROKERS = {
    "memory": dict(url="memory", peers=OURS, alone=True),
    # Who hears has to be an app that serves.
    "direct": dict(url="direct", peers=["micro", "micro-quiet"]),
    "nats": dict(url="nats://{server}", peers=[*OURS, "async-nats"]),
    "jetstream": dict(url="nats://{server}?stream=bench", peers=list(PEERS), keeps=True),
}
BASE, SAME = "async-nats", "async-nats-same"

SCENARIOS = {
    "through-one": dict(title="to a handler, one by one, 64 under way", words={"scenario": "through", "batch": 1, "in-flight": 64}),
    "through-batch": dict(
        title="to a handler, by the hundred, 1,000 under way", words={"scenario": "through", "batch": 100, "in-flight": 1000}
    ),
    "publish-one": dict(
        title="published, one by one, 64 under way", words={"scenario": "publish", "batch": 1, "in-flight": 64}, needs="keeps"
    ),
    "publish-batch": dict(
        title="published, by the hundred, 400 under way", words={"scenario": "publish", "batch": 100, "in-flight": 400}, needs="keeps"
    ),
    "consume": dict(title="kept events to a handler", words={"scenario": "consume", "events": 40_000}, needs="keeps"),
}


# Processes


class Server:
    """A NATS server on a port of its own, which ends with the block."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-nats-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        arguments = ["-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", self.folder.name, "-l", f"{self.folder.name}/log"]
        self.process = subprocess.Popen([nats_server(), *arguments], stdin=subprocess.DEVNULL)
        try:
            self.await_greeting()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.folder.cleanup()

    def await_greeting(self):
        until = time.monotonic() + 10
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as stream:
                    if stream.recv(4) == b"INFO":
                        return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > until:
                raise Failed("the NATS server does not start")
            time.sleep(0.01)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


def nats_server():
    """The one that `tests/run.sh` has installed, or any."""
    installed = os.environ.get("MICRO_TESTS_NATS", "nats-server")
    found = shutil.which(installed) or shutil.which("nats-server", path=os.environ["PATH"] + ":/usr/sbin")
    if not found:
        raise SystemExit("there is no nats-server: `tests/run.sh` installs one, or name it in MICRO_TESTS_NATS")
    return found


def measure(broker, peer, scenario, program, seconds):
    """Runs who publishes and who hears, and returns what was said and spent."""
    words = SCENARIOS[scenario]["words"] | {"seconds": seconds}
    if "{server}" not in broker["url"]:
        return run(broker, peer, program, words, broker["url"])
    with Server() as server:
        return run(broker, peer, program, words, broker["url"].format(server=server.address), server.process.pid)


def run(broker, peer, program, words, url, server=None):
    with tempfile.TemporaryDirectory(prefix="bench-") as runtime:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MICRO_", "RUST_"))}
        environment |= {"XDG_RUNTIME_DIR": runtime, "MICRO_BROKER": url, **PEERS[peer].get("environment", {})}
        if words["scenario"] != "through" or broker.get("alone"):
            with asked(program, words, environment) as one:
                return hear(one, words["seconds"], [server])
        with asked(program, {}, environment) as hearer:
            words |= {"address": hearer.hear()}
            with asked(program, words, environment) as publisher:
                return hear(publisher, words["seconds"], [hearer.pid, server])


def asked(program, words, environment):
    # An app takes its command line for settings.
    words = " ".join(f"{name}={value}" for name, value in words.items())
    return Program(program, {}, environment | {"BENCH_WORDS": words})


def hear(program, seconds, others):
    """What a program measures, with what others spent meanwhile: who hears, and the server."""
    begun = program.hear()
    if begun != "begin":
        raise Failed(json.loads(begun)["error"])
    before = [cpu(pid) if pid else 0 for pid in others]
    figures = json.loads(program.hear(seconds + PATIENCE))
    if "error" in figures:
        raise Failed(figures["error"])
    spent = [cpu(pid) - first if pid else 0 for pid, first in zip(others, before)]
    figures["server_cpu"] = spent[-1]
    figures["cpu"] += sum(spent[:-1])
    return figures


# Rounds


def suits(broker, scenario):
    needs = SCENARIOS[scenario].get("needs")
    return not needs or BROKERS[broker].get(needs)


def rounds(programs, options):
    """Figures, or why there are none, by broker, scenario and peer: one for each round."""
    results = {
        (name, scenario): {peer: [] for peer in BROKERS[name]["peers"] if peer in options.peers}
        for name in options.only
        for scenario in options.scenarios
        if suits(name, scenario)
    }
    for round_ in range(options.rounds):
        for (name, scenario), figures in results.items():
            for peer in turned(list(figures), round_):
                progress(f"round {round_ + 1} of {options.rounds}: {name}, {scenario}, {peer}")
                try:
                    program = programs[PEERS[peer]["package"]]
                    figures[peer].append(measure(BROKERS[name], peer, scenario, program, options.seconds))
                except Failed as failed:
                    figures[peer].append({"failed": str(failed)})
    return results


# The table

HEADER = ["broker", "scenario", "peer", "× async-nats", "× the same message", "per second", "p50 µs", "p99 µs", "CPU µs", "server's CPU µs", ""]


def row(peer, figures):
    good = [one for one in figures[peer] if counts(one)]
    reasons = ", ".join(sorted({short(one["failed"]) for one in figures[peer] if not counts(one)}))
    if not good:
        return [peer, *[""] * (len(HEADER) - 4), f"fails: {reasons}"]
    timed = good[0]["p50"] > 0
    each = [median(good, lambda one: 1e6 * one[name] / max(one["calls"], 1)) for name in ("cpu", "server_cpu")]
    return [
        peer,
        *(ratio(figures[peer], figures.get(base, []), rate) for base in (BASE, SAME)),
        number(median(good, rate)),
        *(number(median(good, lambda one: one[name])) if timed else "" for name in ("p50", "p99")),
        *(number(spent) if spent else "" for spent in each),
        f"fails {len(figures[peer]) - len(good)} times: {reasons}" if reasons else "",
    ]


def table(results):
    yield line(HEADER)
    yield line(["---"] * 3 + ["---:"] * (len(HEADER) - 4) + ["---"])
    before = None
    for (name, scenario), figures in results.items():
        for index, peer in enumerate(figures):
            first = [name if name != before else "", SCENARIOS[scenario]["title"]] if index == 0 else ["", ""]
            yield line([*first, *row(peer, figures)])
            before = name


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured: 3")
    parser.add_argument("--seconds", type=float, default=0.7, help="how long one measurement takes: 0.7")
    parser.add_argument("--only", type=listed(BROKERS), default=list(BROKERS), help="which brokers: " + ", ".join(BROKERS))
    parser.add_argument("--peers", type=listed(PEERS), default=list(PEERS), help="which peers: " + ", ".join(PEERS))
    parser.add_argument(
        "--scenarios", type=listed(SCENARIOS), default=list(SCENARIOS), help="which scenarios: " + ", ".join(SCENARIOS)
    )
    parser.add_argument("--json", type=Path, help="also writes every figure to this file")
    return parser.parse_args()


def main():
    options = parse()
    programs = built(dict.fromkeys(PEERS[peer]["package"] for peer in options.peers))
    begun = time.monotonic()
    results = rounds(programs, options)
    progress("")
    print(f"{machine()}; {options.rounds} rounds of {options.seconds} s, {time.monotonic() - begun:.0f} s in all\n")
    print("\n".join(table(results)))
    if options.json:
        figures = {f"{name} {scenario}": peers for (name, scenario), peers in results.items()}
        options.json.write_text(json.dumps({"machine": machine(), "results": figures}, indent=1) + "\n")


main()
