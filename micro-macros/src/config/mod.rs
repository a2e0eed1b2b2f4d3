//! `#[micro::config]`: a struct of settings with defaults, names and checks, or an enum as a choice of words.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;
use input::Input;
use model::Model;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn config(options: TokenStream, item: TokenStream) -> TokenStream {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    expanded(options, item, &package)
}

/// The same within a package: the settings of micro itself stand at a prefix of its own.
fn expanded(options: TokenStream, item: TokenStream, package: &str) -> TokenStream {
    let mut report = Report::new();
    let Some(input) = Input::read(options, item.clone(), &mut report) else {
        let errors = report.into_tokens();
        return quote!(#item #errors);
    };
    let model = Model::understand(&input, &mut report);
    check::check(&input, &model, package, &mut report);
    if report.is_empty() {
        return expand::expand(&input, &model);
    }
    let stub = expand::stub(&input, &model);
    let errors = report.into_tokens();
    quote!(#stub #errors)
}
