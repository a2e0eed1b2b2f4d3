#[micro::config(prefx = "greeter")]
struct Greeter {
    #[config(defualt = "Hello", validate(rnge(1..=10)))]
    salutation: String,
    #[config(reload = "later", env = greeter)]
    tone: String,
}

fn main() {
    let _ = Greeter { salutation: String::new(), tone: String::new() };
}
