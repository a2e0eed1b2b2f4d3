//! `#[micro::subscriber]`: a function that is run for events. Methods of blocks that are marked otherwise are read here too.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;
pub(crate) use check::{check, names};
pub(crate) use expand::method;
use input::Written;
pub(crate) use model::Subscriber;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn subscriber(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let (written, home) = Written::of_function(options, &mut report);
    let Some(function) = input::read(item.clone(), &mut report) else {
        let errors = report.into_tokens();
        return quote!(#item #errors);
    };
    let subscriber = Subscriber::of_function(function, written, &home);
    check::check(&subscriber, &mut report);
    if report.is_empty() {
        let added = expand::function(&subscriber);
        return quote!(#item #added);
    }
    let stub = expand::stub(&subscriber);
    let errors = report.into_tokens();
    quote!(#stub #errors)
}
