//! Where `?` leads: from every standard error into micro's, and from there into boxed ones.

use std::error::Error as StdError;
use std::process::ExitCode;

use micro::{Code, Error, Result};

#[derive(Debug, micro::Error)]
enum GreetError {
    #[error(code = NotFound, "no person `{0}`")]
    Nobody(u64),
    #[error(other)]
    Other(micro::Error),
}

fn parsed(text: &str) -> Result<u32> {
    Ok(text.parse()?)
}

fn own() -> Result<()> {
    Err(GreetError::Nobody(7))?
}

fn back() -> std::result::Result<(), GreetError> {
    own()?;
    Ok(())
}

fn boxed() -> std::result::Result<u32, Box<dyn StdError>> {
    Ok(parsed("three")?)
}

fn boxed_to_be_sent() -> std::result::Result<u32, Box<dyn StdError + Send + Sync>> {
    own()?;
    Ok(1)
}

fn unboxed() -> Result<u32> {
    boxed_to_be_sent().map_err(Error::from_boxed)
}

fn main() -> ExitCode {
    assert_eq!(parsed("three").unwrap_err().code(), Code::Internal);
    assert_eq!(own().unwrap_err().code(), Code::NotFound);
    assert!(matches!(back(), Err(GreetError::Nobody(7))));
    assert!(boxed().unwrap_err().to_string().contains("internal error"));
    assert_eq!(boxed_to_be_sent().unwrap_err().to_string(), "no person `7` (not_found)");
    assert_eq!(unboxed().unwrap_err().code(), Code::NotFound);
    ExitCode::SUCCESS
}
