//! `#[micro::config]`: a struct of settings with defaults, names and checks, or an enum as a set of allowed words.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::report::Report;
use input::Input;
use model::Model;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn config(options: TokenStream, item: TokenStream) -> TokenStream {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    expanded(options, item, &package)
}

/// Expands within `package`: the prefix of micro's own settings is refused in other packages.
fn expanded(options: TokenStream, item: TokenStream, package: &str) -> TokenStream {
    let mut report = Report::new();
    let Some(input) = Input::read(options, item.clone(), &mut report) else { return report.beside(item) };
    let model = Model::from_input(input, package, &mut report);
    match report.check(model) {
        Ok(model) => expand::expand(&model),
        Err(refused) => refused.beside(expand::stub),
    }
}
