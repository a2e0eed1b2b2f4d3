//! `#[micro::message]`: a struct or enum with protobuf bytes, JSON and a description. `#[micro::event]`: a message with a
//! topic.

mod check;
mod expand;
mod input;
mod model;
mod names;
mod spelling;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;
use input::{Input, Marked};
use model::Model;
pub(crate) use names::{is_name, is_package};
pub(crate) use spelling::{named, without_self};

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn message(options: TokenStream, item: TokenStream) -> TokenStream {
    expanded(options, item, &compiled())
}

/// Expands an event: a message with a topic.
pub(crate) fn event(options: TokenStream, item: TokenStream) -> TokenStream {
    written_as(Marked::Event, options, item, &compiled())
}

/// Returns the crate being compiled, the default package. Empty only when not compiled by cargo.
fn compiled() -> String {
    std::env::var("CARGO_CRATE_NAME").unwrap_or_default()
}

/// Expands a message whose full name begins with `package`, unless its options set another.
pub(crate) fn expanded(options: TokenStream, item: TokenStream, package: &str) -> TokenStream {
    written_as(Marked::Message, options, item, package)
}

fn written_as(marked: Marked, options: TokenStream, item: TokenStream, package: &str) -> TokenStream {
    let mut report = Report::new();
    let Some(input) = Input::read(marked, options, item.clone(), &mut report) else { return report.beside(item) };
    let model = Model::from_input(input, package, &mut report);
    match report.check(model) {
        Ok(model) => {
            let (item, implementation) = (&model.input.item, expand::expand(&model));
            quote!(#item #implementation)
        }
        Err(refused) => refused.beside(|model| {
            let (item, stub) = (&model.input.item, expand::stub(model));
            quote!(#item #stub)
        }),
    }
}
