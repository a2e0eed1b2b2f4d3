//! One option as written in the attribute, before it is interpreted.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Token};

/// `name`, `name = value` or `name(..)`.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

/// Value after the name. Values stay tokens until they are parsed as a type.
#[derive(Debug)]
pub(crate) enum Value {
    None,
    Assigned(TokenStream),
    List(Group),
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // `crate` and `type` are option names too.
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Assigned(assigned(input)?)
        } else if input.peek(syn::token::Paren) {
            Value::List(input.parse()?)
        } else {
            Value::None
        };
        Ok(Self { name, value })
    }
}

impl ToTokens for Written {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.name.to_tokens(tokens);
        match &self.value {
            Value::None => {}
            Value::Assigned(value) => value.to_tokens(tokens),
            Value::List(group) => group.to_tokens(tokens),
        }
    }
}

/// Parses an expression, including the commas inside; for anything else the tokens up to the next comma.
fn assigned(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(input.error("expected a value after `=`"));
    }
    let ahead = input.fork();
    if let Ok(expression) = ahead.parse::<Expr>()
        && at_end(&ahead)
    {
        input.advance_to(&ahead);
        return Ok(expression.into_token_stream());
    }
    let mut tokens = TokenStream::new();
    while !at_end(input) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Parses options separated by commas. A syntax error in one option does not affect the others.
pub(crate) fn split(input: ParseStream<'_>) -> syn::Result<(Vec<Written>, Vec<syn::Error>)> {
    let (mut options, mut errors) = (vec![], vec![]);
    while !input.is_empty() {
        match input.parse() {
            Ok(option) => options.push(option),
            Err(_) if input.is_empty() => errors.push(input.error("expected an option")),
            Err(error) => {
                errors.push(error);
                skip(input)?;
            }
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            errors.push(input.error("expected `,` between options"));
            skip(input)?;
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok((options, errors))
}

fn skip(input: ParseStream<'_>) -> syn::Result<()> {
    while !at_end(input) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

impl Value {
    /// Returns the parenthesised tokens, if this is a list.
    pub(crate) fn list(&self) -> Option<TokenStream> {
        match self {
            Value::List(group) if group.delimiter() == Delimiter::Parenthesis => Some(group.stream()),
            _ => None,
        }
    }
}
