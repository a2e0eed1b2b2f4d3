//! Parsed input: the item, and the options extracted from it.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Fields, Generics, Ident, Item, LitStr, Path, Token, Type};

use crate::options::{FlagOrValue, Given, Options};
use crate::report::Report;
use crate::syntax::{CratePath, docs};

/// A struct or enum with `#[micro::config]`.
pub(super) struct Input {
    /// The item without our helper attributes, emitted unchanged.
    pub(super) item: Item,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) docs: String,
    pub(super) options: TypeOptions,
    /// Paths that `#[derive(..)]` below the attribute names.
    pub(super) derives: Vec<Path>,
    pub(super) body: Body,
}

/// The options of the attribute itself.
pub(super) struct TypeOptions {
    pub(super) prefix: Option<LitStr>,
    pub(super) validate: Option<Path>,
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
    pub(super) conditional: Option<Attribute>,
    pub(super) options: MemberOptions,
}

/// The options of a field.
pub(super) struct MemberOptions {
    pub(super) name: Option<LitStr>,
    /// `default` alone, or with a value.
    pub(super) default: Option<FlagOrValue>,
    pub(super) env: Vec<LitStr>,
    pub(super) flag: Option<LitStr>,
    pub(super) secret: Option<Ident>,
    pub(super) checks: Checks,
    pub(super) deprecated: Option<LitStr>,
    pub(super) reload: Option<Given<&'static str>>,
}

/// Checks of `validate(..)`.
#[derive(Default)]
pub(super) struct Checks {
    pub(super) range: Option<Expr>,
    pub(super) length: Option<Expr>,
    pub(super) regex: Vec<LitStr>,
    pub(super) with: Vec<Expr>,
}

/// A variant of an enum.
pub(super) struct Variant {
    pub(super) ident: Ident,
    pub(super) fields: Fields,
    pub(super) docs: String,
    pub(super) conditional: Option<Attribute>,
    pub(super) name: Option<LitStr>,
}

/// The helper attribute: `#[config(..)]` on fields and variants.
const HELPER: &str = "config";

impl Input {
    /// Reads the item; `None`, with an error in the report, for an item that cannot hold settings.
    pub(super) fn read(options: TokenStream, item: TokenStream, report: &mut Report) -> Option<Self> {
        let options = TypeOptions::read(options, report);
        let mut item: Item = report.keep(syn::parse2(item))?;
        let (ident, generics, attributes, body) = match &mut item {
            Item::Struct(declared) => {
                let body = Body::Struct(members(&declared.ident, &mut declared.fields, report)?);
                (declared.ident.clone(), declared.generics.clone(), &declared.attrs, body)
            }
            Item::Enum(declared) => {
                let variants = declared.variants.iter_mut().map(|variant| Variant::read(variant, report)).collect();
                (declared.ident.clone(), declared.generics.clone(), &declared.attrs, Body::Enum(variants))
            }
            Item::Union(declared) => {
                report.error(&declared.ident, "settings are a struct with named fields or an enum without data");
                return None;
            }
            other => {
                report.error(other, "settings are a struct with named fields or an enum without data");
                return None;
            }
        };
        let (docs, derives) = (docs(attributes), derives(attributes));
        Some(Input { ident, generics, docs, options, derives, body, item })
    }
}

impl TypeOptions {
    fn read(tokens: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(tokens, report);
        let read = TypeOptions {
            prefix: options.text("prefix"),
            validate: options.path("validate"),
            home: CratePath::new(options.path("crate")),
        };
        options.finish();
        read
    }
}

/// Reads the fields of a struct; `None` if they have no names.
fn members(ident: &Ident, fields: &mut Fields, report: &mut Report) -> Option<Vec<Member>> {
    let example = format!("settings have names: write `struct {ident} {{ name: Type }}`");
    match fields {
        Fields::Named(fields) => {
            Some(fields.named.iter_mut().filter_map(|field| Member::read(field, report)).collect())
        }
        Fields::Unnamed(fields) => {
            report.error(fields, example);
            None
        }
        Fields::Unit => {
            report.error(ident, example);
            None
        }
    }
}

impl Member {
    fn read(field: &mut syn::Field, report: &mut Report) -> Option<Self> {
        let options = MemberOptions::read(&field.attrs, report);
        field.attrs.retain(|attribute| !attribute.path().is_ident(HELPER));
        Some(Member {
            ident: field.ident.clone()?,
            ty: field.ty.clone(),
            docs: docs(&field.attrs),
            conditional: conditional(&field.attrs),
            options,
        })
    }
}

impl MemberOptions {
    fn read(attributes: &[Attribute], report: &mut Report) -> Self {
        let mut options = Options::of_attributes(attributes, HELPER, report);
        let mut read = MemberOptions {
            default: options.switched("default"),
            name: options.text("name"),
            env: options.texts("env"),
            flag: options.text("flag"),
            secret: None,
            checks: Checks::default(),
            deprecated: options.text("deprecated"),
            reload: options.choice("reload", &["live", "restart"]),
        };
        let checks = options.list("validate");
        // Taken only if present, so that error messages do not list it as a choice.
        if options.contains("secret") {
            read.secret = options.flag("secret");
        }
        options.finish();
        if let Some(checks) = checks {
            read.checks = Checks::read(checks.value, report);
        }
        read
    }
}

impl Checks {
    fn read(tokens: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(tokens, report);
        let read = Checks {
            range: options.argument("range", "1..=10", "a range"),
            length: options.argument("length", "..=64", "a range"),
            regex: options.arguments("regex", "\"^[a-z]+$\"", "a string"),
            with: options.arguments("with", "some::path", "a function"),
        };
        options.finish();
        read
    }
}

impl Variant {
    fn read(variant: &mut syn::Variant, report: &mut Report) -> Self {
        let mut options = Options::of_attributes(&variant.attrs, HELPER, report);
        let name = options.text("name");
        options.finish();
        variant.attrs.retain(|attribute| !attribute.path().is_ident(HELPER));
        Variant {
            ident: variant.ident.clone(),
            fields: variant.fields.clone(),
            docs: docs(&variant.attrs),
            conditional: conditional(&variant.attrs),
            name,
        }
    }
}

fn conditional(attributes: &[Attribute]) -> Option<Attribute> {
    attributes.iter().find(|attribute| attribute.path().is_ident("cfg")).cloned()
}

/// Returns the traits that `attribute` derives, if it is a `#[derive(..)]`.
fn derived(attribute: &Attribute) -> Option<Punctuated<Path, Token![,]>> {
    let derive = attribute.path().is_ident("derive");
    derive.then(|| attribute.parse_args_with(Punctuated::parse_terminated).ok())?
}

fn derives(attributes: &[Attribute]) -> Vec<Path> {
    attributes.iter().filter_map(derived).flatten().collect()
}
