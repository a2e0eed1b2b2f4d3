//! The shop, called with what people call it with.

use std::path::{Path, PathBuf};
use std::process::Command;

use micro_tests::{Folder, Program, World, node, output, python, root};

fn shop(world: &World) -> Program {
    world.serve(env!("CARGO_BIN_EXE_interop-shop"), &[])
}

fn proto() -> PathBuf {
    root().join("tests/interop/proto/shop.proto")
}

/// Runs a client that says `ok` at its end.
fn succeeds(command: &mut Command) {
    let ran = output(command);
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.lines().any(|line| line == "ok"), "{said}");
}

fn buf(tools: &Path) -> Command {
    Command::new(tools.join("node_modules/.bin/buf"))
}

#[test]
fn connect_node_calls_every_shape_over_connect_grpc_web_and_grpc() {
    let Some(tools) = node() else { return };
    let world = World::new();
    let shop = shop(&world);
    // Node looks for packages beside the script.
    let folder = Folder::new();
    std::os::unix::fs::symlink(tools.join("node_modules"), folder.path().join("node_modules")).expect("a new folder");
    let descriptors = folder.path().join("shop.binpb");
    let built = output(buf(&tools).arg("build").arg(proto()).arg("-o").arg(&descriptors));
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let script = folder.path().join("connect_client.mjs");
    std::fs::copy(root().join("tests/interop/connect_client.mjs"), &script).expect("a new folder");
    succeeds(Command::new("node").arg(script).arg(descriptors).arg(shop.address()));
}

#[test]
fn python_speaks_msgpack_cbor_and_bytes_by_content_type() {
    let Some(python) = python() else { return };
    let world = World::new();
    let shop = shop(&world);
    succeeds(Command::new(python).arg(root().join("tests/interop/codecs_client.py")).arg(shop.address()));
}

#[test]
fn python_grpcio_reads_details_and_compresses() {
    let Some(python) = python() else { return };
    let world = World::new();
    let shop = shop(&world);
    let code = crate::grpc::generated(&python);
    succeeds(Command::new(python).arg(root().join("tests/interop/shop_client.py")).arg(code).arg(shop.address()));
}

#[test]
fn buf_curl_speaks_all_three_protocols_and_sees_details() {
    let Some(tools) = node() else { return };
    let world = World::new();
    let shop = shop(&world);
    for protocol in ["connect", "grpc", "grpcweb"] {
        let curl = |method: &str, data: &str| {
            let mut command = buf(&tools);
            command.args(["curl", "--http2-prior-knowledge", "--protocol", protocol, "--schema"]).arg(proto());
            command.args(["-d", data]).arg(format!("http://{}/shop.Shop/{method}", shop.address()));
            let ran = output(&mut command);
            // Whether it prints spaces depends on its version and on nothing of ours.
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(": ", ":");
            (ran.status.success(), text(&ran.stdout), text(&ran.stderr))
        };
        let (found, said, error) = curl("Find", r#"{"sku":"A-7"}"#);
        assert!(found && said.contains(r#""priceCents":"9007199254740993""#), "{protocol}: {said}{error}");
        let (_, said, error) = curl("List", r#"{"sku":"abc"}"#);
        assert_eq!(said.matches("GRADE_FINE").count(), 3, "{protocol}: {said}{error}");
        let (_, said, error) = curl("Tally", r#"{"count":3,"priceCents":"7"}{"count":1,"priceCents":"1"}"#);
        assert!(said.contains(r#""totalCents":"21""#) && said.contains(r#""totalCents":"22""#), "{said}{error}");
        let (found, _, error) = curl("Find", r#"{"sku":"missing"}"#);
        assert!(!found && error.contains("not_found") && error.contains("shop.Shortage"), "{protocol}: {error}");
        assert!(error.contains("CgdtaXNzaW5n"), "{protocol}: {error}");
    }
}

#[test]
fn curl_gets_what_has_no_side_effects_and_nothing_else() {
    let world = World::new();
    let shop = shop(&world);
    let get = |path: &str| {
        let mut command = Command::new("curl");
        command.args(["-sS", "-D", "-"]).arg(format!("http://{}/shop.Shop/{path}", shop.address()));
        String::from_utf8_lossy(&output(&mut command).stdout).into_owned()
    };
    let found = get("Find?connect=v1&encoding=json&message=%7B%22sku%22%3A%22A%22%7D");
    assert!(found.starts_with("HTTP/1.1 200") && found.contains(r#""sku":"A""#), "{found}");
    let found = get("Find?connect=v1&encoding=json&base64=1&message=eyJza3UiOiJBIn0");
    assert!(found.starts_with("HTTP/1.1 200") && found.contains(r#""sku":"A""#), "{found}");
    for method in ["Order", "Echo", "List", "Total"] {
        let refused = get(&format!("{method}?connect=v1&encoding=json&message=%7B%7D"));
        assert!(refused.starts_with("HTTP/1.1 405") && refused.contains("allow: POST\r\n"), "{method}: {refused}");
    }
}
