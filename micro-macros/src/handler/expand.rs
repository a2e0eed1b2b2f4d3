//! What to emit: the implementation, and its registration.

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{PatType, Type};

use crate::handler::model::{Handler, Part};
use crate::syntax::{Home, at, in_braces_of, printed};

pub(super) fn expand(handler: &Handler) -> TokenStream {
    let implementation = implementation(handler);
    let registration = handler.is_registered().then(|| registered(handler));
    quote!(#implementation #registration)
}

/// The author's block, without `ctx: &Context` in the signatures and with it in the bodies.
pub(super) fn implementation(handler: &Handler) -> TokenStream {
    let written = &handler.written;
    let (attributes, unsafety, impl_token) = (&written.attributes, &written.unsafety, &written.impl_token);
    let (generics, where_clause, ty) = (&written.generics, &written.generics.where_clause, &written.ty);
    let contract = written.contract.as_ref().map(|path| quote!(#path for));
    let members = handler.members.iter().map(|member| self::member(member, &handler.home));
    let block = in_braces_of(&written.block, quote!(#(#members)*));
    quote! {
        #(#attributes)*
        #unsafety #impl_token #generics #contract #ty #where_clause #block
    }
}

fn member(part: &Part, home: &Home) -> TokenStream {
    match part {
        Part::Other(tokens) => tokens.clone(),
        Part::Method { function, contexts } => {
            let mut function = function.clone();
            function.body = function.body.map(|body| with_contexts(&body, contexts, home));
            function.to_token_stream()
        }
    }
}

/// The body, behind a `let` for each context. Its own tokens and the braces keep their places.
fn with_contexts(body: &Group, contexts: &[PatType], home: &Home) -> Group {
    if contexts.is_empty() {
        return body.clone();
    }
    let bindings = contexts.iter().map(|PatType { pat, colon_token, ty, .. }| {
        let micro = home.private_at(ty.span());
        let current = quote_spanned!(at(ty.span())=> &#micro::Context::current());
        quote!(let #pat #colon_token #ty = #current;)
    });
    let inner = body.stream();
    let mut whole = Group::new(body.delimiter(), quote!(#(#bindings)* #inner));
    whole.set_span(body.span());
    whole
}

fn registered(handler: &Handler) -> TokenStream {
    let micro = handler.home.private();
    let (contract, ty) = (&handler.written.contract, &handler.written.ty);
    let service = quote_spanned!(at(contract.span())=> __MicroT::__micro_service(value));
    let desc = quote_spanned!(at(contract.span())=> __MicroT::__micro_desc());
    let serve = quote!(|value| __micro_serve(#micro::downcast::<#ty>(value)));
    let what = format!("impl {} for {}", printed(contract), printed(ty));
    let registration = registration(&handler.home, ty, serve, quote!(__micro_desc::<#ty>), &what);
    quote! {
        const _: () = {
            // Of a type parameter only the traits it is bound by are known, so this is the contract's own function or,
            // if the trait is none, the one that says so. The same goes for its description.
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

/// What `micro::run()` finds: how to build the value, once for all it serves, how to make a service of it, and what that
/// will be, known before anything is built.
pub(crate) fn registration(home: &Home, ty: &Type, serve: TokenStream, desc: TokenStream, what: &str) -> TokenStream {
    let micro = home.private();
    let init = quote_spanned!(at(ty.span())=> <#ty>::only_one_micro_init());
    quote! {
        #micro::inventory::submit! {
            #micro::HandlerEntry::new(
                || {
                    #[allow(unused_imports)]
                    use #micro::InitFallback as _;
                    #micro::Component::new::<#ty>(#init)
                },
                #serve,
                #desc,
                #micro::Location::new(::core::file!(), ::core::line!(), #what),
            )
        }
    }
}
