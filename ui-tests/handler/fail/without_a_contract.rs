use micro::Result;

#[derive(Default)]
struct English;


#[micro::handler]
impl English {
    async fn hello(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
