//! Parsed input: a trait, or an `impl` block.

use proc_macro2::{Group, TokenStream};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Generics, Ident, Token, TypeParamBound, Visibility};

use crate::report::Report;
use crate::syntax::{Implementation, Kind, heading};

/// The item below the attribute.
#[expect(clippy::large_enum_variant, reason = "there is one of them in an expansion")]
pub(super) enum Input {
    Trait(Trait),
    Impl(Implementation),
}

/// A trait with unparsed members.
#[derive(Clone)]
pub(super) struct Trait {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) unsafety: Option<Token![unsafe]>,
    pub(super) trait_token: Token![trait],
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) supertraits: Punctuated<TypeParamBound, Token![+]>,
    pub(super) block: Group,
}

impl Input {
    pub(super) fn read(item: TokenStream, report: &mut Report) -> Option<Self> {
        match Kind::of(&item) {
            Kind::Trait => report.keep(syn::parse2(item).map(Input::Trait)),
            Kind::Implementation => report.keep(syn::parse2(item).map(Input::Impl)),
            other => {
                let message = format!(
                    "`#[micro::service]` goes on a trait or on an `impl` block, found {other}\n\
                     write `#[micro::service] trait Greeter {{ .. }}` for a contract, \
                     or `#[micro::service] impl Users {{ .. }}` for a service without one"
                );
                report.error(heading(item), message);
                None
            }
        }
    }
}

impl Parse for Trait {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let unsafety = input.parse()?;
        let trait_token = input.parse()?;
        let ident = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let supertraits = supertraits(input)?;
        generics.where_clause = input.parse()?;
        let block = input.parse()?;
        Ok(Self { attributes, visibility, unsafety, trait_token, ident, generics, supertraits, block })
    }
}

fn supertraits(input: ParseStream<'_>) -> syn::Result<Punctuated<TypeParamBound, Token![+]>> {
    let mut bounds = Punctuated::new();
    if input.parse::<Option<Token![:]>>()?.is_none() {
        return Ok(bounds);
    }
    while !input.peek(Token![where]) && !input.peek(syn::token::Brace) {
        let ahead = input.fork();
        bounds.push_value(ahead.parse()?);
        input.advance_to(&ahead);
        match input.parse::<Option<Token![+]>>()? {
            Some(plus) => bounds.push_punct(plus),
            None => break,
        }
    }
    Ok(bounds)
}
