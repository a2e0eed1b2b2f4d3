//! Programs of their own: the examples, as a newcomer runs them.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use micro_tests::{World, eventually, example, output};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_client_in_another_process_finds_the_greeter_within_a_second_of_its_start() {
    let world = World::new();
    let (server, client) = (example("greeter"), example("greeter-client"));
    let greeter = world.serve(server, &[]);
    let reply = eventually("the greeter answers", || {
        let reply = world.run(&client, &["Ada"]);
        reply.status.success().then_some(reply)
    });
    let took = greeter.age();
    assert_eq!(text(&reply.stdout), "Hello, Ada!\n");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_greeter_that_was_killed_is_not_found_again_and_its_successor_is() {
    let world = World::new();
    let (server, client) = (example("greeter"), example("greeter-client"));
    let mut greeter = world.serve(&server, &[]);
    greeter.signal("KILL");
    greeter.ended();
    let reply = world.run(&client, &["Ada"]);
    assert!(!reply.status.success());
    assert!(
        text(&reply.stderr).contains("no node of `greeter`: registry `local` lists none"),
        "{}",
        text(&reply.stderr)
    );

    let _successor = world.serve(&server, &[]);
    assert!(world.run(&client, &["Ada"]).status.success());
}

#[test]
fn sigterm_finishes_the_calls_in_flight_and_exits_with_0() {
    let world = World::new();
    let mut counter = world.serve(example("streaming"), &["--serve"]);
    // A request whose second half comes only after the signal is in flight when the signal comes.
    let mut request =
        std::process::Command::new(std::env::var("MICRO_TESTS_PYTHON").unwrap_or_else(|_| "python3".into()))
            .args(["-c", HALF_A_REQUEST, counter.address()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is there");
    let mut said = std::io::BufReader::new(request.stdout.take().expect("piped above"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).expect("it says when half is sent");
    counter.signal("TERM");
    eventually("the drain begins", || counter.said().contains("stopping").then_some(()));
    drop(request.stdin.take());
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut said, &mut answer).expect("it says what came back");
    assert!(answer.contains("200 OK") && answer.contains(r#"{"value":42}"#), "{answer}");
    assert_eq!(request.wait().expect("it ends").code(), Some(0));
    assert_eq!(counter.ended(), Some(0), "{}", counter.said());
}

/// Sends a call in two halves, the second when its own input ends.
const HALF_A_REQUEST: &str = r#"
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
s = socket.create_connection((host, int(port)))
body = b'{"value":21}'
head = b"POST /counter.Counter/Double HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
s.sendall(head + body[:5])
print("half", flush=True)
sys.stdin.read()
s.sendall(body[5:])
answer = b""
while chunk := s.recv(4096):
    answer += chunk
print(answer.decode())
"#;

#[test]
fn the_other_examples_do_what_they_say() {
    let world = World::new();
    let streaming = world.run(example("streaming"), &[]);
    let expected = "double       42\ncountdown    3\ncountdown    2\ncountdown    1\ncountdown    0\n\
                    sum          10\nrunning sum  1\nrunning sum  3\nrunning sum  6\nrunning sum  10\n";
    assert_eq!(text(&streaming.stdout), expected, "{}", text(&streaming.stderr));
    let injection = world.run(example("injection"), &[]);
    let expected = "Welcome, Ada, visit 1\nWelcome, Grace, visit 1\nWelcome, Ada, visit 2\n";
    assert_eq!(text(&injection.stdout), expected, "{}", text(&injection.stderr));
}

#[test]
fn help_and_mistakes_on_the_command_line_are_answered_and_nothing_is_served() {
    let world = World::new();
    let help = world.run(example("greeter"), &["--help"]);
    assert!(help.status.success());
    assert!(text(&help.stdout).contains("--shutdown-timeout <TIME>"), "{}", text(&help.stdout));

    let begun = Instant::now();
    let mistaken = world.run(example("greeter"), &["--address", "here"]);
    assert_eq!(mistaken.status.code(), Some(1));
    assert!(
        text(&mistaken.stderr).contains("`--address` is `here`: expected `host:port`"),
        "{}",
        text(&mistaken.stderr)
    );
    assert!(begun.elapsed() < Duration::from_secs(10));

    let mut taken = world.command(example("greeter"));
    let greeter = world.serve(example("greeter"), &[]);
    let taken = output(taken.args(["--address", greeter.address()]));
    assert!(text(&taken.stderr).contains("another program listens there"), "{}", text(&taken.stderr));
}

#[test]
fn logs_can_be_json_for_machines() {
    let world = World::new();
    let greeter = world.serve(example("greeter"), &["--log-format", "json", "--log", "debug"]);
    let called = output(
        std::process::Command::new("curl")
            .args(["-sS", "-H", "content-type: application/json", "-d", "{}"])
            .arg(format!("http://{}/greeter.Greeter/Hello", greeter.address())),
    );
    assert!(text(&called.stdout).contains("`name` is empty"), "{}", text(&called.stdout));
    let line = eventually("the failure is logged", || {
        greeter.said().lines().find(|line| line.contains("`name` is empty")).map(str::to_owned)
    });
    for part in [r#""level":"DEBUG""#, r#""code":"invalid_argument""#, r#""service":"greeter""#, r#""method":"Hello""#]
    {
        assert!(line.contains(part), "{part} in {line}");
    }
    for line in greeter.said().lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
}

fn curl(arguments: &[&str]) -> String {
    text(&output(std::process::Command::new("curl").arg("-sS").args(arguments)).stdout)
}

fn json(address: &str, path: &str, body: &str) -> String {
    curl(&["-H", "content-type: application/json", "-d", body, &format!("http://{address}{path}")])
}

#[test]
fn errors_of_a_services_own_are_matched_on_by_its_caller() {
    let world = World::new();
    let errors = world.run(example("errors"), &[]);
    let expected = "ada has 70 left\nada lacks 30\nnobody is called bob\ninternal: the log knows more\n";
    assert_eq!(text(&errors.stdout), expected, "{}", text(&errors.stderr));
    assert!(!text(&errors.stdout).contains("disk 7"));
}

#[test]
fn middleware_wraps_calls_and_everything_the_port_answers() {
    let world = World::new();
    let middleware = world.run(example("middleware"), &[]);
    let expected = "/vault.Vault/Open {\"name\":\"the box\"} unauthenticated\nrefused: say the password\n\
                    /vault.Vault/Open {\"name\":\"the box\"} ok\nopened: what is in the box\nserved by: vault\n";
    assert_eq!(text(&middleware.stdout), expected, "{}", text(&middleware.stderr));
}

#[test]
fn a_service_that_is_not_well_says_so_and_is_not_found() {
    let world = World::new();
    let shop = world.serve(example("health"), &["--check-interval", "10ms"]);
    let at = |path: &str| format!("http://{}{path}", shop.address());
    let found = || text(&world.run(example("dynamic-client"), &["shop"]).stdout).contains("/shop.Shop/Price");
    eventually("it is found", || found().then_some(()));
    curl(&["-X", "POST", &at("/break")]);
    eventually("it is withdrawn", || (!found()).then_some(()));
    let probe = curl(&["-w", "%{http_code}", &at("/readyz")]);
    assert!(probe.contains("database (critical): the database is away") && probe.ends_with("503"), "{probe}");
    assert_eq!(curl(&["-o", "/dev/null", "-w", "%{http_code}", &at("/healthz")]), "200");
    curl(&["-X", "POST", &at("/mend")]);
    eventually("it is back", || found().then_some(()));
}

#[test]
fn two_services_live_in_one_process_or_in_two_with_no_code_changed() {
    let order = r#"{"name":"apples","count":3}"#;
    let one = World::new();
    let both = one.serve(example("one-or-many"), &[]);
    assert_eq!(json(both.address(), "/shop.Orders/Place", order), r#"{"text":"3 × apples, 97 left"}"#);

    let many = World::new();
    let stock = many.serve(example("one-or-many"), &["--services", "stock"]);
    let orders = many.serve(example("one-or-many"), &["--services", "orders"]);
    assert_eq!(json(orders.address(), "/shop.Orders/Place", order), r#"{"text":"3 × apples, 97 left"}"#);
    let refused = json(orders.address(), "/shop.Orders/Place", r#"{"name":"apples","count":98}"#);
    assert!(refused.contains("only 97 of `apples` are left"), "{refused}");
    assert!(json(stock.address(), "/shop.Orders/Place", order).contains("unimplemented"));
}

#[test]
fn a_tool_without_contracts_lists_and_calls() {
    let world = World::new();
    let greeter = world.serve(example("greeter"), &[]);
    let tool = |arguments: &[&str]| text(&world.run(example("dynamic-client"), arguments).stdout);
    eventually("it is listed", || (tool(&[]) == "greeter\n").then_some(()));
    assert!(tool(&["greeter"]).contains(greeter.address()));
    let reply = tool(&["greeter", "/greeter.Greeter/Hello", r#"{"name":"Ada"}"#]);
    assert_eq!(reply, "{\"greeting\":\"Hello, Ada!\"}\n");
}

#[test]
fn codecs_and_registries_of_ones_own_are_used_by_name_and_by_url() {
    let world = World::new();
    let codec = world.run(example("custom-codec"), &[]);
    assert_eq!(text(&codec.stdout), "0a026869\nhi\n", "{}", text(&codec.stderr));

    // Another world: nobody is found there but by the URL.
    let greeter = World::new().serve(example("greeter"), &[]);
    let url = format!("fixed://greeter={}", greeter.address());
    let called = world.run(example("custom-registry"), &[&url, "Ada"]);
    assert_eq!(text(&called.stdout), "Hello, Ada!\n", "{}", text(&called.stderr));
}

/// The examples are built without the feature `tls`.
#[test]
fn a_program_without_tls_says_so_when_it_is_asked_for() {
    let world = World::new();
    let greeter = world.run(example("greeter"), &["--tls-certificate", "a.pem", "--tls-key", "b.pem"]);
    assert!(!greeter.status.success());
    let said = text(&greeter.stderr);
    assert!(said.contains("cannot speak TLS: build it with the feature `tls` of micro"), "{said}");
}

#[test]
fn a_second_ctrl_c_ends_a_program_whose_handler_blocks() {
    for threads in [&[][..], &["--one-thread"]] {
        let world = World::new();
        let mut blocked = world.serve(env!("CARGO_BIN_EXE_blocked"), threads);
        let mut call = TcpStream::connect(blocked.address()).expect("it listens");
        let head = "POST /blocker.Blocker/Block HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
        write!(call, "{head}content-length: 2\r\n\r\n{{}}").expect("it is there");
        eventually("the handler blocks", || blocked.printed().contains("blocked").then_some(()));
        // Signals that come at once are one signal, so the second is sent until it is heard.
        eventually("it ends", || {
            blocked.signal("INT");
            std::thread::sleep(Duration::from_millis(100));
            (!blocked.is_running()).then_some(())
        });
        assert_eq!(blocked.ended(), Some(1), "{threads:?}: {}", blocked.said());
    }
}
