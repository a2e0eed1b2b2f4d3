//! The author's `async fn` as a function that returns a `Send` future.

use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::syntax::{Function, at};

/// Emits the future of the function's return type, with the span of that type.
pub(super) fn future(function: &Function) -> TokenStream {
    let output = match function.output() {
        Some(output) => output.to_token_stream(),
        None => quote!(()),
    };
    let span = at(function.output().map_or_else(|| function.signature.ident.span(), |output| output.span()));
    // A future over type parameters is `Send` only if they are; type parameters are refused anyway.
    let send = function.signature.generics.params.is_empty().then(|| quote_spanned!(span=> + ::core::marker::Send));
    quote_spanned!(span=> impl ::core::future::Future<Output = #output> #send)
}

/// Wraps the author's body in an `async move` block.
pub(super) fn in_future(function: &Function, body: &Group) -> TokenStream {
    let span = at(function.signature.asyncness.map_or_else(Span::call_site, |asyncness| asyncness.span()));
    quote_spanned!(span=> { async move #body })
}

/// Emits `async fn f(..) -> T { .. }` in the form a trait requires: a function that returns a `Send` future. The body is not
/// changed.
pub(super) fn returning_future(function: &Function, inputs: TokenStream, body: TokenStream) -> TokenStream {
    let Function { attributes, visibility, signature, .. } = function;
    let syn::Signature { constness, safety, abi, fn_token, ident, generics, paren_token, .. } = signature;
    let where_clause = &generics.where_clause;
    let mut parameters = TokenStream::new();
    paren_token.surround(&mut parameters, |tokens| tokens.extend(inputs));
    let future = future(function);
    quote! {
        #(#attributes)*
        #visibility #constness #safety #abi #fn_token #ident #generics #parameters -> #future
        #where_clause
        #body
    }
}
