//! Resolving the parameters and calling the function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::injected;
use crate::syntax::{CratePath, Function, at, shown_at};

/// Returns the dependencies of the function, for the injection graph.
pub(crate) fn dependencies(function: &Function, home: &CratePath) -> TokenStream {
    let types = injected(function).map(|ty| {
        let micro = home.private_at(ty.span());
        quote_spanned!(at(ty.span())=> #micro::Dep::of::<#ty>())
    });
    quote!(const { &[#(#types),*] })
}

/// Returns the imports that [`call`] requires.
pub(crate) fn asking(home: &CratePath) -> TokenStream {
    let micro = home.private();
    quote! {
        #[allow(unused_imports)]
        use #micro::AskAny as _;
    }
}

/// Emits a call with every parameter taken from `resolver`, for an `async` block that returns a `Result`.
///
/// The call has the span of the return type, the part that may be wrong.
pub(crate) fn call(scope: Option<TokenStream>, function: &Function, home: &CratePath) -> TokenStream {
    let mut ident = function.signature.ident.clone();
    let span = at(function.output().map_or_else(|| ident.span(), |output| output.span()));
    ident.set_span(span);
    let scope = scope.map(|tokens| shown_at(tokens, span));
    let values = injected(function).map(|ty| {
        let micro = home.private_at(ty.span());
        quote_spanned!(at(ty.span())=> #micro::Ask::<#ty>::of(resolver)?)
    });
    let wait = function.signature.asyncness.map(|_| quote_spanned!(span=> .await));
    quote_spanned!(span=> #scope #ident(#(#values),*) #wait)
}
