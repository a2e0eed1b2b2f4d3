use micro::Result;

struct Placed;

#[micro::subscriber(topic = "orders.placed")]
async fn with_a_topic(event: Placed) -> Result<()> {
    drop(event);
    Ok(())
}

#[micro::subscriber]
async fn without_a_topic(event: String) -> Result<()> {
    drop(event);
    Ok(())
}

fn main() {}
