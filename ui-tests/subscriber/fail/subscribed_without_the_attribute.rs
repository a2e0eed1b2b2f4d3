use micro::Result;
use ui_tests::Greeted;

async fn audit(event: Greeted) -> Result<()> {
    drop(event);
    Ok(())
}

struct Audit;

fn main() {
    let _ = micro::app().subscribe::<Audit>();
    let _ = audit(Greeted::default());
}
