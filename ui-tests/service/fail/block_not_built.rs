use micro::Result;

struct Users;

#[micro::service]
impl Users {
    #[handler]
    async fn get(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
