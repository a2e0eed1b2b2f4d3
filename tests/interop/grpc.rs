use std::process::Command;

use micro_tests::{World, example, output, python, root};

#[test]
fn python_grpcio_calls_all_four_shapes_and_gets_the_right_codes() {
    let Some(python) = python() else { return };
    let world = World::new();
    let protos = root().join("tests/interop/proto");
    let code = root().join("target/tools/python-code");
    std::fs::create_dir_all(&code).expect("target/ can be written");
    let generated = output(
        Command::new(&python)
            .args(["-m", "grpc_tools.protoc", "greeter.proto", "counter.proto"])
            .arg(format!("-I{}", protos.display()))
            .arg(format!("--python_out={}", code.display()))
            .arg(format!("--grpc_python_out={}", code.display())),
    );
    assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stderr));

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
