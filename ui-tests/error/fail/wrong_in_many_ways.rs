#[derive(Debug, micro::Error)]
#[error(pakage = "greeter")]
enum GreetError {
    #[error(code = NotFoud, "no person `{id}`")]
    Misspelt { id: u64 },
    #[error(code = NotFound, "no person `{idd}`")]
    Misnamed { id: u64 },
    #[error(code = NotFound, "no person `{}`")]
    Nameless(u64),
    #[error(code = NotFound, "no person `{0}`")]
    Empty,
    #[error("no code")]
    Codeless,
    #[error(code = NotFound)]
    Wordless,
    Bare,
    #[error(other, "x")]
    Other(micro::Error),
    #[error(other)]
    Another(micro::Error),
}

fn main() {
    // What is derived is there all the same.
    let error: GreetError = micro::Error::internal("x").into();
    println!("{error}");
}
