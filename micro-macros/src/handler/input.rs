//! Parsed input: an `impl` block.

use proc_macro2::TokenStream;

use crate::report::Report;
use crate::syntax::{Implementation, Kind, heading};

pub(super) fn read(item: TokenStream, report: &mut Report) -> Option<Implementation> {
    match Kind::of(&item) {
        Kind::Implementation => report.keep(syn::parse2(item)),
        other => {
            let message = format!(
                "`#[micro::handler]` goes on the implementation of a contract, found {other}\n\
                 write `#[micro::handler] impl Greeter for English {{ .. }}`"
            );
            report.error(heading(item), message);
            None
        }
    }
}
