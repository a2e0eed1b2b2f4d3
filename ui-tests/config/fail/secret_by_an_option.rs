#[derive(Debug)]
#[micro::config(prefix = "above")]
struct DerivedAbove {
    #[config(secret)]
    password: String,
}

#[micro::config(prefix = "below")]
#[derive(Debug)]
struct DerivedBelow {
    #[config(default = "x", secret)]
    password: Option<String>,
}

#[micro::config]
struct NotDerived {
    #[config(secret)]
    token: micro::config::Secret<Vec<u8>>,
}

fn main() {
    let _ = |above: DerivedAbove, below: DerivedBelow| (above.password, below.password);
}
