//! Checks, with the correction in each message.

use std::collections::HashMap;

use quote::ToTokens as _;
use syn::{Expr, ExprLit, ExprRange, Fields, Lit, LitStr, Path};

use super::input::{Body, Input};
use super::model::{self, Choice, Default, Field, Key, Literal, Model, Shape};
use crate::message::named;
use crate::options;
use crate::report::{Check, Report};
use crate::syntax::printed;

impl Check for Model {
    fn check(&self, report: &mut Report) {
        if !self.input.generics.params.is_empty() {
            report.error(
                &self.input.generics,
                "settings are read at startup and cannot be generic: write one struct for each type",
            );
        }
        conditional(&self.input, report);
        match &self.shape {
            Shape::Section(fields) => section(self, fields, report),
            Shape::Choice(words) => choice(self, words, report),
        }
    }
}

/// Refuses `#[cfg(..)]` on fields and variants: generated code refers to them by position.
fn conditional(input: &Input, report: &mut Report) {
    let attributes: Vec<_> = match &input.body {
        Body::Struct(members) => members.iter().filter_map(|member| member.conditional.as_ref()).collect(),
        Body::Enum(variants) => variants.iter().filter_map(|variant| variant.conditional.as_ref()).collect(),
    };
    for attribute in attributes {
        report.error(attribute, "settings are the same in every build: write `#[cfg(..)]` on the whole item");
    }
}

// ---- Structs ----

fn section(model: &Model, fields: &[Field], report: &mut Report) {
    if let Some(prefix) = &model.prefix {
        self::prefix(prefix, &model.package, report);
    }
    if let Some(path) = model.input.derives.iter().find(|path| is_default(path)) {
        report.error(
            path,
            "remove `Default`: `#[micro::config]` implements it from the declared defaults, if every field has one",
        );
    }
    twice(fields.iter().map(|field| &field.key), "a field", report);
    for field in fields {
        key(&field.key, report);
        names(field, report);
        secret(field, report);
        default(field, report);
        for check in &field.checks {
            asked(field, check, report);
        }
    }
}

fn prefix(prefix: &LitStr, package: &str, report: &mut Report) {
    let text = prefix.value();
    if !text.split('.').all(is_word) {
        let meant = text.to_lowercase().replace('-', "_");
        let meant = if meant.split('.').all(is_word) { format!(": write `{meant}`") } else { String::new() };
        report.error(
            prefix,
            format!("`{text}` is not a prefix: expected lower-case letters, digits and `_`, separated by dots{meant}"),
        );
    } else if package != "micro" && (text == "micro" || text.starts_with("micro.")) {
        report.error(prefix, "`micro` is the prefix of the framework's own settings: choose one of your own");
    }
}

fn key(key: &Key, report: &mut Report) {
    if !is_word(&key.text) {
        let text = &key.text;
        report.error_at(
            key.span,
            format!(
                "`{text}` is not a key: expected lower-case letters, digits and `_`; write `#[config(name = \"..\")]`"
            ),
        );
    }
}

fn names(field: &Field, report: &mut Report) {
    for name in &field.env {
        let text = name.value();
        let good = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
        if text.is_empty() || text.starts_with(|first: char| first.is_ascii_digit()) || !text.chars().all(good) {
            report.error(name, format!("`{text}` is not a variable: expected upper-case letters, digits and `_`"));
        }
    }
    if let Some(flag) = &field.flag {
        let text = flag.value();
        if text.starts_with('-') {
            report.error(flag, format!("a flag is written without its dashes: `{}`", text.trim_start_matches('-')));
        } else if !is_kebab(&text) {
            report.error(
                flag,
                format!("`{text}` is not a flag: expected lower-case letters and digits, separated by `-`"),
            );
        }
    }
}

/// Refuses the option `secret`, which would hide a value in this attribute's code only: derives read the field too, those
/// above the attribute before it does.
fn secret(field: &Field, report: &mut Report) {
    let Some(secret) = &field.secret else { return };
    let (ident, value) = (&field.ident, spelled(&field.ty));
    let message = if is_secret(&field.ty) {
        format!("`{}` is a secret by its type: remove `secret`", printed(&field.ty))
    } else {
        let (ty, value) = (printed(&field.ty), printed(value));
        let hidden = ty.replacen(&value, &format!("Secret<{value}>"), 1);
        format!(
            "derives read the field too and would show it: write `{ident}: {hidden}` in place of `secret`\n\
             `micro::config::Secret` is shown by no derive; `expose()` returns its value"
        )
    };
    report.error(secret, message);
}

fn is_secret(ty: &syn::Type) -> bool {
    match named(ty) {
        Some((name, _)) if name == "Secret" => true,
        Some((name, inner)) if name == "Option" && inner.len() == 1 => is_secret(inner[0]),
        _ => false,
    }
}

/// Refuses a default literal that is not a value of its type, as spelled. Types unknown here are checked when the program
/// starts.
fn default(field: &Field, report: &mut Report) {
    let Some(Default::Literal(literal, written)) = &field.default else { return };
    if let Some((name, [])) = named(spelled(&field.ty)).as_ref().map(|(name, inner)| (name.as_str(), inner.as_slice()))
        && let Some(expected) = refused(name, literal)
    {
        let (value, ty) = (printed(written), printed(&field.ty));
        report.error(written, format!("`{}` is not a `{ty}`: expected {expected}", value.replace("- ", "-")));
    }
}

/// Returns the type of the value, inside an `Option` or a `Secret`.
fn spelled(ty: &syn::Type) -> &syn::Type {
    match named(ty) {
        Some((name, inner)) if matches!(&*name, "Option" | "Secret") && inner.len() == 1 => spelled(inner[0]),
        _ => ty,
    }
}

fn is_duration(ty: &syn::Type) -> bool {
    named(spelled(ty)).is_some_and(|(name, _)| name == "Duration")
}

/// Returns the expected form of a literal of a well-known type, if this literal does not have it.
fn refused(ty: &str, literal: &Literal) -> Option<String> {
    let text = match literal {
        Literal::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let good = match ty {
        "String" => text.is_some(),
        "char" => text.is_some_and(|text| text.trim().chars().count() == 1),
        "bool" => {
            matches!(literal, Literal::Switch(_))
                || text.is_some_and(|text| ["on", "true", "yes", "1", "off", "false", "no", "0"].contains(&text))
        }
        "f32" | "f64" => {
            matches!(literal, Literal::Integer(_) | Literal::Float(_))
                || text.is_some_and(|text| text.parse::<f64>().is_ok())
        }
        "Duration" => match literal {
            Literal::Integer(seconds) => *seconds >= 0,
            Literal::Text(text) => options::duration(text).is_ok(),
            _ => false,
        },
        _ => return whole(ty, literal),
    };
    let expected = match ty {
        "String" => "text",
        "char" => "one letter",
        "bool" => "`true` or `false`",
        "Duration" => "a duration, like `\"30s\"`, `\"250ms\"` or `\"5m\"`",
        _ => "a number",
    };
    (!good).then(|| expected.to_owned())
}

fn whole(ty: &str, literal: &Literal) -> Option<String> {
    let (least, most): (i128, i128) = match ty {
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        _ => return None,
    };
    let number = match literal {
        Literal::Integer(number) => Some(*number),
        Literal::Text(text) => text.replace('_', "").parse().ok(),
        _ => None,
    };
    let good = number.is_some_and(|number| (least..=most).contains(&number));
    (!good).then(|| format!("a whole number from {least} to {most}"))
}

/// Refuses a check that a type, as spelled, does not support. Types unknown here are left to the compiler.
fn unfit(field: &Field, check: &model::Check, report: &mut Report) -> bool {
    let Some((name, _)) = named(spelled(&field.ty)) else { return false };
    let number = NUMBERS.contains(&&*name) || name == "Duration";
    let (text, many) = (matches!(&*name, "String" | "PathBuf"), COLLECTIONS.contains(&&*name));
    if !(number || text || many || matches!(&*name, "bool" | "char")) {
        return false;
    }
    let length = many || name == "String";
    let bounds = |written: &Expr| match written {
        Expr::Range(_) => printed(written).replace(" ..", "..").replace("..= ", "..="),
        _ => "1..=10".to_owned(),
    };
    let (fits, word, whose, argument, instead) = match check {
        model::Check::Range(range) => {
            let instead = length.then(|| format!("length({})", bounds(range)));
            (number, "range", "numbers, `1..=10`, and durations, `\"1s\"..=\"1h\"`", range.to_token_stream(), instead)
        }
        model::Check::Length(range) => {
            let instead = (number && name != "Duration").then(|| format!("range({})", bounds(range)));
            (length, "length", "text, lists and maps", range.to_token_stream(), instead)
        }
        model::Check::Regex(pattern) => (text, "regex", "text", pattern.to_token_stream(), None),
        model::Check::With(_) => return false,
    };
    if !fits {
        let (ident, ty) = (&field.ident, printed(&field.ty));
        let instead = instead.unwrap_or_else(|| "with(function)".to_owned());
        report.error(argument, format!("`{word}` is for {whose}, and `{ident}` has type `{ty}`: write `{instead}`"));
    }
    !fits
}

const NUMBERS: [&str; 12] = ["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize", "f32", "f64"];
const COLLECTIONS: [&str; 5] = ["Vec", "HashMap", "BTreeMap", "HashSet", "BTreeSet"];

fn asked(field: &Field, check: &model::Check, report: &mut Report) {
    if unfit(field, check, report) {
        return;
    }
    match check {
        model::Check::Regex(pattern) => {
            if let Err(error) = regex_syntax::parse(&pattern.value()) {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
                report.error(pattern, format!("`{}` is not a regular expression: {why}", pattern.value()));
            }
        }
        model::Check::Range(range) | model::Check::Length(range) => {
            let Expr::Range(ExprRange { start, end, .. }) = range else {
                report.error(range, "expected a range: `1..=10`, `..=64`, `\"1s\"..=\"1h\"`");
                return;
            };
            for bound in [start, end].into_iter().flatten() {
                let Expr::Lit(ExprLit { lit, .. }) = &**bound else { continue };
                match lit {
                    Lit::Str(text) => {
                        let text = text.value();
                        if let Err(why) = options::duration(&text) {
                            report.error(lit, format!("`{text}` is not a duration: {why}"));
                        }
                    }
                    Lit::Int(_) if matches!(check, model::Check::Range(_)) && is_duration(&field.ty) => {
                        report.error(lit, "a duration is written as text: `range(\"1s\"..=\"1h\")`");
                    }
                    Lit::Int(number) if matches!(check, model::Check::Range(_)) && number.suffix().is_empty() => {
                        let literal = Literal::Integer(number.base10_parse().unwrap_or(i128::MAX));
                        let name = named(spelled(&field.ty)).map(|(name, _)| name).unwrap_or_default();
                        if let Some(expected) = whole(&name, &literal) {
                            report.error(number, format!("`{number}` does not fit `{name}`: expected {expected}"));
                        }
                    }
                    _ => {}
                }
            }
        }
        model::Check::With(_) => {}
    }
}

// ---- Enums ----

fn choice(model: &Model, words: &[Choice], report: &mut Report) {
    if let Some(prefix) = &model.prefix {
        report.error(prefix, "an enum is the value of a field: only a struct has a prefix");
    }
    if let Some(validate) = &model.validate {
        report.error(validate, "an enum has a fixed set of words: there is nothing to validate");
    }
    let Body::Enum(variants) = &model.input.body else { return };
    if variants.is_empty() {
        report.error(&model.ident, "an enum without variants has no words to choose from");
    }
    for variant in variants.iter().filter(|variant| !matches!(variant.fields, Fields::Unit)) {
        report.error(
            &variant.fields,
            "an enum with data is read through serde: remove `#[micro::config]`, and derive serde's `Serialize` and \
             `Deserialize`",
        );
    }
    twice(words.iter().map(|word| &word.key), "a variant", report);
    for Choice { key, .. } in words {
        let good = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if key.text.is_empty() || !key.text.chars().all(good) {
            let message = format!("`{}` is not a word: expected letters, digits, `-`, `_` and `.`", key.text);
            report.error_at(key.span, message);
        }
    }
}

// ---- Both ----

fn twice<'a>(keys: impl Iterator<Item = &'a Key>, what: &str, report: &mut Report) {
    let mut seen = HashMap::new();
    for key in keys {
        if seen.insert(&key.text, ()).is_some() {
            report.error_at(key.span, format!("`{}` is the name of {what} above already", key.text));
        }
    }
}

/// Returns `true` for a key, or one part of a prefix.
fn is_word(text: &str) -> bool {
    let good = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.chars().all(good)
}

fn is_kebab(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.split('-').all(part)
}

/// Returns `true` if a derive names `Default` of the standard library.
pub(super) fn is_default(path: &Path) -> bool {
    let root = |path: &Path| matches!(path.segments[0].ident.to_string().as_str(), "core" | "std");
    path.segments.last().is_some_and(|last| last.ident == "Default") && (path.segments.len() == 1 || root(path))
}
