//! Parsed input: a function.

use proc_macro2::TokenStream;

use crate::injection;
use crate::report::Report;
use crate::syntax::Function;

pub(super) fn read(item: TokenStream, report: &mut Report) -> Option<Function> {
    injection::read(item, "main", "#[micro::main] async fn main() -> Result<()> { .. }", report)
}
