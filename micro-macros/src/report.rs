//! What is wrong with the author's code, gathered so that it arrives in one compile.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The errors found so far, each pointing at the author's tokens.
///
/// Reading, understanding and checking go on after an error, with a harmless value in place of the wrong one, and the
/// report is turned into tokens once, at the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    errors: Option<syn::Error>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_none()
    }

    /// Notes an error that underlines all of `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Notes an error at `span`.
    pub(crate) fn error_at(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Notes an error that a parser returned.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    /// The value, or nothing after noting the error.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// One `compile_error!` for each error, valid wherever an item or an associated item may stand.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.errors.map(|errors| errors.to_compile_error()).unwrap_or_default()
    }

    /// The messages in the order they were noted, for tests.
    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.errors.iter().flatten().map(|error| error.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn errors_arrive_together_and_in_order() {
        let mut report = Report::new();
        assert!(report.is_empty());
        report.error(quote!(first), "one");
        report.error_at(Span::call_site(), "two");
        assert_eq!(report.keep(syn::parse_str::<syn::Ident>("1")), None);
        assert_eq!(report.messages().len(), 3);
        assert_eq!(report.messages()[..2], ["one", "two"]);
        assert_eq!(report.into_tokens().to_string().matches("compile_error").count(), 3);
    }

    #[test]
    fn nothing_wrong_is_no_tokens() {
        assert!(Report::new().into_tokens().is_empty());
    }
}
