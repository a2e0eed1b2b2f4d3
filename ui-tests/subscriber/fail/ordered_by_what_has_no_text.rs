use micro::Result;

#[micro::event(topic = "orders.placed")]
struct Placed {
    articles: Vec<String>,
}

#[micro::subscriber(ordered_by = event.articles)]
async fn audit(event: Placed) -> Result<()> {
    drop(event.articles);
    Ok(())
}

fn main() {}
