use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, PathArguments, Type};

/// Returns `true` if a parameter is the context of the call: its type is a shared reference to a path ending in `Context`.
pub(crate) fn is_context(argument: &FnArg) -> bool {
    let FnArg::Typed(argument) = argument else { return false };
    let Type::Reference(reference) = ungrouped(&argument.ty) else { return false };
    let Type::Path(path) = ungrouped(&reference.elem) else { return false };
    // `std::task::Context<'_>` is another type, and is taken by `&mut`.
    let named = |last: &syn::PathSegment| last.ident == "Context" && matches!(last.arguments, PathArguments::None);
    reference.mutability.is_none() && path.path.segments.last().is_some_and(named)
}

/// Returns the type that a parameter takes by reference: a shared reference to another named type.
pub(crate) fn by_reference(argument: &FnArg) -> Option<&Type> {
    let FnArg::Typed(typed) = argument else { return None };
    let Type::Reference(reference) = ungrouped(&typed.ty) else { return None };
    let shared = reference.mutability.is_none() && !is_context(argument);
    named(&reference.elem).filter(|_| shared)
}

/// Returns the type of a parameter that is a mutable reference.
pub(crate) fn by_mutable_reference(argument: &FnArg) -> Option<&Type> {
    let FnArg::Typed(typed) = argument else { return None };
    let Type::Reference(reference) = ungrouped(&typed.ty) else { return None };
    named(&reference.elem).filter(|_| reference.mutability.is_some())
}

// The author of `&str` means a message.
fn named(ty: &Type) -> Option<&Type> {
    let ty = ungrouped(ty);
    matches!(ty, Type::Path(path) if !path.path.is_ident("str")).then_some(ty)
}

// `macro_rules!` wraps a type in an invisible group.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        other => other,
    }
}

/// Reason a type cannot be in a method's signature, judged by its spelling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unfit {
    Reference,
    Lifetime,
    ImplTrait,
    DynTrait,
    SelfType,
}

/// Returns the first part of `ty` that makes the type unfit, and its span.
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

/// Returns the owned type to write in place of a borrowed one, for messages: `String` for `&str`, `Vec<T>` for `&[T]`.
pub(crate) fn owned(ty: &Type) -> String {
    let Type::Reference(reference) = ungrouped(ty) else { return printed(ty) };
    match &*reference.elem {
        Type::Slice(slice) => format!("Vec<{}>", owned(&slice.elem)),
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        other => owned(other),
    }
}

/// Prints tokens with the usual spacing, close enough for a message.
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
    fn what_is_lent_is_a_shared_reference_to_a_name() {
        let asks = |argument: FnArg| by_reference(&argument).map(printed_type);
        fn printed_type(ty: &Type) -> String {
            printed(ty)
        }
        assert_eq!(asks(parse_quote!(config: &GreeterConfig)), Some("GreeterConfig".into()));
        assert_eq!(asks(parse_quote!(_: &'a config::Greeter)), Some("config::Greeter".into()));
        for argument in [
            parse_quote!(ctx: &Context),
            parse_quote!(config: &mut GreeterConfig),
            parse_quote!(config: GreeterConfig),
            parse_quote!(name: &str),
            parse_quote!(bytes: &[u8]),
            parse_quote!(any: &dyn Any),
            parse_quote!(&self),
        ] {
            assert_eq!(asks(argument), None);
        }
        assert!(by_mutable_reference(&parse_quote!(config: &mut GreeterConfig)).is_some());
        assert!(by_mutable_reference(&parse_quote!(config: &GreeterConfig)).is_none());
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
