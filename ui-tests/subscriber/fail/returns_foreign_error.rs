use ui_tests::Greeted;

#[micro::subscriber]
async fn audit(event: Greeted) -> Result<(), std::fmt::Error> {
    drop(event);
    Ok(())
}

fn main() {}
