use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Token, Visibility};

use crate::report::Report;
use crate::syntax::Function;

/// A member of a trait or an `impl` block.
#[derive(Clone)]
pub(crate) enum Member {
    // A function is much larger than the other variant, and most members are functions.
    Function(Box<Function>),
    /// A constant, a type or a macro call, unparsed.
    Other {
        what: &'static str,
        tokens: TokenStream,
    },
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Member::Function(function) => function.to_tokens(tokens),
            Member::Other { tokens: other, .. } => other.to_tokens(tokens),
        }
    }
}

/// Reads the members of `block`. A member with a syntax error is added to the report, and reading continues with the next.
pub(crate) fn members(block: &Group, report: &mut Report) -> Vec<Member> {
    let read = |input: ParseStream<'_>| {
        let (mut members, mut errors) = (vec![], vec![]);
        while !input.is_empty() {
            let ahead = input.fork();
            match member(&ahead) {
                Ok(member) => {
                    input.advance_to(&ahead);
                    members.push(member);
                }
                Err(error) => {
                    errors.push(error);
                    to_the_end(input, Ends::AtBraceOrSemicolon)?;
                }
            }
        }
        Ok((members, errors))
    };
    let Some((members, errors)) = report.keep(read.parse2(block.stream())) else { return vec![] };
    for error in errors {
        report.add(error);
    }
    members
}

fn member(input: ParseStream<'_>) -> syn::Result<Member> {
    let (what, ends) = match upcoming(&input.fork())? {
        Upcoming::Function => return Ok(Member::Function(Box::new(input.parse()?))),
        Upcoming::Constant => ("an associated constant", Ends::AtSemicolon),
        Upcoming::Type => ("an associated type", Ends::AtSemicolon),
        Upcoming::Macro => ("a macro call", Ends::AtBraceOrSemicolon),
    };
    Ok(Member::Other { what, tokens: to_the_end(input, ends)? })
}

enum Upcoming {
    Function,
    Constant,
    Type,
    Macro,
}

fn upcoming(ahead: ParseStream<'_>) -> syn::Result<Upcoming> {
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    let constant = ahead.peek(Token![const]) && {
        let after = ahead.fork();
        after.parse::<Token![const]>()?;
        !starts_function(&after)
    };
    Ok(if constant {
        Upcoming::Constant
    } else if ahead.peek(Token![const]) || starts_function(ahead) {
        Upcoming::Function
    } else if ahead.peek(Token![type]) {
        Upcoming::Type
    } else {
        Upcoming::Macro
    })
}

fn starts_function(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn]) || input.peek(Token![async]) || input.peek(Token![unsafe]) || input.peek(Token![extern])
}

#[derive(PartialEq)]
enum Ends {
    AtSemicolon,
    AtBraceOrSemicolon,
}

fn to_the_end(input: ParseStream<'_>, ends: Ends) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let last = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && ends == Ends::AtBraceOrSemicolon,
            _ => false,
        };
        tokens.extend([token]);
        if last {
            break;
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn read(block: TokenStream) -> (Vec<String>, Vec<String>) {
        let mut report = Report::new();
        let members = members(&Group::new(Delimiter::Brace, block), &mut report);
        let names = members.iter().map(|member| match member {
            Member::Function(function) => function.signature.ident.to_string(),
            Member::Other { what, .. } => (*what).to_owned(),
        });
        (names.collect(), report.into_messages())
    }

    #[test]
    fn bodies_are_not_read() {
        let (names, errors) = read(quote! {
            const A: u8 = { 1 };
            type B = u8;
            c! { d }
            pub const fn e() { req. }
            async fn f(&self) { let = ; }
            fn g(&self);
        });
        assert_eq!(names, ["an associated constant", "an associated type", "a macro call", "e", "f", "g"]);
        assert_eq!(errors, Vec::<String>::new());
    }

    #[test]
    fn a_broken_member_costs_only_itself() {
        let (names, errors) = read(quote! {
            fn a(&self x) {}
            fn b(&self) {}
        });
        assert_eq!(names, ["b"]);
        assert_eq!(errors.len(), 1);
    }
}
