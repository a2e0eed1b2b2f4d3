//! Parsed input: an enum, with `#[error(..)]` on it and on its variants.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Fields, Generics, Ident, Item, LitStr, Meta, Path};

use crate::options::Options;
use crate::report::Report;
use crate::syntax::{CratePath, docs};

/// The enum.
pub(super) struct Input {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) options: TypeOptions,
    pub(super) variants: Vec<Written>,
}

/// The options on the enum.
pub(super) struct TypeOptions {
    pub(super) package: Option<LitStr>,
    pub(super) name: Option<LitStr>,
    pub(super) home: CratePath,
}

/// A variant of the enum.
pub(super) struct Written {
    pub(super) ident: Ident,
    pub(super) docs: String,
    pub(super) fields: Fields,
    pub(super) options: VariantOptions,
}

/// The options on a variant.
pub(super) struct VariantOptions {
    /// `true` if there is an `#[error(..)]` at all.
    pub(super) any: bool,
    pub(super) code: Option<Path>,
    pub(super) other: Option<Ident>,
    pub(super) name: Option<LitStr>,
    /// The message for the peer, the only option without a name.
    pub(super) texts: Vec<LitStr>,
}

/// The helper attribute.
pub(super) const HELPER: &str = "error";

impl Input {
    /// Reads the item; `None`, with an error in the report, if the item is not an enum.
    pub(super) fn read(item: TokenStream, report: &mut Report) -> Option<Self> {
        let item = match report.keep(syn::parse2(item))? {
            Item::Enum(item) => item,
            Item::Struct(item) => return refuse(&item.ident, report),
            Item::Union(item) => return refuse(&item.ident, report),
            other => return refuse(&other, report),
        };
        let (texts, rest) = texts(&item.attrs, report);
        for text in texts {
            report.error(text, "each variant has its own message: write it in its `#[error(code = .., \"..\")]`");
        }
        let mut options = Options::of_tokens(rest, report);
        let read = TypeOptions {
            package: options.text("package"),
            name: options.text("name"),
            home: CratePath::new(options.path("crate")),
        };
        options.finish();
        let variants = item.variants.into_iter().map(|variant| Written::read(variant, report)).collect();
        Some(Input { ident: item.ident, generics: item.generics, options: read, variants })
    }
}

fn refuse(item: &impl ToTokens, report: &mut Report) -> Option<Input> {
    report.error(
        item,
        "`#[derive(micro::Error)]` goes on an enum, because calls also fail in ways the service does not know\n\
         write a variant for each reason, and one for the rest: `#[error(other)] Other(micro::Error)`",
    );
    None
}

impl Written {
    fn read(variant: syn::Variant, report: &mut Report) -> Self {
        let (texts, rest) = texts(&variant.attrs, report);
        let mut options = Options::of_tokens(rest, report);
        let read = VariantOptions {
            any: variant.attrs.iter().any(is_ours),
            code: options.assigned("code", "NotFound", "the name of a code"),
            other: options.flag("other"),
            name: options.text("name"),
            texts,
        };
        options.finish();
        Written { ident: variant.ident, docs: docs(&variant.attrs), fields: variant.fields, options: read }
    }

    /// Returns the span for messages about the whole variant.
    pub(super) fn span(&self) -> Span {
        self.ident.span()
    }
}

pub(super) fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident(HELPER)
}

/// Separates the strings in `#[error(..)]` from the options around them.
fn texts(attributes: &[Attribute], report: &mut Report) -> (Vec<LitStr>, TokenStream) {
    let (mut texts, mut rest) = (vec![], TokenStream::new());
    for attribute in attributes.iter().filter(|attribute| is_ours(attribute)) {
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => split(list.tokens.clone(), &mut texts, &mut rest),
            Meta::NameValue(_) => report.error(attribute, "write the options in parentheses: `#[error(..)]`"),
        }
    }
    (texts, rest)
}

fn split(tokens: TokenStream, texts: &mut Vec<LitStr>, rest: &mut TokenStream) {
    let mut tokens = tokens.into_iter().peekable();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    while tokens.peek().is_some() {
        let mut piece: Vec<TokenTree> = vec![];
        while let Some(token) = tokens.next_if(|token| !is_comma(token)) {
            piece.push(token);
        }
        let comma = tokens.next();
        match alone(&piece) {
            Some(text) => texts.push(text),
            None => {
                rest.extend(piece);
                rest.extend(comma);
            }
        }
    }
}

fn alone(piece: &[TokenTree]) -> Option<LitStr> {
    match piece {
        [token] => syn::parse2(token.clone().into()).ok(),
        _ => None,
    }
}
