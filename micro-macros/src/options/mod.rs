//! The options between the parentheses of our attributes: `name = "..", flag, list(..), key = expression`.
//!
//! An attribute takes its options one by one, by name and type, and calls [`Options::finish`]. Options that were not taken are
//! then unknown, and the error lists the names that the attribute knows:
//!
//! ```text
//! let mut options = Options::of_attributes(&attributes, "method", &mut report);
//! let name = options.text("name");
//! let timeout = options.duration("timeout");
//! let idempotent = options.flag("idempotent");
//! options.finish();
//! ```
//!
//! A value of the wrong kind, or an option written twice, is added to the [`Report`], and the option counts as absent.

mod duration;
mod extensions;
mod suggest;
mod time;
mod topic;
mod written;

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitInt, LitStr, Meta, Path, Token};

pub(crate) use duration::parse as duration;
pub(crate) use extensions::Extension;
pub(crate) use suggest::{expected, nearest};
pub(crate) use time::{Time, parse as time};
pub(crate) use topic::{pattern, topic};
use written::{Value, Written};

use crate::report::Report;

/// The options of one attribute, taken one by one.
#[derive(Debug)]
pub(crate) struct Options<'r> {
    written: Vec<Written>,
    known: Vec<&'static str>,
    report: &'r mut Report,
}

/// An option's value and its span in the author's code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// An option with an optional value.
#[derive(Clone, Debug)]
pub(crate) struct FlagOrValue {
    pub(crate) value: Option<Expr>,
}

#[allow(dead_code, reason = "`message` asks for more kinds than the others")]
impl<'r> Options<'r> {
    /// Reads the options in `tokens`, the content of an attribute's parentheses.
    pub(crate) fn of_tokens(tokens: TokenStream, report: &'r mut Report) -> Self {
        let mut options = Self { written: vec![], known: vec![], report };
        options.add(tokens);
        options
    }

    /// Reads the options of every `#[helper(..)]` among `attributes`, as if they were in one attribute.
    pub(crate) fn of_attributes(attributes: &[Attribute], helper: &str, report: &'r mut Report) -> Self {
        let ours = attributes.iter().filter(|attribute| attribute.path().is_ident(helper));
        Self::of_helpers(ours, helper, report)
    }

    /// Reads attributes that are known to be `helper`.
    pub(crate) fn of_helpers<'a>(
        attributes: impl Iterator<Item = &'a Attribute>,
        helper: &str,
        report: &'r mut Report,
    ) -> Self {
        let mut options = Self { written: vec![], known: vec![], report };
        for attribute in attributes {
            match &attribute.meta {
                Meta::Path(_) => {}
                Meta::List(list) => options.add(list.tokens.clone()),
                Meta::NameValue(_) => {
                    options.report.error(attribute, format!("write the options in parentheses: `#[{helper}(..)]`"));
                }
            }
        }
        options
    }

    fn add(&mut self, tokens: TokenStream) {
        let Some((written, errors)) = self.report.keep(written::split.parse2(tokens)) else { return };
        for error in errors {
            self.report.add(error);
        }
        for option in written {
            if self.written.iter().any(|earlier| earlier.name == option.name) {
                self.report.error(&option.name, format!("option `{}` is written twice", option.name));
            } else {
                self.written.push(option);
            }
        }
    }

    /// Takes the flag `name`. The returned identifier is for later errors about the flag.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<Ident> {
        let option = self.take(name)?;
        if !matches!(option.value, Value::None) {
            self.report.error(&option, format!("option `{name}` takes no value: write `{name}` alone"));
            return None;
        }
        Some(option.name)
    }

    /// Takes `name = ".."`.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<LitStr> {
        self.assigned(name, "\"..\"", "a string")
    }

    /// Takes `name = ".."`, where the string is one of `choices`.
    pub(crate) fn choice(
        &mut self,
        name: &'static str,
        choices: &'static [&'static str],
    ) -> Option<Given<&'static str>> {
        let literal = self.text(name)?;
        let text = literal.value();
        let Some(value) = choices.iter().find(|choice| **choice == text) else {
            self.report.error(&literal, format!("unknown `{name}` `{text}`; {}", expected(&text, choices)));
            return None;
        };
        Some(Given { value, span: literal.span() })
    }

    /// Takes `name = 3`, within the range of `T`.
    pub(crate) fn number<T>(&mut self, name: &'static str) -> Option<Given<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        let literal: LitInt = self.assigned(name, "3", "a whole number")?;
        match literal.base10_parse() {
            Ok(value) => Some(Given { value, span: literal.span() }),
            Err(error) => {
                self.report.error(&literal, format!("`{literal}` cannot be the `{name}`: {error}"));
                None
            }
        }
    }

    /// Takes `name = "2s"`.
    pub(crate) fn duration(&mut self, name: &'static str) -> Option<Given<Duration>> {
        let literal: LitStr = self.assigned(name, "\"2s\"", "a duration")?;
        let text = literal.value();
        match duration::parse(&text) {
            // Zero could mean "immediately" or "never".
            Ok(Duration::ZERO) => {
                self.report.error(&literal, format!("`{name}` must be longer than zero"));
                None
            }
            Ok(value) => Some(Given { value, span: literal.span() }),
            Err(reason) => {
                self.report.error(&literal, format!("`{text}` is not a duration for `{name}`: {reason}"));
                None
            }
        }
    }

    /// Takes `name = some::path`.
    pub(crate) fn path(&mut self, name: &'static str) -> Option<Path> {
        let ModStyle(path) = self.assigned(name, "some::path", "a path")?;
        Some(path)
    }

    /// Takes `name = expression`.
    pub(crate) fn expression(&mut self, name: &'static str) -> Option<Expr> {
        self.assigned(name, "..", "an expression")
    }

    /// Takes `name` alone, or `name = expression`.
    pub(crate) fn switched(&mut self, name: &'static str) -> Option<FlagOrValue> {
        let option = self.take(name)?;
        let value = match &option.value {
            Value::None => None,
            Value::Assigned(tokens) => {
                let parsed = syn::parse2(tokens.clone()).ok();
                if parsed.is_none() {
                    self.report.error(&option, format!("option `{name}` takes an expression: write `{name} = ..`"));
                }
                Some(parsed?)
            }
            Value::List(_) => {
                self.report.error(&option, format!("write `{name}` alone, or `{name} = ..`"));
                return None;
            }
        };
        Some(FlagOrValue { value })
    }

    /// Takes `name = ".."`, or several: `name("..", "..")`.
    pub(crate) fn texts(&mut self, name: &'static str) -> Vec<LitStr> {
        let Some(option) = self.take(name) else { return vec![] };
        let parsed = match (&option.value, option.value.list()) {
            (Value::Assigned(tokens), _) => syn::parse2(tokens.clone()).ok().map(|text| vec![text]),
            (_, Some(tokens)) => separated(tokens),
            _ => None,
        };
        if parsed.is_none() {
            let message = format!("option `{name}` takes strings: write `{name} = \"..\"` or `{name}(\"..\", \"..\")`");
            self.report.error(&option, message);
        }
        parsed.unwrap_or_default()
    }

    /// Takes `name(argument)`. `form` and `what` describe the expected syntax in the error.
    pub(crate) fn argument<T: Parse>(&mut self, name: &'static str, form: &str, what: &str) -> Option<T> {
        let option = self.take(name)?;
        let parsed = option.value.list().and_then(|tokens| syn::parse2(tokens).ok());
        if parsed.is_none() {
            self.report.error(&option, format!("`{name}` takes {what}: write `{name}({form})`"));
        }
        parsed
    }

    /// Takes `name(argument, ..)`, with at least one argument.
    pub(crate) fn arguments<T: Parse>(&mut self, name: &'static str, form: &str, what: &str) -> Vec<T> {
        let Some(option) = self.take(name) else { return vec![] };
        let parsed = option.value.list().and_then(separated);
        if parsed.is_none() {
            self.report.error(&option, format!("`{name}` takes {what}: write `{name}({form})`"));
        }
        parsed.unwrap_or_default()
    }

    /// Takes `name(..)`: the tokens between the parentheses, for the caller to parse.
    pub(crate) fn list(&mut self, name: &'static str) -> Option<Given<TokenStream>> {
        let option = self.take(name)?;
        let Some(value) = option.value.list() else {
            self.report.error(&option, format!("option `{name}` takes a list: write `{name}(..)`"));
            return None;
        };
        Some(Given { value, span: option.name.span() })
    }

    /// Takes `extension("name" = value, ..)`, where values are JSON.
    pub(crate) fn extensions(&mut self) -> Vec<Extension> {
        let Some(list) = self.list("extension") else { return vec![] };
        extensions::read(list.value, self.report)
    }

    /// Takes `name = value`, parsed as a `T`. `form` and `what` describe the expected syntax in the error.
    pub(crate) fn assigned<T: Parse>(&mut self, name: &'static str, form: &str, what: &str) -> Option<T> {
        let option = self.take(name)?;
        let parsed = match &option.value {
            Value::Assigned(tokens) => syn::parse2(tokens.clone()).ok(),
            Value::None | Value::List(_) => None,
        };
        if parsed.is_none() {
            self.report.error(&option, format!("option `{name}` takes {what}: write `{name} = {form}`"));
        }
        parsed
    }

    /// Returns `true` if `name` is present in any form, without taking it.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.written.iter().any(|option| option.name == name)
    }

    /// Refuses options that were not taken.
    pub(crate) fn finish(self) {
        for option in self.written {
            let name = option.name.to_string();
            let choices = if self.known.is_empty() {
                "there are no options here".to_owned()
            } else {
                expected(&name, &self.known)
            };
            self.report.error(&option.name, format!("unknown option `{name}`; {choices}"));
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Written> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let position = self.written.iter().position(|option| option.name == name)?;
        Some(self.written.remove(position))
    }
}

/// Parses values separated by commas, at least one.
fn separated<T: Parse>(tokens: TokenStream) -> Option<Vec<T>> {
    let values = Punctuated::<T, Token![,]>::parse_terminated.parse2(tokens).ok()?;
    (!values.is_empty()).then(|| values.into_iter().collect())
}

/// A path without generic arguments, `crate::..` included.
struct ModStyle(Path);

impl Parse for ModStyle {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        input.call(Path::parse_mod_style).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::{ToTokens as _, quote};
    use syn::parse_quote;

    fn complaints(tokens: TokenStream, ask: impl FnOnce(&mut Options<'_>)) -> Vec<String> {
        let mut report = Report::new();
        let mut options = Options::of_tokens(tokens, &mut report);
        ask(&mut options);
        options.finish();
        report.into_messages()
    }

    #[test]
    fn every_kind_of_option_is_read() {
        let tokens = quote!(
            name = "greeter",
            idempotent,
            tag = 3,
            timeout = "2s",
            crate = ::fancy::micro,
            default = call::<A, B>(1, 2),
            kind = "b",
            reserved(3, 5..=7, "old"),
        );
        let complaints = complaints(tokens, |options| {
            assert!(options.contains("name"));
            assert_eq!(options.text("name").unwrap().value(), "greeter");
            assert!(!options.contains("name"));
            assert_eq!(options.flag("idempotent").unwrap(), "idempotent");
            assert_eq!(options.number::<u32>("tag").unwrap().value, 3);
            assert_eq!(options.duration("timeout").unwrap().value, Duration::from_secs(2));
            assert_eq!(options.path("crate").unwrap(), parse_quote!(::fancy::micro));
            let default = options.expression("default").unwrap().to_token_stream();
            assert_eq!(default.to_string(), quote!(call::<A, B>(1, 2)).to_string());
            assert_eq!(options.choice("kind", &["a", "b"]).unwrap().value, "b");
            let reserved = options.list("reserved").unwrap().value;
            assert_eq!(reserved.to_string(), quote!(3, 5..=7, "old").to_string());
            assert!(options.text("absent").is_none());
        });
        assert_eq!(complaints, Vec::<String>::new());
    }

    #[test]
    fn what_nobody_asked_for_is_unknown() {
        let complaints = complaints(quote!(timout = "2s", retry), |options| {
            options.text("name");
            options.duration("timeout");
        });
        assert_eq!(
            complaints,
            [
                "unknown option `timout`; expected one of `name`, `timeout`\ndid you mean `timeout`?",
                "unknown option `retry`; expected one of `name`, `timeout`",
            ]
        );
    }

    #[test]
    fn no_options_means_none() {
        assert_eq!(complaints(quote!(x), |_| {}), ["unknown option `x`; there are no options here"]);
    }

    #[test]
    fn one_mistake_does_not_hide_the_next() {
        let complaints =
            complaints(quote!("stray", name = , name = "a" "b", idempotent = true, idempotent), |options| {
                options.text("name");
                options.flag("idempotent");
            });
        assert_eq!(
            complaints,
            [
                "expected ident",
                "expected a value after `=`",
                "option `idempotent` is written twice",
                "option `name` takes a string: write `name = \"..\"`",
                "option `idempotent` takes no value: write `idempotent` alone",
            ]
        );
    }

    #[test]
    fn values_of_the_wrong_kind_say_what_to_write() {
        let complaints = complaints(
            quote!(name, tag = -1, small = 300, timeout = "2 weeks", wait = "0s", kind = "c", list = 3, crate = "x"),
            |options| {
                options.text("name");
                options.number::<u32>("tag");
                options.number::<u8>("small");
                options.duration("timeout");
                options.duration("wait");
                options.choice("kind", &["aa", "bb"]);
                options.list("list");
                options.path("crate");
            },
        );
        assert_eq!(
            complaints,
            [
                "option `name` takes a string: write `name = \"..\"`",
                "`-1` cannot be the `tag`: invalid digit found in string",
                "`300` cannot be the `small`: number too large to fit in target type",
                "`2 weeks` is not a duration for `timeout`: unknown unit `weeks`; \
                 expected one of `ns`, `us`, `ms`, `s`, `m`, `h`",
                "`wait` must be longer than zero",
                "unknown `kind` `c`; expected one of `aa`, `bb`",
                "option `list` takes a list: write `list(..)`",
                "option `crate` takes a path: write `crate = some::path`",
            ]
        );
    }

    #[test]
    fn helpers_are_read_as_one() {
        let attributes: Vec<Attribute> =
            parse_quote!(#[method(name = "A")] #[doc = "x"] #[method] #[method(idempotent)]);
        let mut report = Report::new();
        let mut options = Options::of_attributes(&attributes, "method", &mut report);
        assert_eq!(options.text("name").unwrap().value(), "A");
        assert!(options.flag("idempotent").is_some());
        options.finish();
        assert_eq!(report.into_messages(), Vec::<String>::new());
    }
}
