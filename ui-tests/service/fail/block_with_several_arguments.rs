use micro::{Context, Result};

struct Users;

#[micro::service]
impl Users {
    #[init]
    fn new(&self) -> Self {
        Users
    }

    #[handler]
    async fn get(&self, name: String, ctx: &Context, verbose: bool) -> Result<()> {
        let _ = (name, ctx, verbose);
        Ok(())
    }
}

fn main() {
    let _: Option<UsersClient> = None;
}
