//! `#[micro::init]`: the function that builds a handler.

mod check;
mod expand;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::injection;
use crate::options::Options;
use crate::report::Report;
use crate::syntax::CratePath;
pub(crate) use check::check;
pub(crate) use expand::builder;
use model::Init;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn init(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let mut options = Options::of_tokens(options, &mut report);
    let home = CratePath::new(options.path("crate"));
    options.finish();

    let example = "impl English { #[micro::init] async fn new(..) -> Result<Self> { .. } }";
    let read = injection::read(item.clone(), "init", example, &mut report);
    let Some(function) = read else { return report.beside(item) };
    match report.check(Init { home, function }) {
        Ok(init) => {
            let builder = builder(init.part(|init| &init.function), &init.home);
            quote!(#item #builder)
        }
        Err(refused) => refused.beside(|_| item),
    }
}
