use micro::Result;
use micro::config::Config;

#[micro::config]
struct Greeter {
    #[config(default = "Hello")]
    salutation: String,
}

struct English;

impl English {
    #[micro::init]
    async fn new(config: Config<Greeter>) -> Result<Self> {
        drop(config);
        Ok(English)
    }
}

fn main() {}
