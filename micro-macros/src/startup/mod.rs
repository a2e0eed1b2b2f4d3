//! `#[micro::main]`: an `async fn main` on micro's runtime.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;
use model::Main;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let Some(function) = input::read(item.clone(), &mut report) else {
        let errors = report.into_tokens();
        return quote!(#item #errors);
    };
    let main = Main::understand(function, options, &mut report);
    check::check(&main, &mut report);
    if report.is_empty() {
        return expand::expand(&main);
    }
    let stub = expand::stub(&main);
    let errors = report.into_tokens();
    quote!(#stub #errors)
}
