//! `#[micro::subscriber]`: a function that handles events. `#[subscriber]` methods of blocks with other attributes are parsed
//! here too.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;
pub(crate) use check::names;
pub(crate) use expand::method;
use input::Written;
pub(crate) use model::Subscriber;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn subscriber(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let (written, home) = Written::of_function(options, &mut report);
    let Some(function) = input::read(item.clone(), &mut report) else { return report.beside(item) };
    let subscriber = Subscriber::of_function(function, written, &home);
    match report.check(subscriber) {
        Ok(subscriber) => {
            let entry = expand::function(&subscriber);
            quote!(#item #entry)
        }
        Err(refused) => refused.beside(expand::stub),
    }
}
