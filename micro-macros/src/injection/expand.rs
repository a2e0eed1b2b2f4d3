//! Asking for the parameters, and calling.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::injected;
use crate::syntax::{Function, Home, at};

/// What the function needs, for the injection graph.
pub(crate) fn dependencies(function: &Function, home: &Home) -> TokenStream {
    let types = injected(function).map(|ty| {
        let micro = home.private_at(ty.span());
        quote_spanned!(at(ty.span())=> #micro::Dep::of::<#ty>())
    });
    quote!(const { &[#(#types),*] })
}

/// A call of `path` with every parameter taken from `resolver`, to stand in an `async` block that returns a `Result`.
pub(crate) fn call(path: &TokenStream, function: &Function) -> TokenStream {
    let values = injected(function).map(|ty| quote_spanned!(at(ty.span())=> resolver.get::<#ty>()?));
    let wait = function.signature.asyncness.map(|asyncness| quote_spanned!(at(asyncness.span())=> .await));
    let span = at(function.output().map_or_else(|| function.signature.ident.span(), |output| output.span()));
    quote_spanned!(span=> #path(#(#values),*) #wait)
}
