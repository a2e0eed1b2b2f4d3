//! `#[micro::service]`: a contract and its client, or a service without a separate contract.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::report::Report;
use input::Input;
use model::Service;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn service(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let Some(input) = Input::read(item.clone(), &mut report) else { return report.beside(item) };
    let service = Service::from_input(input, options, &mut report);
    match report.check(service) {
        Ok(service) => expand::expand(&service),
        Err(refused) => refused.beside(expand::stub),
    }
}
