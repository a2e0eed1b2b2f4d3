use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, ReturnType, Signature, Token, Type, Visibility};

use crate::syntax::CratePath;

/// A function with its unparsed body; `None` for a trait method without a default.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Option<Group>,
}

impl Function {
    /// Returns the return type, if there is one.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, output) => Some(output),
        }
    }

    /// Returns `true` if one of the attributes is the helper `name`.
    pub(crate) fn has_helper(&self, name: &str, home: &CratePath) -> bool {
        self.helpers(name, home).next().is_some()
    }

    /// Returns the attributes that are the helper `name`.
    pub(crate) fn helpers(&self, name: &str, home: &CratePath) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(move |attribute| is_helper(attribute, name, home))
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        let body = if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            None
        } else {
            Some(body(input)?)
        };
        Ok(Self { attributes, visibility, signature, body })
    }
}

fn body(input: ParseStream<'_>) -> syn::Result<Group> {
    let not_a_body = input.error("expected a body in braces");
    match input.parse()? {
        TokenTree::Group(group) => in_braces(group).ok_or(not_a_body),
        _ => Err(not_a_body),
    }
}

// `macro_rules!` wraps a block in an invisible group.
fn in_braces(group: Group) -> Option<Group> {
    match group.delimiter() {
        Delimiter::Brace => Some(group),
        Delimiter::None => match group.stream().into_iter().next() {
            Some(TokenTree::Group(inner)) => in_braces(inner),
            _ => None,
        },
        Delimiter::Parenthesis | Delimiter::Bracket => None,
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attribute in &self.attributes {
            attribute.to_tokens(tokens);
        }
        self.visibility.to_tokens(tokens);
        self.signature.to_tokens(tokens);
        match &self.body {
            Some(body) => body.to_tokens(tokens),
            None => <Token![;]>::default().to_tokens(tokens),
        }
    }
}

/// Returns `true` if `attribute` is `#[name]`, also written `#[micro::name]`.
pub(crate) fn is_helper(attribute: &Attribute, name: &str, home: &CratePath) -> bool {
    let path = attribute.path();
    match path.segments.len() {
        1 => path.is_ident(name),
        2 => path.segments[1].ident == name && home.is_called(&path.segments[0].ident),
        _ => false,
    }
}

/// Returns the attributes that are not ours and stay in the author's code.
pub(crate) fn without_helpers(attributes: &[Attribute], helpers: &[&str], home: &CratePath) -> Vec<Attribute> {
    let ours = |attribute: &Attribute| helpers.iter().any(|helper| is_helper(attribute, helper, home));
    attributes.iter().filter(|attribute| !ours(attribute)).cloned().collect()
}
