use micro::Result;

struct Users;

#[micro::service]
impl Users {
    #[handler]
    async fn get(&self) -> Result<()> {
        Ok(())
    }

    #[subscriber(queue = "audit")]
    async fn audit(&self, event: String) -> Result<()> {
        drop(event);
        Ok(())
    }
}

fn main() {
    let _: Option<UsersClient> = None;
}
