//! Expansion: the implementation, and its registration.

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{PatType, Signature, Type};

use crate::handler::model::{Extracted, Handler, Part};
use crate::init;
use crate::injection::{from_context, registration};
use crate::report::Checked;
use crate::subscriber;
use crate::syntax::{CratePath, at, in_braces_of, printed};

pub(super) fn expand(handler: &Checked<Handler>) -> TokenStream {
    let init = handler.parts(|handler| &handler.inits).next().map(|init| init::builder(init, &handler.home));
    let implementation = implementation(handler, init);
    if handler.written.contract.is_none() {
        let ty = &handler.written.ty;
        let subscribers = handler.parts(|handler| &handler.subscribers);
        let subscribers = subscribers.map(|subscriber| subscriber::method(subscriber, ty));
        return quote!(#implementation #(#subscribers)*);
    }
    let registration = handler.is_registered().then(|| registered(handler));
    quote!(#implementation #registration)
}

/// Emits the author's block after an error, complete, so that no error follows from the first.
pub(super) fn stub(handler: &Handler) -> TokenStream {
    implementation(handler, None)
}

/// Emits the author's block. For a contract, `ctx: &Context` and `config: &GreeterConfig` move from the signatures into the
/// bodies; for events, the items of `#[init]` are added.
fn implementation(handler: &Handler, init: Option<TokenStream>) -> TokenStream {
    let written = &handler.written;
    let (attributes, unsafety, impl_token) = (&written.attributes, &written.unsafety, &written.impl_token);
    let (generics, where_clause, ty) = (&written.generics, &written.generics.where_clause, &written.ty);
    let contract = written.contract.as_ref().map(|path| quote!(#path for));
    let members = handler.members.iter().map(|member| self::member(member, &handler.home));
    let block = in_braces_of(&written.block, quote!(#(#members)* #init));
    quote! {
        #(#attributes)*
        #unsafety #impl_token #generics #contract #ty #where_clause #block
    }
}

fn member(part: &Part, home: &CratePath) -> TokenStream {
    match part {
        Part::Other(tokens) => tokens.clone(),
        Part::Method { function, contexts, extracted } => {
            let mut function = function.clone();
            let body = function.body.take();
            function.body = body.map(|body| bound(&function.signature, &body, contexts, extracted, home));
            function.to_token_stream()
        }
    }
}

/// Emits the body, after a `let` for each context and each extracted parameter. The body's tokens and braces keep their spans.
fn bound(
    signature: &Signature,
    body: &Group,
    contexts: &[PatType],
    extracted: &[Extracted],
    home: &CratePath,
) -> Group {
    if contexts.is_empty() && extracted.is_empty() {
        return body.clone();
    }
    let extracted = extracted.iter().enumerate().map(|(index, Extracted { pattern, ty })| {
        // Anything but an `async fn` is refused; its body compiles with a placeholder value.
        if signature.asyncness.is_none() {
            let micro = home.private();
            return quote!(let #pattern: &#ty = #micro::stand_in(););
        }
        let (held, micro) = (format_ident!("__micro_held{index}"), home.private());
        let value = from_context(ty, &current(ty, home), home);
        quote! {
            let #held = #value;
            let #pattern: &#ty = #micro::Borrow::borrow(&#held);
        }
    });
    let bindings = contexts.iter().map(|PatType { pat, colon_token, ty, .. }| {
        let current = current(ty, home);
        quote!(let #pat #colon_token #ty = #current;)
    });
    let inner = body.stream();
    let mut whole = Group::new(body.delimiter(), quote!(#(#bindings)* #(#extracted)* #inner));
    whole.set_span(body.span());
    whole
}

/// Emits the context of the call, for a parameter of this type.
fn current(ty: &Type, home: &CratePath) -> TokenStream {
    let micro = home.private_at(ty.span());
    quote_spanned!(at(ty.span())=> &#micro::Context::current())
}

fn registered(handler: &Handler) -> TokenStream {
    let micro = handler.home.private();
    let (contract, ty) = (&handler.written.contract, &handler.written.ty);
    let service = quote_spanned!(at(contract.span())=> __MicroT::__micro_service(value));
    let desc = quote_spanned!(at(contract.span())=> __MicroT::__micro_desc());
    let serve = quote!(|value| __micro_serve(#micro::downcast::<#ty>(value)));
    let what = format!("impl {} for {}", printed(contract), printed(ty));
    let extracted = handler.extracted();
    let registration = registration(&handler.home, ty, serve, quote!(__micro_desc::<#ty>), &extracted, &what);
    quote! {
        const _: () = {
            // A type parameter has only the functions of its bounds, so this is the contract's own function or, if the
            // trait is not a contract, the fallback that reports this. The description works alike.
            fn __micro_serve<__MicroT: #contract>(value: #micro::Arc<__MicroT>) -> #micro::Service {
                #[allow(unused_imports)]
                use #micro::ContractFallback as _;
                #service
            }

            fn __micro_desc<__MicroT: #contract>() -> &'static #micro::ServiceDesc {
                #[allow(unused_imports)]
                use #micro::ContractFallback as _;
                #desc
            }

            #registration
        };
    }
}
