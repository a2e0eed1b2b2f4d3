//! Parsed input: a function.

use proc_macro2::TokenStream;

use crate::report::Report;
use crate::syntax::{Function, Kind, heading};

/// Reads the function below `attribute`. `example` is the correct use, for the message.
pub(crate) fn read(item: TokenStream, attribute: &str, example: &str, report: &mut Report) -> Option<Function> {
    match Kind::of(&item) {
        Kind::Function => report.keep(syn::parse2(item)),
        other => {
            let message = format!("`#[micro::{attribute}]` goes on a function, found {other}\nwrite `{example}`");
            report.error(heading(item), message);
            None
        }
    }
}
