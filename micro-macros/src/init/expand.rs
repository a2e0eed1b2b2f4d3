//! Expansion: a function that lists the dependencies and builds the value.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use crate::injection::{asking, call, dependencies};
use crate::report::Checked;
use crate::syntax::{CratePath, Function, at};

/// Emits the hidden function next to the author's.
///
/// The hidden function is always public: it takes precedence over the one that every type has (`InitFallback`) only where it
/// is visible, and a private one would be skipped silently. For two of them rustc reports a duplicate name, so the name
/// explains the error.
pub(crate) fn builder(function: Checked<&Function>, home: &CratePath) -> TokenStream {
    let output = function.output().map_or_else(|| function.signature.ident.span(), |output| output.span());
    let (span, micro) = (at(function.signature.ident.span()), home.private_at(function.signature.ident.span()));
    let dependencies = dependencies(&function, home);
    let (built, inside) = built(&function, home);
    let call = call(Some(quote!(<#built>::)), &function, home);
    let asking = asking(home);
    let there = home.private_at(output);
    let value = quote_spanned!(at(output)=> #there::Built::<#built>::into_result(#call));
    // Everything has the span of the author's function, where rustc then reports a second `#[init]`.
    quote_spanned! {span=>
        #[doc(hidden)]
        #[allow(unreachable_pub)]
        pub fn only_one_init_function() -> #micro::Init<#built> {
            #inside
            #micro::Init {
                deps: #dependencies,
                build: |resolver| #micro::Box::pin(async move { #asking #value }),
            }
        }
    }
}

/// Returns the type that is built, and a check that the function is in its `impl`.
///
/// For a return type that mentions `Self`, the compiler reports a function outside of an `impl`, once. For a type written by
/// name, `Self` in an error would be a word that the author has not written, so the type is taken from the return type: its
/// hidden function is this one, unless the function is not in an `impl` of the type.
fn built(function: &Function, home: &CratePath) -> (TokenStream, Option<TokenStream>) {
    let named = function.output().filter(|output| !mentions_self(output.to_token_stream()));
    let Some(output) = named else {
        let this = TokenTree::Ident(syn::Ident::new("Self", self_span(function)));
        return (this.into(), None);
    };
    let (span, micro) = (at(output.span()), home.private_at(output.span()));
    let built = quote_spanned!(span=> <#output as #micro::Building>::Type);
    let inside = quote_spanned! {span=>
        #[allow(unused_imports)]
        use #micro::OutsideOfItsImpl as _;
        let _ = <#built>::only_one_init_function;
    };
    (built, Some(inside))
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Returns the span of the author's `Self`: an error about `Self` is then reported once, not for each generated occurrence.
fn self_span(function: &Function) -> Span {
    fn first(tokens: TokenStream) -> Option<Span> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Ident(word) if word == "Self" => Some(word.span()),
            TokenTree::Group(group) => first(group.stream()),
            _ => None,
        })
    }
    let ident = function.signature.ident.span();
    at(function.output().and_then(|output: &Type| first(output.to_token_stream())).unwrap_or(ident))
}
