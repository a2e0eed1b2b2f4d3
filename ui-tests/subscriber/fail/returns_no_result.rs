use micro::Result;
use ui_tests::Greeted;

#[micro::subscriber]
async fn text(event: Greeted) -> String {
    event.name
}

#[micro::subscriber]
async fn more(event: Greeted) -> Result<String> {
    Ok(event.name)
}

fn main() {}
