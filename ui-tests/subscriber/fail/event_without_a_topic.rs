use micro::Result;
use micro::broker::Event;
use ui_tests::HelloRequest;

#[micro::subscriber]
async fn message(request: HelloRequest) -> Result<()> {
    drop(request);
    Ok(())
}

#[micro::subscriber]
async fn raw(event: Event) -> Result<()> {
    drop(event);
    Ok(())
}

#[derive(Default)]
struct English;

#[micro::handler]
impl English {
    #[subscriber]
    async fn method(&self, request: HelloRequest) -> Result<()> {
        drop(request);
        Ok(())
    }
}

fn main() {}
