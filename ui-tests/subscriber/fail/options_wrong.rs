use micro::Result;
use ui_tests::Greeted;

#[micro::subscriber(
    topic = "orders.#",
    queue = "",
    concurrency = 0,
    retry(max = 0, backoff = "1 day"),
    dead_letter = "orders.*",
    ack = "manuel",
    from = "2026-02-30T08:00:00Z",
    name = "The Audit",
)]
async fn audit(event: Greeted) -> Result<()> {
    drop(event);
    Ok(())
}

#[micro::subscriber(durable, ordered_by = "order", from = "earlist")]
async fn ledger(event: Greeted) -> Result<()> {
    drop(event);
    Ok(())
}

fn main() {
    let _ = micro::app().subscribe(audit).subscribe(ledger);
}
