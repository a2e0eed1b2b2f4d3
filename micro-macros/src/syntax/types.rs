use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, PathArguments, Type};

/// Whether this parameter asks for the context of the call: its type is a shared reference to a path ending in `Context`.
pub(crate) fn is_context(argument: &FnArg) -> bool {
    let FnArg::Typed(argument) = argument else { return false };
    let Type::Reference(reference) = &*argument.ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    // `std::task::Context<'_>` is another one, and asked for with `&mut`.
    let named = |last: &syn::PathSegment| last.ident == "Context" && matches!(last.arguments, PathArguments::None);
    reference.mutability.is_none() && path.path.segments.last().is_some_and(named)
}

/// Why a type cannot stand in a method's signature, as far as its spelling says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unfit {
    Reference,
    Lifetime,
    ImplTrait,
    DynTrait,
    SelfType,
}

/// The first thing in `ty` that makes it unfit, and where it stands.
pub(crate) fn unfit(ty: &Type) -> Option<(Unfit, Span)> {
    first_unfit(ty.to_token_stream())
}

fn first_unfit(tokens: TokenStream) -> Option<(Unfit, Span)> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => Some(Unfit::Reference),
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                let name = tokens.next();
                let is_static = name.is_some_and(|name| is_word(&name, "static"));
                (!is_static).then_some(Unfit::Lifetime)
            }
            TokenTree::Ident(word) if word == "impl" => Some(Unfit::ImplTrait),
            TokenTree::Ident(word) if word == "dyn" => Some(Unfit::DynTrait),
            TokenTree::Ident(word) if word == "Self" => Some(Unfit::SelfType),
            TokenTree::Group(group) => {
                if let Some(inner) = first_unfit(group.stream()) {
                    return Some(inner);
                }
                None
            }
            _ => None,
        };
        if let Some(unfit) = found {
            return Some((unfit, token.span()));
        }
    }
    None
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// The owned type to write in place of a borrowed one, for messages: `String` for `&str`, `Vec<T>` for `&[T]`.
pub(crate) fn owned(ty: &Type) -> String {
    let Type::Reference(reference) = ty else { return printed(ty) };
    match &*reference.elem {
        Type::Slice(slice) => format!("Vec<{}>", owned(&slice.elem)),
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        other => owned(other),
    }
}

/// Tokens as a person would type them, near enough for a message.
pub(crate) fn printed(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" <", "<"),
        (" >", ">"),
        (" ,", ","),
        (" ;", ";"),
        ("& ", "&"),
        ("( ", "("),
        (" )", ")"),
        ("' ", "'"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn contexts_are_recognised_by_type() {
        let asks = |argument: FnArg| is_context(&argument);
        assert!(asks(parse_quote!(ctx: &Context)));
        assert!(asks(parse_quote!(_: &micro::Context)));
        assert!(asks(parse_quote!(Wrapped(x): &'a Context)));
        assert!(!asks(parse_quote!(ctx: Context)));
        assert!(!asks(parse_quote!(cx: &mut Context)));
        assert!(!asks(parse_quote!(cx: &mut std::task::Context<'_>)));
        assert!(!asks(parse_quote!(ctx: &Contexts)));
        assert!(!asks(parse_quote!(&self)));
    }

    #[test]
    fn unfit_types_are_found_inside_others() {
        let why = |ty: Type| unfit(&ty).map(|(unfit, _)| unfit);
        assert_eq!(why(parse_quote!(Result<Vec<(u8, &str)>>)), Some(Unfit::Reference));
        assert_eq!(why(parse_quote!(Cow<'a, str>)), Some(Unfit::Lifetime));
        assert_eq!(why(parse_quote!(Cow<'static, str>)), None);
        assert_eq!(why(parse_quote!(impl Stream)), Some(Unfit::ImplTrait));
        assert_eq!(why(parse_quote!(Box<dyn Any>)), Some(Unfit::DynTrait));
        assert_eq!(why(parse_quote!(Result<Self>)), Some(Unfit::SelfType));
        assert_eq!(why(parse_quote!(Result<Streaming<Tick>, MyError>)), None);
    }

    #[test]
    fn borrowed_types_are_printed_owned() {
        let text = |ty: Type| owned(&ty);
        assert_eq!(text(parse_quote!(&str)), "String");
        assert_eq!(text(parse_quote!(&'a [u8])), "Vec<u8>");
        assert_eq!(text(parse_quote!(&mut User)), "User");
        assert_eq!(
            text(parse_quote!(std::collections::HashMap<String, Vec<u8>>)),
            "std::collections::HashMap<String, Vec<u8>>"
        );
    }
}
