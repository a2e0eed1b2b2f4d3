use micro::Result;

struct Users<T>(T);

#[micro::service]
impl<T: Send + Sync + 'static> Users<T> {
    #[handler]
    async fn get(&self) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = Users(1).0;
}
