fn whole(_: &Other) -> Result<(), String> {
    Ok(())
}

fn short(text: &str) -> bool {
    text.len() < 10
}

struct Other;

#[micro::config(prefix = "greeter", validate = whole)]
struct Greeter {
    #[config(validate(with(short)))]
    salutation: String,
}

fn main() {}
