//! `#[micro::provider]`: a function whose value can be injected.

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
use model::Provider;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn provider(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let mut options = Options::of_tokens(options, &mut report);
    let home = CratePath::new(options.path("crate"));
    options.finish();

    let example = "#[micro::provider] async fn pool(config: Config<Database>) -> Result<Pool> { .. }";
    let read = injection::read(item.clone(), "provider", example, &mut report);
    let Some(function) = read else { return report.beside(item) };
    match report.check(Provider { home, function }) {
        Ok(provider) => {
            let entry = expand::entry(&provider);
            quote!(#item #entry)
        }
        Err(refused) => refused.beside(|_| item),
    }
}
