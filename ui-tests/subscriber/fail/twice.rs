use micro::Result;
use ui_tests::Greeted;

#[micro::subscriber]
#[micro::subscriber(topic = "others.greeted")]
async fn audit(event: Greeted) -> Result<()> {
    drop(event);
    Ok(())
}

fn main() {}
