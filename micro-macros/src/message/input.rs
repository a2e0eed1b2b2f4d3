//! Parsed input: the item, and the options extracted from it.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, Fields, Generics, Ident, Item, LitInt, LitStr, Path, Type};

use crate::options::{Given, Options};
use crate::report::Report;
use crate::syntax::{CratePath, docs};

/// A struct or enum with `#[micro::message]`.
pub(super) struct Input {
    /// The item without our helper attributes, emitted unchanged.
    pub(super) item: Item,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) docs: String,
    pub(super) options: TypeOptions,
    pub(super) body: Body,
}

/// Our attribute on the item.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Marked {
    Message,
    Event,
}

/// The options of the attribute itself.
pub(super) struct TypeOptions {
    pub(super) marked: Marked,
    /// Topic, of an event only.
    pub(super) topic: Option<LitStr>,
    /// Field whose value is the key, of an event only.
    pub(super) key: Option<Ident>,
    pub(super) package: Option<LitStr>,
    pub(super) name: Option<LitStr>,
    pub(super) reserved: Option<Given<TokenStream>>,
    pub(super) prost: Option<Ident>,
    pub(super) home: CratePath,
}

pub(super) enum Body {
    Struct(Vec<Member>),
    Enum(Vec<Variant>),
}

/// A field of a struct.
pub(super) struct Member {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) docs: String,
    pub(super) attributes: Vec<Attribute>,
    pub(super) options: MemberOptions,
}

/// A variant of an enum.
pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) content: Content,
    pub(super) discriminant: Option<Expr>,
    pub(super) docs: String,
    pub(super) attributes: Vec<Attribute>,
    pub(super) options: MemberOptions,
}

/// Content of a variant.
pub(super) enum Content {
    Nothing,
    One(Type),
    Named(Vec<Member>),
    Several(Fields),
}

/// The options of a field or variant.
#[derive(Default)]
pub(super) struct MemberOptions {
    /// `tag = 3`; the number of a variant without data may be negative.
    pub(super) tag: Option<Given<i64>>,
    pub(super) name: Option<LitStr>,
    pub(super) json: Option<LitStr>,
    pub(super) encoding: EncodingOptions,
    pub(super) unpacked: Option<Ident>,
    pub(super) key: Option<EncodingOptions>,
    pub(super) value: Option<EncodingOptions>,
    pub(super) oneof: Option<Given<TokenStream>>,
    pub(super) unknown: Option<Ident>,
    pub(super) default: Option<Ident>,
    pub(super) aliases: Option<Given<TokenStream>>,
}

/// Encoding of one value.
#[derive(Clone, Default)]
pub(super) struct EncodingOptions {
    pub(super) sint: Option<Ident>,
    pub(super) fixed: Option<Ident>,
    pub(super) with: Option<Path>,
}

impl Input {
    /// Reads the item; `None`, with an error in the report, for an item that cannot be a message.
    pub(super) fn read(marked: Marked, options: TokenStream, item: TokenStream, report: &mut Report) -> Option<Self> {
        let options = TypeOptions::read(marked, options, report);
        let mut item: Item = report.keep(syn::parse2(item))?;
        match &mut item {
            Item::Struct(declared) => {
                let members = members(&mut declared.fields, report)?;
                Some(Input {
                    ident: declared.ident.clone(),
                    generics: declared.generics.clone(),
                    docs: docs(&declared.attrs),
                    options,
                    body: Body::Struct(members),
                    item,
                })
            }
            Item::Enum(declared) => {
                let variants = declared.variants.iter_mut().map(|variant| Variant::read(variant, report)).collect();
                Some(Input {
                    ident: declared.ident.clone(),
                    generics: declared.generics.clone(),
                    docs: docs(&declared.attrs),
                    options,
                    body: Body::Enum(variants),
                    item,
                })
            }
            other => {
                report.error(other, "a message is a struct with named fields or an enum");
                None
            }
        }
    }
}

impl TypeOptions {
    fn read(marked: Marked, tokens: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(tokens, report);
        let is_event = marked == Marked::Event;
        let read = TypeOptions {
            marked,
            topic: if is_event { options.text("topic") } else { None },
            key: if is_event { options.assigned("key", "order", "the name of a field") } else { None },
            package: options.text("package"),
            name: options.text("name"),
            reserved: options.list("reserved"),
            prost: options.flag("prost"),
            home: CratePath::new(options.path("crate")),
        };
        options.finish();
        read
    }
}

/// Reads the fields of a struct; `None` for a tuple struct.
fn members(fields: &mut Fields, report: &mut Report) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    if let Fields::Unnamed(unnamed) = &*fields {
        report.error(unnamed, "the fields of a message have names: write `struct Name { field: Type }`");
        return None;
    }
    for field in fields {
        let attributes = field.attrs.clone();
        let options = MemberOptions::of_field(&attributes, report);
        strip(&mut field.attrs);
        members.push(Member {
            ident: field.ident.clone().expect("unnamed fields were refused above"),
            ty: field.ty.clone(),
            docs: docs(&attributes),
            attributes,
            options,
        });
    }
    Some(members)
}

impl Variant {
    fn read(variant: &mut syn::Variant, report: &mut Report) -> Self {
        // The options may be on the variant or on its field.
        let mut attributes = variant.attrs.clone();
        strip(&mut variant.attrs);
        let content = match &mut variant.fields {
            Fields::Unit => Content::Nothing,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                let field = &mut fields.unnamed[0];
                attributes.append(&mut field.attrs.clone());
                strip(&mut field.attrs);
                Content::One(field.ty.clone())
            }
            Fields::Unnamed(_) => Content::Several(variant.fields.clone()),
            named @ Fields::Named(_) => Content::Named(members(named, report).expect("they have names")),
        };
        let options = MemberOptions::of_variant(&attributes, report);
        Variant {
            ident: variant.ident.clone(),
            content,
            discriminant: variant.discriminant.as_ref().map(|(_, number)| number.clone()),
            docs: docs(&attributes),
            attributes,
            options,
        }
    }
}

impl MemberOptions {
    fn of_field(attributes: &[Attribute], report: &mut Report) -> Self {
        let mut options = Options::of_attributes(attributes, HELPER, report);
        let mut read = MemberOptions {
            tag: options.number("tag"),
            name: options.text("name"),
            json: options.text("json"),
            encoding: EncodingOptions::read(&mut options),
            unpacked: options.flag("unpacked"),
            oneof: options.list("oneof"),
            unknown: options.flag("unknown"),
            ..MemberOptions::default()
        };
        let (key, value) = (options.list("key"), options.list("value"));
        options.finish();
        read.key = key.map(|list| EncodingOptions::of_list(list.value, report));
        read.value = value.map(|list| EncodingOptions::of_list(list.value, report));
        read
    }

    fn of_variant(attributes: &[Attribute], report: &mut Report) -> Self {
        let mut options = Options::of_attributes(attributes, HELPER, report);
        let read = MemberOptions {
            tag: options.number("tag"),
            name: options.text("name"),
            json: options.text("json"),
            encoding: EncodingOptions::read(&mut options),
            default: options.flag("default"),
            aliases: options.list("aliases"),
            ..MemberOptions::default()
        };
        options.finish();
        read
    }
}

impl EncodingOptions {
    fn read(options: &mut Options<'_>) -> Self {
        EncodingOptions { sint: options.flag("sint"), fixed: options.flag("fixed"), with: options.path("with") }
    }

    fn of_list(tokens: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(tokens, report);
        let read = EncodingOptions::read(&mut options);
        options.finish();
        read
    }
}

/// The helper attribute: `#[message(..)]` on fields and variants.
const HELPER: &str = "message";

fn strip(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| !attribute.path().is_ident(HELPER));
}

/// One entry of `reserved(3, 5..=7, "old")`.
pub(super) enum ReservedEntry {
    Tags(LitInt, Option<LitInt>),
    Name(LitStr),
}

impl syn::parse::Parse for ReservedEntry {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(ReservedEntry::Name);
        }
        let first = input.parse().map_err(|error| {
            syn::Error::new(error.span(), "expected a tag, a range of tags such as `5..=7`, or a name in quotes")
        })?;
        let last = if input.peek(syn::Token![..=]) {
            input.parse::<syn::Token![..=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(ReservedEntry::Tags(first, last))
    }
}
