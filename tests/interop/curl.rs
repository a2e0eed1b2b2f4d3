use std::process::Command;

use micro_tests::{Program, World, example, output};

/// What curl got: the status, the content type, and the body.
#[derive(Debug)]
struct Answer {
    status: u16,
    content_type: String,
    body: String,
}

fn curl(program: &Program, path: &str, arguments: &[&str]) -> Answer {
    let url = format!("http://{}{path}", program.address());
    let mut command = Command::new("curl");
    command.args(["-sS", "-w", "\n%{http_code} %{content_type}"]).args(arguments).arg(url);
    let got = output(&mut command);
    assert!(got.status.success(), "{}", String::from_utf8_lossy(&got.stderr));
    let text = String::from_utf8_lossy(&got.stdout).into_owned();
    let (body, end) = text.rsplit_once('\n').expect("written by -w");
    let (status, content_type) = end.split_once(' ').expect("written by -w");
    Answer { status: status.parse().expect("a status"), content_type: content_type.into(), body: body.into() }
}

fn json(program: &Program, path: &str, body: &str) -> Answer {
    curl(program, path, &["-H", "content-type: application/json", "-d", body])
}

const HELLO: &str = "/greeter.Greeter/Hello";

#[test]
fn json_over_either_version_of_http_is_answered_on_the_port_of_everything_else() {
    let world = World::new();
    let greeter = world.serve(example("greeter"), &[]);
    let answer = json(&greeter, HELLO, r#"{"name":"Ada"}"#);
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"greeting":"Hello, Ada!"}"#));
    assert_eq!(answer.content_type, "application/json");
    let body = ["-H", "content-type: application/json", "-d", r#"{"name":"Ada"}"#];
    let answer = curl(&greeter, HELLO, &[&["--http2-prior-knowledge"], &body[..]].concat());
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"greeting":"Hello, Ada!"}"#));
}

#[test]
fn mistakes_get_the_right_status_and_words_and_the_server_goes_on() {
    let world = World::new();
    let greeter = world.serve(example("greeter"), &["--message-limit", "64KiB"]);

    let malformed = json(&greeter, HELLO, r#"{"name":"#);
    assert_eq!(malformed.status, 400);
    assert!(malformed.body.contains("invalid_argument"), "{malformed:?}");

    let wrong_type = json(&greeter, HELLO, r#"{"name":7}"#);
    assert_eq!(wrong_type.status, 400);
    assert!(wrong_type.body.contains("`name`"), "the path to the field: {wrong_type:?}");

    let refused = json(&greeter, HELLO, "{}");
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("`name` is empty"), "{refused:?}");

    let unknown = json(&greeter, "/greeter.Greeter/Helo", "{}");
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.contains("unimplemented") && unknown.body.contains("did you mean"), "{unknown:?}");

    let foreign = curl(&greeter, HELLO, &["-H", "content-type: text/plain", "-d", "Ada"]);
    assert_eq!(foreign.status, 415);

    let verb = curl(&greeter, HELLO, &["-X", "DELETE"]);
    assert_eq!(verb.status, 405);

    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(100_000));
    let oversize = json(&greeter, HELLO, &large);
    assert_eq!(oversize.status, 429);
    assert!(oversize.body.contains("resource_exhausted"), "{oversize:?}");

    let rebound =
        curl(&greeter, HELLO, &["-H", "host: evil.example", "-H", "content-type: application/json", "-d", "{}"]);
    assert_eq!(rebound.status, 403, "a page of another site cannot reach a service on loopback: {rebound:?}");

    assert_eq!(json(&greeter, HELLO, r#"{"name":"Ada"}"#).status, 200);
}

#[test]
fn probes_answer_under_both_families_of_names() {
    let world = World::new();
    let greeter = world.serve(example("greeter"), &[]);
    for path in ["/healthz", "/readyz", "/health", "/health/live", "/health/ready"] {
        assert_eq!(curl(&greeter, path, &[]).status, 200, "{path}");
    }
}
