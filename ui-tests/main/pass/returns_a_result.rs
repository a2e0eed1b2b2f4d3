#![deny(warnings)]

#[micro::main(flavor = "current_thread")]
async fn main() -> Result<(), micro::Error> {
    let text: String = tokio::spawn(async { "1".to_owned() }).await?;
    assert_eq!(text.parse::<u8>()?, 1);
    Ok(())
}
