//! Foreign clients of a port with TLS.

use std::process::Command;

use micro_tests::{Program, World, output, python, root};

use crate::certificates::Files;

fn shop(world: &World, files: &Files) -> Program {
    let (certificate, key) = files.identity("server");
    let [certificate, key] = [certificate, key].map(|path| path.to_string_lossy().into_owned());
    world.serve(env!("CARGO_BIN_EXE_interop-shop"), &["--tls-certificate", &certificate, "--tls-key", &key])
}

/// What a command says, on either road.
fn said(command: &mut Command) -> (bool, String) {
    let ran = output(command);
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    (ran.status.success(), said)
}

#[test]
fn curl_agrees_on_either_version_of_http_and_believes_nobody_else() {
    let (world, files) = (World::new(), Files::new());
    let shop = shop(&world, &files);
    let url = format!("https://{}/healthz", shop.address());
    let curl = |version: &str, more: &[&str]| {
        let mut command = Command::new("curl");
        said(command.args(["-sS", "-w", " %{http_code} HTTP/%{http_version}", version]).args(more).arg(&url))
    };
    let authority = files.authority().to_string_lossy().into_owned();
    for (version, spoken) in [("--http2", "200 HTTP/2"), ("--http1.1", "200 HTTP/1.1")] {
        let (fine, said) = curl(version, &["--cacert", &authority]);
        assert!(fine && said.contains(spoken), "{version}: {said}");
    }
    let (fine, said) = curl("--http2", &[]);
    assert!(!fine && said.contains("certificate"), "{said}");
}

#[test]
fn openssl_agrees_on_micro_1_before_all_others() {
    let (world, files) = (World::new(), Files::new());
    let shop = shop(&world, &files);
    for (offered, chosen) in [("h2,micro/1", "micro/1"), ("http/1.1,h2", "h2"), ("http/1.1", "http/1.1")] {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-alpn", offered, "-connect", shop.address()]);
        let (_, said) = said(command.stdin(std::process::Stdio::null()));
        assert!(said.contains(&format!("ALPN protocol: {chosen}")), "{offered}: {said}");
        assert!(said.contains("TLSv1.3"), "{said}");
    }
}

#[test]
fn python_grpcio_calls_over_tls() {
    let Some(python) = python() else { return };
    let (world, files) = (World::new(), Files::new());
    let shop = shop(&world, &files);
    let mut command = Command::new(&python);
    command.arg(root().join("tests/interop/tls_client.py")).arg(crate::grpc::generated(&python));
    let (fine, said) = said(command.arg(files.authority()).arg(shop.address()));
    assert!(fine && said.starts_with("ok"), "{said}");
}
