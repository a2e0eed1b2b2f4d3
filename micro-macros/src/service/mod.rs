//! `#[micro::service]`: a contract and its client, or a service without a separate contract.

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
use model::Service;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn service(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let Some(input) = Input::read(item.clone(), &mut report) else {
        let errors = report.into_tokens();
        return quote!(#item #errors);
    };
    let service = Service::understand(input, options, &mut report);
    check::check(&service, &mut report);
    if report.is_empty() {
        return expand::expand(&service);
    }
    let stub = expand::stub(&service);
    let errors = report.into_tokens();
    quote!(#stub #errors)
}
