use ui_tests::Greeted;

#[micro::subscriber]
async fn audit(event: Greeted) {
    drop(event);
}

fn main() {}
