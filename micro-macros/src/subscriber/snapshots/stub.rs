#[allow(dead_code)]
pub(crate) async fn audit(event: Greeted, store: &str) -> Result<()> {
    event
}
::core::compile_error! {
    "injected values are owned: write `String`"
}
