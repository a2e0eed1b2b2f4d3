#!/usr/bin/env python3
"""What a hundred messages and a hundred methods cost to check: ours beside the same written by hand.

    tests/compile-cost/run.py [rounds]

It writes two crates of the same shape under target/compile-cost: one with `#[micro::message]`, `#[micro::service]` and
`#[micro::handler]`; one with prost-derive, serde and axum, as people write them. Both have a trait, an implementation, a
server and a typed client, and speak protobuf and JSON. Only the crates themselves are checked in a round, their
dependencies being there, in turns, so that whatever else the machine does falls on both. Times are printed and nothing is
asserted of them; the tokens that the macros print are counted and must stay within `TOKENS`.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "target" / "compile-cost"
MESSAGES = METHODS = 100
SERVICES = 10
# How many of our tokens there may be for one of theirs.
TOKENS = 0.6

FIELDS = [
    ("id", "u64", "uint64"),
    ("name", "String", "string"),
    ("tags", "Vec<String>", "string, repeated"),
    ("note", "Option<String>", "string, optional"),
    ("amount", "i64", "int64"),
    ("done", "bool", "bool"),
    ("inner", "Option<Inner>", "message, optional"),
]


def services():
    """Each with the numbers of its methods."""
    each = METHODS // SERVICES
    return [(number, range(number * each, (number + 1) * each)) for number in range(SERVICES)]


def reply(method):
    return (method + MESSAGES // 2) % MESSAGES


def messages(attribute, derives, tags):
    for name in ["Inner", *(f"Message{number}" for number in range(MESSAGES))]:
        fields = FIELDS[:2] if name == "Inner" else FIELDS
        yield f"/// Message `{name}`.\n{attribute}#[derive({derives})]\npub struct {name} {{"
        for tag, (field, ty, kind) in enumerate(fields, 1):
            tagged = f'    #[prost({kind}, tag = "{tag}")]\n' if tags else ""
            yield f"{tagged}    pub {field}: {ty},"
        yield "}\n"


def ours():
    yield "use micro::prelude::*;\n"
    yield from messages('#[micro::message(package = "cost")]\n', "Clone, PartialEq, Debug", False)
    for service, methods in services():
        yield f'/// Service {service}.\n#[micro::service(name = "service{service}", package = "cost")]\npub trait Service{service} {{'
        for method in methods:
            yield f"    /// Method {method}.\n    async fn method{method}(&self, request: Message{method}) -> Result<Message{reply(method)}>;"
        yield f"}}\n\n#[derive(Default)]\npub struct Handler{service};\n\n#[micro::handler]\nimpl Service{service} for Handler{service} {{"
        for method in methods:
            yield body(method, f"    async fn method{method}(&self, request: Message{method}) -> Result<Message{reply(method)}>")
        yield "}\n"


def by_hand():
    yield (ROOT / "tests" / "compile-cost" / "by_hand.rs").read_text()
    yield from messages("", "Clone, PartialEq, prost::Message, serde::Serialize, serde::Deserialize", True)
    for service, methods in services():
        yield f"/// Service {service}.\npub trait Service{service}: Send + Sync + 'static {{"
        for method in methods:
            yield f"    /// Method {method}.\n    fn method{method}(&self, request: Message{method}) -> impl Future<Output = Result<Message{reply(method)}>> + Send;"
        yield f"}}\n\n#[derive(Default)]\npub struct Handler{service};\n\nimpl Service{service} for Handler{service} {{"
        for method in methods:
            yield body(method, f"    async fn method{method}(&self, request: Message{method}) -> Result<Message{reply(method)}>")
        yield f"}}\n\npub fn router{service}<T: Service{service}>(service: Arc<T>) -> Router {{\n    Router::new()"
        for method in methods:
            handler = f"post(async |State(service): State<Arc<T>>, headers: HeaderMap, body: Bytes| unary(&headers, body, async |request| service.method{method}(request).await).await)"
            yield f'        .route("/cost.Service{service}/Method{method}", {handler})'
        yield f"        .with_state(service)\n}}\n\npub fn serve{service}() -> Router {{\n    router{service}(Arc::new(Handler{service}))\n}}\n"
        yield f"#[derive(Clone)]\npub struct Service{service}Client(pub Client);\n\nimpl Service{service} for Service{service}Client {{"
        for method in methods:
            yield f"    async fn method{method}(&self, request: Message{method}) -> Result<Message{reply(method)}> {{"
            yield f'        self.0.call("/cost.Service{service}/Method{method}", request).await\n    }}'
        yield "}\n"


def body(method, signature):
    fields = ", ".join(f"{name}: request.{name}" for name, _, _ in FIELDS)
    return f"{signature} {{\n        Ok(Message{reply(method)} {{ {fields} }})\n    }}"


MANIFEST = """[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[dependencies]
{dependencies}
"""

WORKSPACE = """[workspace]
resolver = "3"
members = ["ours", "by-hand"]

[profile.dev]
incremental = false
"""


def write(name, dependencies, lines):
    folder = HERE / name
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "Cargo.toml").write_text(MANIFEST.format(name=name, dependencies=dependencies))
    (folder / "src" / "lib.rs").write_text("\n".join(lines))


def cargo(*arguments, **environment):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(HERE / "target"), **environment}
    return subprocess.run(
        ["cargo", *arguments], cwd=HERE, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def checked(name):
    """Seconds to check one crate whose dependencies are there."""
    os.utime(HERE / name / "src" / "lib.rs")
    begun = time.monotonic()
    cargo("check", "--quiet", "-p", name)
    return time.monotonic() - begun


TOKEN = re.compile(r"""r#*"(?:.|\n)*?"#*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'|[A-Za-z_0-9]+|//[^\n]*|[^\s]""")


def tokens(name):
    """How many tokens there are after the macros have run."""
    # Printing the expansion is unstable. Allowed to everything, dependencies would notice and be built again.
    allowed = HERE / "allowed.sh"
    allowed.write_text('#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec "$@"\n')
    allowed.chmod(0o755)
    arguments = ["--quiet", "--profile=check", "-p", name, "--", "-Zunpretty=expanded"]
    text = cargo("rustc", *arguments, RUSTC_WORKSPACE_WRAPPER=str(allowed))
    return sum(1 for token in TOKEN.findall(text) if not token.startswith("//"))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    HERE.mkdir(parents=True, exist_ok=True)
    (HERE / "Cargo.toml").write_text(WORKSPACE)
    # The versions everything else is built with.
    shutil.copy(ROOT / "Cargo.lock", HERE / "Cargo.lock")
    write("ours", f'micro = {{ path = "{ROOT / "micro"}" }}', ours())
    by_hand_needs = 'axum = "0.8"\nprost = "0.14"\nserde = { version = "1", features = ["derive"] }\nserde_json = "1"'
    write("by-hand", by_hand_needs, by_hand())

    names = ["ours", "by-hand"]
    for name in names:
        checked(name)
    times = {name: [] for name in names}
    for round_ in range(rounds):
        for name in names if round_ % 2 == 0 else reversed(names):
            times[name].append(checked(name))
    counts = {name: tokens(name) for name in names}

    print(f"{MESSAGES} messages and {METHODS} methods, {rounds} rounds")
    for name in names:
        median, best = statistics.median(times[name]), min(times[name])
        print(f"  {name:8} check {median:5.2f} s (best {best:5.2f} s), {counts[name]:7} tokens after expansion")
    ratio = statistics.median(times["ours"]) / statistics.median(times["by-hand"])
    print(f"  ours / by-hand: time {ratio:.2f}, tokens {counts['ours'] / counts['by-hand']:.2f}")
    if counts["ours"] > TOKENS * counts["by-hand"]:
        sys.exit(f"the macros print more than {TOKENS} tokens for one of the others: the expansion has grown")


main()
