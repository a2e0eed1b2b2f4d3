use micro::config::Secret;

#[derive(serde::Serialize)]
#[micro::config(prefix = "above")]
struct DerivedAbove {
    password: Secret<String>,
}

#[micro::config(prefix = "below")]
#[derive(serde::Serialize)]
struct DerivedBelow {
    password: Option<Secret<String>>,
}

fn main() {}
