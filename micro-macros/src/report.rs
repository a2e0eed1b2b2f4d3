//! Errors in the author's code, collected so that they are reported in one compilation.
//!
//! An expansion carries one [`Report`] through its first steps. The report ends in one of two ways: [`Report::check`] turns
//! the model into a [`Checked`] model, the only input of an `expand`, or the expansion emits the errors and a stub.

use std::fmt::Display;
use std::ops::Deref;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// The errors found so far, each pointing at the author's tokens.
///
/// Reading and checking continue after an error, with a harmless value in place of the wrong one. The report is turned into
/// tokens once, at the end.
///
/// # Panics
///
/// Panics when the report is dropped before that: its errors would be lost, and code with an error would compile.
#[derive(Debug)]
#[must_use]
pub(crate) struct Report {
    errors: Vec<syn::Error>,
    is_read: bool,
}

/// Checks of a model. Implemented in `check.rs` of each folder.
pub(crate) trait Check {
    /// Adds an error for everything that is not allowed.
    fn check(&self, report: &mut Report);
}

/// A model without errors. [`Report::check`] is the only constructor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked<M>(M);

/// A model with errors, and its report.
#[must_use]
pub(crate) struct Refused<M> {
    model: M,
    report: Report,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { errors: vec![], is_read: false }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Adds an error that underlines all of `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error at `span`.
    pub(crate) fn error_at(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Adds an error that a parser returned.
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// Returns the value, or adds the error and returns `None`.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// Checks a model, and ends the report if there are no errors.
    pub(crate) fn check<M: Check>(mut self, model: M) -> Result<Checked<M>, Refused<M>> {
        model.check(&mut self);
        if !self.is_empty() {
            return Err(Refused { model, report: self });
        }
        self.is_read = true;
        Ok(Checked(model))
    }

    /// Ends the report: emits `stub` and one `compile_error!` for each error, valid wherever an item or an associated item is
    /// allowed.
    pub(crate) fn beside(mut self, stub: impl ToTokens) -> TokenStream {
        self.is_read = true;
        let errors = self.errors.iter().map(syn::Error::to_compile_error);
        quote!(#stub #(#errors)*)
    }

    /// Ends the report: returns the messages in the order they were added, for tests.
    #[cfg(test)]
    pub(crate) fn into_messages(mut self) -> Vec<String> {
        self.is_read = true;
        self.errors.iter().flatten().map(|error| error.to_string()).collect()
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        // A second panic would abort the process and hide the message of the first.
        assert!(self.is_read || std::thread::panicking(), "a report was dropped unread: {:?}", self.errors);
    }
}

impl<M> Refused<M> {
    /// Emits the errors, together with a stub of the model.
    pub(crate) fn beside(self, stub: impl FnOnce(&M) -> TokenStream) -> TokenStream {
        self.report.beside(stub(&self.model))
    }
}

impl<M> Checked<M> {
    /// Returns a part of the model, checked with the whole.
    pub(crate) fn part<P>(&self, part: impl FnOnce(&M) -> &P) -> Checked<&P> {
        Checked(part(&self.0))
    }

    /// Returns the parts of the model, checked with the whole.
    pub(crate) fn parts<'m, P: 'm>(&'m self, parts: impl FnOnce(&M) -> &[P]) -> impl Iterator<Item = Checked<&'m P>> {
        parts(&self.0).iter().map(Checked)
    }
}

impl<M> Deref for Checked<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Model(Option<&'static str>);

    impl Check for Model {
        fn check(&self, report: &mut Report) {
            if let Some(error) = self.0 {
                report.error_at(Span::call_site(), error);
            }
        }
    }

    #[test]
    fn errors_arrive_together_and_in_order() {
        let mut report = Report::new();
        assert!(report.is_empty());
        report.error(quote!(first), "one");
        report.error_at(Span::call_site(), "two");
        assert_eq!(report.keep(syn::parse_str::<syn::Ident>("1")), None);
        let Err(refused) = report.check(Model(Some("three"))) else { panic!("it is wrong in four ways") };
        let messages = crate::snapshot::complaints(refused.beside(|_| TokenStream::new()));
        assert_eq!(messages.len(), 4);
        assert_eq!([&messages[0], &messages[1], &messages[3]], ["one", "two", "three"]);
    }

    #[test]
    fn an_error_found_before_the_check_refuses_the_model_too() {
        let mut report = Report::new();
        report.error_at(Span::call_site(), "one");
        let Err(refused) = report.check(Model(None)) else { panic!("it was wrong before") };
        let tokens = refused.beside(|_| quote!(stub)).to_string();
        assert!(tokens.starts_with("stub") && tokens.contains("compile_error"), "{tokens}");
    }

    #[test]
    fn nothing_wrong_is_a_checked_model() {
        assert!(Report::new().check(Model(None)).is_ok());
        assert_eq!(Report::new().beside(quote!(item)).to_string(), "item");
    }

    #[test]
    #[should_panic(expected = "dropped unread")]
    fn a_report_is_not_dropped_unread() {
        drop(Report::new());
    }
}
