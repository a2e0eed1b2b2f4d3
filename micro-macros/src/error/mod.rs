//! `#[derive(micro::Error)]`: an enum as the error of methods, with a code, a message and typed details for each variant.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;
mod text;

use proc_macro2::TokenStream;

use crate::report::Report;
use input::Input;
use model::Model;

/// Expands the derive of `item`.
pub(crate) fn error(item: TokenStream) -> TokenStream {
    // The crate being compiled is the default package. The variable is absent only when not compiled by cargo.
    let package = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    expanded(item, &package)
}

fn expanded(item: TokenStream, package: &str) -> TokenStream {
    let mut report = Report::new();
    let Some(input) = Input::read(item, &mut report) else { return report.beside(TokenStream::new()) };
    let model = Model::from_input(input, package, &mut report);
    match report.check(model) {
        Ok(model) => expand::expand(&model),
        Err(refused) => refused.beside(expand::stub),
    }
}
