#[micro::config(prefix = "greeter")]
struct Greeter {
    #[config(name = "the-salutation", flag = "--salutation", env("SALUTATION", "salutation"))]
    salutation: String,
    #[config(name = "tone")]
    one: String,
    #[config(name = "tone")]
    other: String,
}

fn main() {}
