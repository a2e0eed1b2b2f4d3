//! `#[micro::main]`: an `async fn main` on micro's runtime.

mod check;
mod expand;
mod input;
mod model;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::report::Report;
use model::Main;

/// Expands the attribute: `options` between its parentheses, `item` below it.
pub(crate) fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut report = Report::new();
    let Some(function) = input::read(item.clone(), &mut report) else { return report.beside(item) };
    let main = Main::from_input(function, options, &mut report);
    match report.check(main) {
        Ok(main) => expand::expand(&main),
        Err(refused) => refused.beside(expand::stub),
    }
}
