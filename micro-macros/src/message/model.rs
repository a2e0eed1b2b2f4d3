//! Model: names, tags and encodings, with omitted parts filled in.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, ExprUnary, Ident, Lit, LitInt, LitStr, Path, Token, Type, UnOp};

use super::input::{Body, Content, EncodingOptions, Input, Member, ReservedEntry, Variant};
use super::names::{lower_camel_case, snake_case, upper_snake_case};
use super::spelling;
use crate::options::Given;
use crate::report::Report;
use crate::syntax::CratePath;

/// A message, as the generated code describes it.
pub(super) struct Model {
    /// Parsed input, whose item is emitted unchanged.
    pub(super) input: Input,
    pub(super) ident: Ident,
    /// The full name, `shop.Order`.
    pub(super) name: String,
    pub(super) docs: String,
    pub(super) home: CratePath,
    /// Topic, of an event.
    pub(super) topic: Option<String>,
    /// Field whose value is the key, of an event.
    pub(super) key: Option<Ident>,
    pub(super) reserved: Vec<Reserved>,
    /// `true` if the message is a prost message too.
    pub(super) prost: bool,
    pub(super) shape: Shape,
}

/// A tag or name that must not be used again.
pub(super) enum Reserved {
    Tags(u32, u32),
    Name(String),
}

impl Reserved {
    pub(super) fn has_tag(&self, tag: i64) -> bool {
        matches!(self, Reserved::Tags(first, last) if (i64::from(*first)..=i64::from(*last)).contains(&tag))
    }
}

pub(super) enum Shape {
    /// A struct.
    Struct(Vec<Part>),
    /// An enum with data.
    OneOf(Vec<Choice>),
    /// An enum without data.
    Enumeration(Values),
}

/// A field of a struct.
pub(super) struct Part {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) name: String,
    pub(super) docs: String,
    pub(super) kind: PartKind,
}

pub(super) enum PartKind {
    Field { tag: Tag, json: String, encoding: Encoding },
    OneOf { tags: Vec<Tag> },
    Unknown,
}

/// A variant of an enum with data.
pub(super) struct Choice {
    pub(super) ident: Ident,
    pub(super) carries: Carries,
    pub(super) tag: Tag,
    pub(super) name: String,
    pub(super) json: String,
    pub(super) docs: String,
    pub(super) encoding: Encoding,
    pub(super) default: bool,
}

/// Content of a variant.
pub(super) enum Carries {
    /// An empty message.
    Nothing,
    One(Type),
    /// Named fields: a message of their own, with this full name.
    Fields {
        name: String,
        parts: Vec<Part>,
    },
}

/// The variants of an enum without data.
pub(super) struct Values {
    pub(super) values: Vec<EnumValue>,
    /// The variant that keeps unknown numbers.
    pub(super) unknown: Option<Ident>,
    /// Name of the value 0 that exists for peers and has no variant here: `COLOR_UNSPECIFIED`.
    pub(super) unspecified: Option<String>,
}

pub(super) struct EnumValue {
    pub(super) ident: Ident,
    pub(super) name: String,
    /// Other names, which readers accept too.
    pub(super) aliases: Vec<LitStr>,
    pub(super) number: i32,
    pub(super) span: Span,
    pub(super) docs: String,
    pub(super) default: bool,
}

/// A tag and the span of its source: the literal, or the name of a field that is numbered automatically.
#[derive(Clone, Copy)]
pub(super) struct Tag {
    pub(super) number: i64,
    pub(super) span: Span,
}

/// The encoding of a field or variant.
#[derive(Clone)]
pub(super) enum Encoding {
    Auto,
    Zigzag,
    Fixed,
    /// An adapter for the elements of a collection.
    With(Path),
    /// An adapter for a single value.
    Alone(Path),
    Unpacked(Box<Encoding>),
    Map(Box<Encoding>, Box<Encoding>),
}

impl Model {
    pub(super) fn from_input(input: Input, package: &str, report: &mut Report) -> Self {
        let own_name = input.options.name.as_ref().map_or_else(|| input.ident.unraw().to_string(), |name| name.value());
        let package = input.options.package.as_ref().map_or_else(|| package.to_owned(), |package| package.value());
        let name = if package.is_empty() { own_name.clone() } else { format!("{package}.{own_name}") };
        let shape = match &input.body {
            Body::Struct(members) => Shape::Struct(parts(members, &input.ident, report)),
            Body::Enum(variants) if is_enumeration(variants) => Shape::Enumeration(values(variants, &own_name, report)),
            Body::Enum(variants) => Shape::OneOf(choices(variants, &name, &input.ident, report)),
        };
        Model {
            ident: input.ident.clone(),
            name,
            docs: input.docs.clone(),
            home: input.options.home.clone(),
            topic: input.options.topic.as_ref().map(syn::LitStr::value),
            key: input.options.key.clone(),
            reserved: reserved(input.options.reserved.clone(), report),
            prost: input.options.prost.is_some(),
            shape,
            input,
        }
    }
}

fn reserved(list: Option<Given<TokenStream>>, report: &mut Report) -> Vec<Reserved> {
    let Some(list) = list else { return Vec::new() };
    let parse = Punctuated::<ReservedEntry, Token![,]>::parse_terminated;
    let entries = report.keep(parse.parse2(list.value)).unwrap_or_default();
    entries.iter().filter_map(|entry| understood(entry, report)).collect()
}

fn understood(entry: &ReservedEntry, report: &mut Report) -> Option<Reserved> {
    match entry {
        ReservedEntry::Name(name) => Some(Reserved::Name(name.value())),
        ReservedEntry::Tags(first, last) => {
            let from = report.keep(first.base10_parse())?;
            let to = report.keep(last.as_ref().unwrap_or(first).base10_parse())?;
            if from > to {
                report.error(first, format!("the range from {from} to {to} is empty"));
            }
            Some(Reserved::Tags(from, to))
        }
    }
}

// ---- Structs ----

fn parts(members: &[Member], this: &Ident, report: &mut Report) -> Vec<Part> {
    let mut counted = 0;
    members
        .iter()
        .map(|member| {
            let name = name_of(&member.options.name, || member.ident.unraw().to_string());
            let kind = part_kind(member, &name, &mut counted, report);
            Part {
                ident: member.ident.clone(),
                ty: spelling::without_self(&member.ty, this),
                name,
                docs: member.docs.clone(),
                kind,
            }
        })
        .collect()
}

fn part_kind(member: &Member, name: &str, counted: &mut i64, report: &mut Report) -> PartKind {
    let options = &member.options;
    if options.unknown.is_some() {
        return PartKind::Unknown;
    }
    if let Some(list) = &options.oneof {
        return PartKind::OneOf { tags: oneof_tags(list, report) };
    }
    *counted += 1;
    PartKind::Field {
        tag: tag_or(options.tag, *counted, &member.ident),
        json: name_of(&options.json, || lower_camel_case(name)),
        encoding: field_encoding(member),
    }
}

fn oneof_tags(list: &Given<TokenStream>, report: &mut Report) -> Vec<Tag> {
    let parse = Punctuated::<LitInt, Token![,]>::parse_terminated;
    let tags = report.keep(parse.parse2(list.value.clone())).unwrap_or_default();
    if tags.is_empty() && report.is_empty() {
        report.error_at(list.span, "`oneof` lists one tag for each variant, in order: write `oneof(4, 5, 6)`");
    }
    tags.iter().filter_map(|tag| Some(Tag { number: report.keep(tag.base10_parse())?, span: tag.span() })).collect()
}

fn field_encoding(member: &Member) -> Encoding {
    let options = &member.options;
    if options.key.is_some() || options.value.is_some() || spelling::is_map(&member.ty) {
        let part = |part: &Option<EncodingOptions>| Box::new(value_encoding(&part.clone().unwrap_or_default()));
        return Encoding::Map(part(&options.key), part(&options.value)).simplified();
    }
    let encoding = match value_encoding(&options.encoding) {
        Encoding::With(adapter) if !spelling::is_collection(&member.ty) => Encoding::Alone(adapter),
        encoding => encoding,
    };
    if options.unpacked.is_some() { Encoding::Unpacked(Box::new(encoding)) } else { encoding }
}

fn value_encoding(options: &EncodingOptions) -> Encoding {
    match options {
        EncodingOptions { with: Some(adapter), .. } => Encoding::With(adapter.clone()),
        EncodingOptions { sint: Some(_), .. } => Encoding::Zigzag,
        EncodingOptions { fixed: Some(_), .. } => Encoding::Fixed,
        _ => Encoding::Auto,
    }
}

impl Encoding {
    fn simplified(self) -> Self {
        match &self {
            Encoding::Map(key, value) if matches!((&**key, &**value), (Encoding::Auto, Encoding::Auto)) => {
                Encoding::Auto
            }
            _ => self,
        }
    }
}

// ---- Enums with data ----

fn choices(variants: &[Variant], own_name: &str, this: &Ident, report: &mut Report) -> Vec<Choice> {
    let mut choices = Vec::new();
    for (index, variant) in variants.iter().enumerate() {
        let name = name_of(&variant.options.name, || snake_case(&variant.ident.unraw().to_string()));
        let carries = match &variant.content {
            Content::Nothing => Carries::Nothing,
            Content::One(ty) => Carries::One(spelling::without_self(ty, this)),
            Content::Named(members) => Carries::Fields {
                name: format!("{own_name}{}", variant.ident.unraw()),
                parts: parts(members, this, report),
            },
            Content::Several(fields) => {
                report.error(
                    fields,
                    format!(
                        "a variant carries one value or fields with names: write `{} {{ name: Type }}`",
                        variant.ident
                    ),
                );
                Carries::Nothing
            }
        };
        choices.push(Choice {
            ident: variant.ident.clone(),
            carries,
            tag: tag_or(variant.options.tag, index as i64 + 1, &variant.ident),
            json: name_of(&variant.options.json, || lower_camel_case(&name)),
            name,
            docs: variant.docs.clone(),
            encoding: value_encoding(&variant.options.encoding),
            default: variant.options.default.is_some(),
        });
    }
    choices
}

// ---- Enums without data ----

/// Returns `true` if no variant carries a value, except for an `Unknown(i32)`.
fn is_enumeration(variants: &[Variant]) -> bool {
    variants.iter().all(|variant| matches!(variant.content, Content::Nothing) || keeps_unknown(variant))
        && variants.iter().any(|variant| matches!(variant.content, Content::Nothing))
}

fn keeps_unknown(variant: &Variant) -> bool {
    matches!(&variant.content, Content::One(ty) if variant.ident == "Unknown" && spelling::is_word(ty, "i32"))
}

fn values(variants: &[Variant], own_name: &str, report: &mut Report) -> Values {
    let prefix = upper_snake_case(own_name);
    let mut values = Vec::new();
    let mut unknown = None;
    let mut next = 0;
    for variant in variants {
        if keeps_unknown(variant) {
            unknown = Some(variant.ident.clone());
            continue;
        }
        let Tag { number, span } = number_of(variant, next, report);
        next = number + 1;
        let Ok(number) = i32::try_from(number) else {
            report.error_at(span, format!("{number} does not fit i32, the type of all enums"));
            continue;
        };
        let default_name = || format!("{prefix}_{}", upper_snake_case(&variant.ident.unraw().to_string()));
        values.push(EnumValue {
            ident: variant.ident.clone(),
            name: name_of(&variant.options.name, default_name),
            aliases: aliases(&variant.options.aliases, report),
            number,
            span,
            docs: variant.docs.clone(),
            default: variant.options.default.is_some(),
        });
    }
    let has_zero = values.iter().any(|value| value.number == 0);
    Values { values, unknown, unspecified: (!has_zero).then(|| format!("{prefix}_UNSPECIFIED")) }
}

fn aliases(list: &Option<Given<TokenStream>>, report: &mut Report) -> Vec<LitStr> {
    let Some(list) = list else { return Vec::new() };
    let parse = Punctuated::<LitStr, Token![,]>::parse_terminated;
    let aliases = report.keep(parse.parse2(list.value.clone())).unwrap_or_default();
    aliases.into_iter().collect()
}

/// Returns the number of a variant: its tag, its discriminant, or one more than that of the previous variant.
fn number_of(variant: &Variant, next: i64, report: &mut Report) -> Tag {
    let counted = Tag { number: next, span: variant.ident.span() };
    match (&variant.options.tag, &variant.discriminant) {
        (Some(tag), None) => Tag { number: tag.value, span: tag.span },
        (Some(tag), Some(_)) => {
            report.error_at(tag.span, "the variant has a number already, after its `=`");
            counted
        }
        (None, Some(number)) => match literal(number) {
            Some(value) => Tag { number: value, span: number.span() },
            None => {
                report.error(number, "write the number as a literal: the description must know it");
                counted
            }
        },
        (None, None) => counted,
    }
}

fn literal(number: &Expr) -> Option<i64> {
    match number {
        Expr::Lit(ExprLit { lit: Lit::Int(literal), .. }) => literal.base10_parse().ok(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr).map(|value| -value),
        _ => None,
    }
}

fn tag_or(written: Option<Given<i64>>, counted: i64, ident: &Ident) -> Tag {
    match written {
        Some(tag) => Tag { number: tag.value, span: tag.span },
        None => Tag { number: counted, span: ident.span() },
    }
}

fn name_of(written: &Option<LitStr>, otherwise: impl FnOnce() -> String) -> String {
    written.as_ref().map_or_else(otherwise, |name| name.value())
}
