//! Reflection and health, as the tools of gRPC's own project ask for them.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use micro_tests::{World, example, output, python, root};

fn client(python: &std::path::Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(python);
    command.arg(root().join("tests/interop/debug_client.py")).args(arguments);
    command
}

fn succeeds(mut command: Command) {
    let called = output(&mut command);
    let said = String::from_utf8_lossy(&called.stdout).into_owned() + &String::from_utf8_lossy(&called.stderr);
    assert!(called.status.success() && said.starts_with("ok"), "{said}");
}

#[test]
fn python_learns_by_reflection_what_is_served_and_calls_it() {
    let Some(python) = python() else { return };
    let world = World::new();
    let counter = world.serve(example("streaming"), &["--serve"]);
    succeeds(client(&python, &["reflection", counter.address()]));
    assert!(!counter.said().contains("grpc."), "{}", counter.said());
}

#[test]
fn reflection_can_be_turned_off() {
    let Some(python) = python() else { return };
    let world = World::new();
    let greeter = world.serve(example("greeter"), &["--reflection", "off"]);
    succeeds(client(&python, &["closed", greeter.address()]));
}

#[test]
fn python_asks_for_the_health_of_a_program_and_sees_it_drain() {
    let Some(python) = python() else { return };
    let world = World::new();
    let mut greeter = world.serve(example("greeter"), &[]);
    succeeds(client(&python, &["health", greeter.address()]));

    let mut watching = client(&python, &["watch", greeter.address()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the Python of the tests runs");
    let mut said = BufReader::new(watching.stdout.take().expect("piped above"));
    let mut line = String::new();
    said.read_line(&mut line).expect("it says what it sees");
    assert_eq!(line, "SERVING, SERVING, SERVICE_UNKNOWN\n");

    let begun = Instant::now();
    greeter.signal("TERM");
    assert_eq!(greeter.ended(), Some(0), "{}", greeter.said());
    // Open streams of tools do not keep it from ending.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("it says what it sees");
    assert_eq!(rest, "NOT_SERVING, end, end\n");
    assert!(watching.wait().expect("it ends").success());
}
