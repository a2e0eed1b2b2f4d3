use micro::Result;

struct Users;

#[micro::service]
impl Users {
    #[method(idempotent)]
    async fn get(&self) -> Result<()> {
        Ok(())
    }
}

struct Others;

#[micro::service]
impl Others {
    fn none(&self) {}
}

fn main() {}
