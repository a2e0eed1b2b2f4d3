//! `#[micro::handler]`: an implementation of a contract, registered.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;
use model::Handler;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn handler(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let Some(written) = input::read(item.clone(), &mut report) else {
        let errors = report.into_tokens();
        return quote!(#item #errors);
    };
    let handler = Handler::understand(written, options, &mut report);
    check::check(&handler, &mut report);
    if report.is_empty() {
        return expand::expand(&handler);
    }
    let stub = expand::implementation(&handler);
    let errors = report.into_tokens();
    quote!(#stub #errors)
}
