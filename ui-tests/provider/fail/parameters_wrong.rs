use micro::{Context, Result};

#[micro::provider]
async fn pool<T>(name: &str, ctx: &Context, t: T) -> Result<String> {
    let _ = (ctx, t);
    Ok(name.to_owned())
}

fn main() {}
