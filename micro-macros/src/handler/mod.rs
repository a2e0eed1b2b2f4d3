//! `#[micro::handler]`: an implementation of a contract, registered.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::report::Report;
use model::Handler;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn handler(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let Some(written) = input::read(item.clone(), &mut report) else { return report.beside(item) };
    let handler = Handler::from_input(written, options, &mut report);
    match report.check(handler) {
        Ok(handler) => expand::expand(&handler),
        Err(refused) => refused.beside(expand::stub),
    }
}
