#[micro::config(prefix = "greeter")]
struct Greeter {
    #[config(validate(range(1..=10)))]
    salutation: String,
    #[config(validate(length(..=10)))]
    most: u32,
    #[config(validate(regex("^[0-9]+$")))]
    port: u16,
    #[config(validate(range(1..=1000)))]
    small: u8,
}

fn main() {}
