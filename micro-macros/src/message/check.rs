//! Checks: errors reported here, with an explanation, before the compiler reports them in generated code.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::{Attribute, Ident, LitStr, Type};

use super::input::{Body, Content, EncodingOptions, Input, Marked, Member, MemberOptions, Variant};
use super::model::{Carries, Choice, Model, Part, PartKind, Reserved, Shape, Tag, Values};
use super::names::{is_name, is_package};
use super::spelling;
use crate::options::{expected, topic};
use crate::report::{Check, Report};

impl Check for Model {
    fn check(&self, report: &mut Report) {
        let input = &self.input;
        check_generics(input, report);
        if let (Some(prost), Shape::Enumeration(_)) = (&input.options.prost, &self.shape) {
            report.error(prost, "an enum without data is not a message, for prost neither: its fields there are `i32`");
        }
        check_names(input, report);
        check_topic(self, report);
        check_key(input, report);
        match (&input.body, &self.shape) {
            (Body::Struct(members), Shape::Struct(parts)) => check_struct(members, parts, &self.reserved, report),
            (Body::Enum(variants), Shape::OneOf(choices)) => check_oneof(variants, choices, self, report),
            (Body::Enum(variants), Shape::Enumeration(values)) => check_enumeration(variants, values, report),
            _ => {}
        }
    }
}

fn check_topic(model: &Model, report: &mut Report) {
    let input = &model.input;
    if input.options.marked != Marked::Event {
        return;
    }
    if matches!(model.shape, Shape::Enumeration(_)) {
        report.error(
            &input.ident,
            "an event is a message, and this is a number: write a struct with a field of this type",
        );
    }
    let Some(written) = &input.options.topic else {
        report.error(&input.ident, "an event has a topic: write `#[micro::event(topic = \"orders.placed\")]`");
        return;
    };
    if let Err(why) = topic(&written.value()) {
        report.error(written, format!("`{}` is not a topic: {why}", written.value()));
    }
}

fn check_key(input: &Input, report: &mut Report) {
    let Some(key) = &input.options.key else { return };
    let Body::Struct(members) = &input.body else {
        report.error(key, "the key of an event is the value of a field, and an enum has none: remove `key`");
        return;
    };
    if !members.iter().any(|member| member.ident == *key) {
        let fields: Vec<String> = members.iter().map(|member| member.ident.to_string()).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let choices = match fields.as_slice() {
            [] => "there are none here".to_owned(),
            fields => expected(&key.to_string(), fields),
        };
        report.error(key, format!("unknown field `{key}`; {choices}"));
    }
}

fn check_generics(input: &Input, report: &mut Report) {
    let mut parameters = input.generics.params.iter();
    if let Some(first) = parameters.next() {
        let reason = match first {
            syn::GenericParam::Lifetime(_) => "a message owns its fields: no lifetimes",
            _ => "a message has one name and one description, so it cannot be generic: write one struct for each type",
        };
        report.error(&input.generics, reason);
    }
}

fn check_names(input: &Input, report: &mut Report) {
    let options = &input.options;
    check_written(&options.name, is_name, "a name: letters, digits and `_`", report);
    check_written(&options.package, is_package, "a package: names with dots between them", report);
    let members: Vec<&MemberOptions> = match &input.body {
        Body::Struct(members) => members.iter().map(|member| &member.options).collect(),
        Body::Enum(variants) => variants.iter().flat_map(Variant::all_options).collect(),
    };
    for member in members {
        check_written(&member.name, is_name, "a name: letters, digits and `_`", report);
    }
}

fn check_written(written: &Option<LitStr>, good: fn(&str) -> bool, what: &str, report: &mut Report) {
    if let Some(written) = written
        && !good(&written.value())
    {
        report.error(written, format!("`{}` is not {what}", written.value()));
    }
}

// ---- Structs ----

fn check_struct(members: &[Member], parts: &[Part], reserved: &[Reserved], report: &mut Report) {
    check_all_or_none(members.iter().filter(|member| member.options.unknown.is_none()).map(in_bytes), report);
    for member in members {
        check_member(member, report);
    }
    let unknown = members.iter().filter_map(|member| member.options.unknown.as_ref());
    check_once(unknown, "`unknown` is on another field already", report);

    let mut taken = Taken::new(reserved);
    for part in parts {
        match &part.kind {
            PartKind::Field { tag, json, .. } => {
                taken.tag(*tag, &part.name, report);
                taken.name(&part.name, json, part.ident.span(), report);
            }
            PartKind::OneOf { tags } => tags.iter().for_each(|tag| taken.tag(*tag, &part.name, report)),
            PartKind::Unknown => {}
        }
    }
}

/// Returns the field's name, and `true` if its tags are written.
fn in_bytes(member: &Member) -> (&Ident, bool) {
    (&member.ident, member.options.tag.is_some() || member.options.oneof.is_some())
}

/// Refuses tags on some of the fields only: the others would be renumbered when a field is inserted.
fn check_all_or_none<'m>(members: impl Iterator<Item = (&'m Ident, bool)>, report: &mut Report) {
    let (with, without): (Vec<_>, Vec<_>) = members.partition(|(_, written)| *written);
    if with.is_empty() {
        return;
    }
    for (ident, _) in without {
        report.error(
            ident,
            format!("`{ident}` has no tag and others have: write `#[message(tag = ..)]` on all or on none"),
        );
    }
}

fn check_member(member: &Member, report: &mut Report) {
    check_attributes(&member.attributes, report);
    let options = &member.options;
    if let Some(unknown) = &options.unknown {
        if has_encoding(options) || options.tag.is_some() || options.oneof.is_some() {
            report.error(
                unknown,
                "`unknown` takes no further options: the field holds unknown fields, without tag and type",
            );
        }
        return;
    }
    if let Some(oneof) = &options.oneof {
        if has_encoding(options) || options.tag.is_some() {
            report.error_at(
                oneof.span,
                "`oneof` takes no further options: its tags are in its parentheses, and its encodings on the variants",
            );
        }
        return;
    }
    if options.with_nothing()
        && let Some(refusal) = spelling::refusal(&member.ty)
    {
        report.error(refusal.part, refusal.reason);
        return;
    }
    check_encodings(member, report);
}

fn check_attributes(attributes: &[Attribute], report: &mut Report) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
        report.error(attribute, "a message looks the same in every build: no `#[cfg]` on its parts");
    }
}

impl MemberOptions {
    /// Returns `true` if no adapter is used between the type and protobuf.
    fn with_nothing(&self) -> bool {
        let with = |encoding: &EncodingOptions| encoding.with.is_some();
        !with(&self.encoding) && !self.key.as_ref().is_some_and(with) && !self.value.as_ref().is_some_and(with)
    }
}

fn has_encoding(options: &MemberOptions) -> bool {
    let EncodingOptions { sint, fixed, with } = &options.encoding;
    sint.is_some()
        || fixed.is_some()
        || with.is_some()
        || options.unpacked.is_some()
        || options.key.is_some()
        || options.value.is_some()
}

fn check_encodings(member: &Member, report: &mut Report) {
    let options = &member.options;
    match spelling::named(&member.ty) {
        Some((_, arguments)) if spelling::is_map(&member.ty) => {
            if let Some(written) = options.encoding.first().or(options.unpacked.as_ref()) {
                report.error(
                    written,
                    format!("choose the keys or the values: write `key({written})` or `value({written})`"),
                );
            }
            check_encoding(options.key.as_ref(), arguments[0], report);
            check_encoding(options.value.as_ref(), arguments[1], report);
        }
        _ => {
            check_encoding(Some(&options.encoding), spelling::element(&member.ty), report);
            check_packing(member, report);
        }
    }
}

impl EncodingOptions {
    /// Returns the first option that is set, for its span.
    fn first(&self) -> Option<&Ident> {
        self.sint.as_ref().or(self.fixed.as_ref())
    }
}

fn check_encoding(options: Option<&EncodingOptions>, ty: &Type, report: &mut Report) {
    let Some(EncodingOptions { sint, fixed, with }) = options else { return };
    if let (Some(sint), Some(_)) = (sint, fixed) {
        report.error(sint, "`sint` and `fixed` are two encodings: choose one");
    } else if let (Some(word), Some(_)) = (sint.as_ref().or(fixed.as_ref()), with) {
        report.error(word, format!("`with` sets the encoding: remove `{word}`"));
    }
    if let Some(sint) = sint {
        check_type(sint, ty, &["i32", "i64"], report);
    }
    if let Some(fixed) = fixed {
        check_type(fixed, ty, &["i32", "i64", "u32", "u64"], report);
    }
}

/// Refuses an encoding on a well-known type that does not have it. Other names may be aliases.
fn check_type(word: &Ident, ty: &Type, good: &[&str], report: &mut Report) {
    const KNOWN: [&str; 14] =
        ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "String", "Bytes", "Vec"];
    let Some((name, _)) = spelling::named(ty) else { return };
    if KNOWN.contains(&&*name) && !good.contains(&&*name) {
        let good: Vec<_> = good.iter().map(|good| format!("`{good}`")).collect();
        report.error(word, format!("`{word}` is for {}, and this is `{}`", good.join(", "), ty.to_token_stream()));
    }
}

fn check_packing(member: &Member, report: &mut Report) {
    let options = &member.options;
    if let Some(part) = options.key.as_ref().map(|_| "key").or(options.value.as_ref().map(|_| "value"))
        && spelling::is_collection(&member.ty)
    {
        report.error(&member.ty, format!("`{part}(..)` is for maps"));
    }
    let Some(unpacked) = &options.unpacked else { return };
    let is_list = spelling::named(&member.ty).is_some_and(|(name, arguments)| name == "Vec" && arguments.len() == 1);
    let never_packed = |element: &Type| {
        let name = spelling::named(element).map(|(name, _)| name).unwrap_or_default();
        matches!(&*name, "u8" | "String" | "Bytes" | "Vec")
    };
    if !is_list || never_packed(spelling::element(&member.ty)) {
        report.error(unpacked, "`unpacked` is for lists of numbers, `bool` and enums");
    }
}

// ---- Enums ----

fn check_oneof(variants: &[Variant], choices: &[Choice], model: &Model, report: &mut Report) {
    if variants.is_empty() {
        report.error(&model.ident, "an enum without variants has no values");
    }
    check_all_or_none(variants.iter().map(|variant| (&variant.ident, variant.options.tag.is_some())), report);
    check_once(
        variants.iter().filter_map(|variant| variant.options.default.as_ref()),
        "`default` is on another variant already",
        report,
    );
    let mut taken = Taken::new(&model.reserved);
    for (variant, choice) in variants.iter().zip(choices) {
        check_attributes(&variant.attributes, report);
        if let Some(discriminant) = &variant.discriminant {
            report.error(discriminant, "the variants of an enum with data have tags: write `#[message(tag = ..)]`");
        }
        if let Some(aliases) = &variant.options.aliases {
            report.error_at(aliases.span, "`aliases` are for the values of an enum without data");
        }
        taken.tag(choice.tag, &choice.name, report);
        taken.name(&choice.name, &choice.json, variant.ident.span(), report);
        if let Some(default) = &variant.options.default
            && !matches!(choice.carries, Carries::Nothing)
        {
            report.error(default, "`default` means that no variant is set, so it is for a variant without data");
        }
        match (&variant.content, &choice.carries) {
            (_, Carries::One(ty)) => check_choice(variant, ty, report),
            (Content::Named(members), Carries::Fields { parts, .. }) => {
                if has_encoding(&variant.options) {
                    report.error(&variant.ident, "the fields of this variant have encodings, the variant has none");
                }
                check_struct(members, parts, &[], report);
            }
            _ => {}
        }
    }
}

fn check_choice(variant: &Variant, ty: &Type, report: &mut Report) {
    let written = written_type(variant).unwrap_or(ty);
    if variant.options.with_nothing() {
        let several = matches!(spelling::named(ty), Some((name, arguments)) if
            (matches!(&*name, "Option" | "HashMap" | "BTreeMap") && !arguments.is_empty())
            || (name == "Vec" && arguments.first().is_some_and(|inner| !spelling::is_word(inner, "u8"))));
        if several {
            report.error(written, "a variant carries one value: put this in a `#[micro::message]` struct");
            return;
        }
        if let Some(refusal) = spelling::refusal(written) {
            report.error(refusal.part, refusal.reason);
            return;
        }
    }
    check_encoding(Some(&variant.options.encoding), written, report);
}

impl Variant {
    /// Returns the options of the item and of its fields.
    fn all_options(&self) -> impl Iterator<Item = &MemberOptions> {
        let members = match &self.content {
            Content::Named(members) => &members[..],
            _ => &[],
        };
        std::iter::once(&self.options).chain(members.iter().map(|member| &member.options))
    }
}

fn written_type(variant: &Variant) -> Option<&Type> {
    match &variant.content {
        Content::One(ty) => Some(ty),
        _ => None,
    }
}

fn check_enumeration(variants: &[Variant], values: &Values, report: &mut Report) {
    for variant in variants {
        check_attributes(&variant.attributes, report);
        if let Some(word) = variant.options.encoding.first() {
            report.error(word, format!("`{word}` has no meaning on a variant without data"));
        }
        if let Some(json) = &variant.options.json {
            report.error(json, "the value of an enum has one name: write `name`");
        }
    }
    check_once(
        variants.iter().filter_map(|variant| variant.options.default.as_ref()),
        "`default` is on another variant already",
        report,
    );

    let mut numbers = HashMap::new();
    let mut names = HashSet::new();
    for value in &values.values {
        let own = std::iter::once((value.name.clone(), value.span));
        for (name, span) in own.chain(value.aliases.iter().map(|alias| (alias.value(), alias.span()))) {
            if !is_name(&name) {
                report.error_at(span, format!("`{name}` is not a name: letters, digits and `_`"));
            } else if !names.insert(name.clone()) {
                report.error_at(span, format!("`{name}` is the name of another value already"));
            }
        }
        if let Some(other) = numbers.insert(value.number, &value.name) {
            report.error_at(value.span, format!("the number {} is that of `{other}` already", value.number));
        }
        // Peers omit the value 0, so absence means 0 to them.
        if value.default && value.number != 0 && values.unspecified.is_none() {
            report.error_at(
                value.span,
                "absence means the value 0, which this enum has: `default` is for enums without a value 0",
            );
        }
    }
}

fn check_once<'i>(words: impl Iterator<Item = &'i Ident>, message: &str, report: &mut Report) {
    for word in words.skip(1) {
        report.error(word, message);
    }
}

// ---- Tags and names ----

/// Maximum tag: protobuf's field numbers have 29 bits.
const MAX_TAG: i64 = 536_870_911;

/// Tags reserved for protobuf's own use.
const RESERVED: std::ops::RangeInclusive<i64> = 19_000..=19_999;

/// Tags and names already in use by a field.
struct Taken<'m> {
    reserved: &'m [Reserved],
    tags: HashMap<i64, String>,
    names: HashMap<String, String>,
}

impl<'m> Taken<'m> {
    fn new(reserved: &'m [Reserved]) -> Self {
        Taken { reserved, tags: HashMap::new(), names: HashMap::new() }
    }

    fn tag(&mut self, tag: Tag, name: &str, report: &mut Report) {
        let Tag { number, span } = tag;
        if !(1..=MAX_TAG).contains(&number) || RESERVED.contains(&number) {
            report.error_at(
                span,
                format!("{number} is not a tag: tags range from 1 to {MAX_TAG}, without 19000 to 19999"),
            );
            return;
        }
        if self.reserved.iter().any(|reserved| reserved.has_tag(number)) {
            report.error_at(span, format!("the tag {number} is reserved: bytes written before may have it"));
        }
        match self.tags.entry(number) {
            Entry::Occupied(other) => {
                report.error_at(span, format!("the tag {number} is that of `{}` already", other.get()));
            }
            Entry::Vacant(vacant) => {
                vacant.insert(name.to_owned());
            }
        }
    }

    fn name(&mut self, name: &str, json: &str, span: Span, report: &mut Report) {
        if self.reserved.iter().any(|reserved| matches!(reserved, Reserved::Name(reserved) if reserved == name)) {
            report.error_at(span, format!("the name `{name}` is reserved: text written before may have it"));
        }
        // JSON readers accept both names.
        let mut both = vec![name, json];
        both.dedup();
        for in_json in both {
            if let Some(other) = self.names.insert(in_json.to_owned(), name.to_owned()) {
                report.error_at(span, format!("in JSON, `{in_json}` is the name of `{other}` already"));
            }
        }
    }
}
