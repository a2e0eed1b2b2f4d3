use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use micro_tests::{World, example, output, python, root};

/// The folder with what protoc makes of our protos, once per test binary.
pub(crate) fn generated(python: &Path) -> PathBuf {
    static GENERATED: OnceLock<PathBuf> = OnceLock::new();
    let generate = || {
        let protos = root().join("tests/interop/proto");
        let code = root().join("target/python-code");
        std::fs::create_dir_all(&code).expect("target/ can be written");
        let generated = output(
            Command::new(python)
                .args(["-m", "grpc_tools.protoc", "greeter.proto", "counter.proto", "shop.proto"])
                .arg(format!("-I{}", protos.display()))
                .arg(format!("--python_out={}", code.display()))
                .arg(format!("--grpc_python_out={}", code.display())),
        );
        assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stderr));
        code
    };
    GENERATED.get_or_init(generate).clone()
}

#[test]
fn python_grpcio_calls_all_four_shapes_and_gets_the_right_codes() {
    let Some(python) = python() else { return };
    let world = World::new();
    let code = generated(&python);
    let greeter = world.serve(example("greeter"), &[]);
    let counter = world.serve(example("streaming"), &["--serve"]);
    let called = output(
        Command::new(&python)
            .arg(root().join("tests/interop/grpc_client.py"))
            .arg(&code)
            .args([greeter.address(), counter.address()]),
    );
    let said = String::from_utf8_lossy(&called.stdout).into_owned() + &String::from_utf8_lossy(&called.stderr);
    assert!(called.status.success() && said.starts_with("ok"), "{said}");
}
