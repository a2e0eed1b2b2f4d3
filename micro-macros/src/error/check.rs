//! Checks, with the correction in each message.

use std::collections::HashMap;

use syn::LitStr;

use super::input::Input;
use super::model::{Model, Variant};
use crate::message::{is_name, is_package};
use crate::options::expected;
use crate::report::{Check, Report};

impl Check for Model {
    fn check(&self, report: &mut Report) {
        if !self.input.generics.params.is_empty() {
            report.error(
                &self.input.generics,
                "both sides of the wire must know the error, so it cannot be generic: write one enum for each type",
            );
        }
        names(&self.input, report);
        others(self, report);
        let mut wires: HashMap<String, &Variant> = HashMap::new();
        for variant in &self.variants {
            words(variant, report);
            if let Some(earlier) = wires.insert(variant.wire(), variant) {
                let span = variant.name.as_ref().map_or_else(|| variant.ident.span(), LitStr::span);
                let (wire, earlier) = (variant.wire(), &earlier.ident);
                report.error_at(span, format!("`{wire}` is the name of `{earlier}` on the wire already"));
            }
        }
    }
}

fn names(input: &Input, report: &mut Report) {
    let options = &input.options;
    written(&options.name, is_name, "a name: letters, digits and `_`", report);
    written(&options.package, is_package, "a package: names with dots between them", report);
    for variant in &input.variants {
        written(&variant.options.name, is_name, "a name: letters, digits and `_`", report);
    }
}

fn written(written: &Option<LitStr>, good: fn(&str) -> bool, what: &str, report: &mut Report) {
    if let Some(written) = written
        && !good(&written.value())
    {
        report.error(written, format!("`{}` is not {what}", written.value()));
    }
}

fn others(model: &Model, report: &mut Report) {
    if model.others.is_empty() {
        let ident = &model.ident;
        report.error(
            ident,
            format!(
                "`{ident}` needs a catch-all variant: calls also fail in transit, and newer services have other errors\n\
                 write one more: `#[error(other)] Other(micro::Error)`"
            ),
        );
    }
    for other in model.others.iter().skip(1) {
        let first = &model.others[0].ident;
        report.error(&other.ident, format!("`{first}` is the catch-all variant already"));
    }
}

/// Checks that the format string names existing fields.
fn words(variant: &Variant, report: &mut Report) {
    let (ident, text) = (&variant.ident, &variant.text);
    let fields: Vec<String> = variant.fields.iter().map(|field| field.called()).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    if text.nameless {
        let message = match fields.first() {
            Some(first) => format!("`{{}}` has no meaning here: name the field, `{{{first}}}`"),
            None => format!("`{{}}` has no meaning here: `{ident}` has no fields"),
        };
        report.error(&text.literal, message);
    }
    for name in text.names.iter().filter(|name| !fields.contains(&name.as_str())) {
        let choices = if fields.is_empty() { "it has none".to_owned() } else { expected(name, &fields) };
        report.error(&text.literal, format!("`{ident}` has no field `{name}`; {choices}"));
    }
}
