#[micro::config(prefix = "greeter")]
struct Greeter {
    #[config(validate(range(10), regex("[a-"), with))]
    salutation: String,
    #[config(validate(range("1s"..="soon")))]
    patience: std::time::Duration,
    #[config(validate(range(1..=10)))]
    wait: std::time::Duration,
}

fn main() {}
