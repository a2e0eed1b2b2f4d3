//! Asking for the parameters, and calling.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::injected;
use crate::syntax::{Function, Home};

/// What the function needs, for the injection graph.
pub(crate) fn dependencies(function: &Function, home: &Home) -> TokenStream {
    let micro = home.private();
    let types = injected(function).map(|ty| quote_spanned!(ty.span()=> #micro::Dep::of::<#ty>()));
    quote!(const { &[#(#types),*] })
}

/// A call of `path` with every parameter taken from `resolver`, to stand in an `async` block that returns a `Result`.
pub(crate) fn call(path: &TokenStream, function: &Function) -> TokenStream {
    let values = injected(function).map(|ty| quote_spanned!(ty.span()=> resolver.get::<#ty>()?));
    let wait = function.signature.asyncness.map(|_| quote!(.await));
    quote!(#path(#(#values),*) #wait)
}
