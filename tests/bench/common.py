"""What the comparisons share: building, processes that are asked line by line, and tables."""

import argparse
import json
import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# How long a program may be silent beyond the time it measures.
PATIENCE = 60


class Failed(Exception):
    """A peer could not do what it was asked for; the others go on."""


# Building


def build(package, features=()):
    """Builds one program alone, so that no other's features are in it, and says where the program is."""
    command = ["cargo", "build", "--release", "--message-format=json-render-diagnostics"]
    command += ["-p", package, *(f"--features={feature}" for feature in features)]
    environment = {"CARGO_TARGET_DIR": str(ROOT / "target" / "bench"), **os.environ}
    out = subprocess.run(command, cwd=HERE, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in out.splitlines()]
    return Path(next(message["executable"] for message in messages if message.get("executable")))


def built(packages, features=()):
    programs = {}
    for package in packages:
        if package not in programs:
            progress(f"building {package}")
            program = build(package, features)
            if features:
                # The next build without them would take its place.
                program = shutil.copy2(program, program.with_name("-".join([program.name, *features])))
            programs[package] = program
    return programs


# Processes


class Program:
    """A process that is asked and answers line by line. It ends with its input, and at the latest with the block."""

    def __init__(self, program, words, environment):
        arguments = [program, *(f"{name}={value}" for name, value in words.items())]
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=environment
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()

    @property
    def pid(self):
        return self.process.pid

    def hear(self, seconds=PATIENCE):
        # A line is written at once, so one that has begun is there.
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise Failed(f"nothing within {seconds:.0f} s")
        line = self.process.stdout.readline().decode().strip()
        if not line:
            raise Failed(f"it ended: {self.last_words()}")
        return line

    def ask(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return int(self.hear())

    def last_words(self):
        self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines()
        return lines[-1] if lines else f"exit code {self.process.returncode}"

    def cpu(self):
        return cpu(self.pid)

    def memory(self, field):
        """`VmRSS` or `VmHWM`, in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in status if line.startswith(field + ":")))


def cpu(pid):
    """Seconds of user and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# Rounds


def turned(peers, by):
    """Nobody is always the first, or always behind the same one."""
    by %= max(len(peers), 1)
    return peers[by:] + peers[:by]


# The table


def rate(figures):
    return figures["calls"] / figures["seconds"]


def median(figures, of):
    return statistics.median(of(one) for one in figures)


def ratio(mine, theirs, of):
    """The median of the ratios within each round; nothing where a round has not both."""
    pairs = [(of(one), of(other)) for one, other in zip(mine, theirs) if counts(one) and counts(other)]
    ratios = [one / other for one, other in pairs if other]
    return f"{statistics.median(ratios):.2f}" if ratios else ""


def counts(figures):
    return not figures.get("failed")


def number(value):
    if value >= 100_000:
        return f"{value / 1000:,.0f}k"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def short(text, most=160):
    return text if len(text) <= most else text[: most - 1] + "…"


def line(cells):
    return "| " + " | ".join(cells) + " |"


def machine():
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        os.uname().machine,
    )
    rustc = subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()[1]
    return f"{os.cpu_count()} cores, {model}, Linux {os.uname().release}, rustc {rustc}"


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def listed(known):
    def parse(text):
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"`{name}` is none of {', '.join(known)}")
        return names

    return parse
