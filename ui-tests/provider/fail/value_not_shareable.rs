use micro::Result;

struct Pool;

#[micro::provider]
async fn pool() -> Result<Pool> {
    Ok(Pool)
}

#[micro::provider]
async fn local() -> Result<std::rc::Rc<u8>> {
    Ok(1.into())
}

fn main() {}
