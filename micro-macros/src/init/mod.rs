//! `#[micro::init]`: the function that builds a handler.

mod check;
mod expand;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::injection;
use crate::options::Options;
use crate::report::Report;
use crate::syntax::Home;
pub(crate) use check::check;
pub(crate) use expand::builder;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn init(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let mut options = Options::of_tokens(options, &mut report);
    let home = Home::new(options.path("crate"));
    options.finish();

    let example = "impl English { #[micro::init] async fn new(..) -> Result<Self> { .. } }";
    let function = injection::read(item.clone(), "init", example, &mut report);
    if let Some(function) = &function {
        check(function, &mut report);
    }
    let builder = function.filter(|_| report.is_empty()).map(|function| builder(&function, &home));
    let errors = report.into_tokens();
    quote!(#item #builder #errors)
}
