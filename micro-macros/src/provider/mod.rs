//! `#[micro::provider]`: a function whose value can be injected.

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

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn provider(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let mut options = Options::of_tokens(options, &mut report);
    let home = Home::new(options.path("crate"));
    options.finish();

    let example = "#[micro::provider] async fn pool(config: Config<Database>) -> Result<Pool> { .. }";
    let function = injection::read(item.clone(), "provider", example, &mut report);
    if let Some(function) = &function {
        check::check(function, &mut report);
    }
    let entry = function.filter(|_| report.is_empty()).map(|function| expand::entry(&function, &home));
    let errors = report.into_tokens();
    quote!(#item #entry #errors)
}
