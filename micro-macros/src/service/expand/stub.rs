//! Expansion after an error: the author's own item, and the client used elsewhere, so that the error is not buried under
//! errors that follow from it. This code never runs.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{FnArg, Pat, Type, TypeParamBound};

use super::future::{in_future, returning_future};
use super::{contract, inherent};
use crate::service::model::{Contract, Inherent, Method, Service, Source};
use crate::syntax::{Function, Unfit, is_context, unfit};

pub(in crate::service) fn stub(service: &Service) -> TokenStream {
    match &service.source {
        Source::Contract(contract) => stub_contract(service, contract),
        Source::Inherent(inherent) => stub_inherent(service, inherent),
    }
}

fn stub_contract(service: &Service, contract: &Contract) -> TokenStream {
    let ident = &service.ident;
    let methods = service.methods.iter().map(declared);
    let others = contract.others.iter().map(|(_, tokens)| tokens);
    let the_trait = contract::the_trait(service, contract, quote!(#(#methods)* #(#others)*), hidden(service));
    let client = client(service, contract.visibility());
    let (name, visibility) = (service.client(), contract.visibility());
    let implementation = is_implementable(service, contract).then(|| {
        let methods = service.methods.iter().map(unanswered);
        quote!(impl #ident for #name { #(#methods)* })
    });
    let called = service.methods.iter().filter(|method| is_callable(service, method));
    let called = called.map(|method| self::called(method, visibility));
    let server = server(service, contract);
    quote! {
        #the_trait
        #client
        #[allow(dead_code, private_interfaces, unreachable_pub)]
        impl #name { #(#called)* }
        #implementation
        #server
    }
}

fn stub_inherent(service: &Service, inherent: &Inherent) -> TokenStream {
    let block = inherent::block(inherent, None);
    // The client of a contract belongs to the contract.
    if inherent.written.contract.is_some() {
        return block;
    }
    let public = quote!(pub);
    let client = client(service, &public);
    let name = service.client();
    let methods = service.methods.iter().filter(|method| is_callable(service, method));
    let methods = methods.map(|method| called(method, &public));
    quote! {
        #block
        #client
        #[allow(dead_code, private_interfaces, unreachable_pub)]
        impl #name { #(#methods)* }
    }
}

/// Emits the method as the trait declares it; a method that is not `async` stays unchanged.
fn declared(method: &Method) -> TokenStream {
    let function = &method.function;
    if function.signature.asyncness.is_none() {
        return function.to_token_stream();
    }
    match &function.body {
        Some(body) => {
            // A body may need its patterns; a declaration without a body must not have any.
            let inputs = &function.signature.inputs;
            returning_future(function, quote!(#inputs), in_future(function, body))
        }
        None => returning_future(function, simple_inputs(function), quote!(;)),
    }
}

/// Emits the method as the client implements it.
fn unanswered(method: &Method) -> TokenStream {
    let function = &method.function;
    let inputs = nameless_inputs(function);
    if function.signature.asyncness.is_some() {
        return returning_future(function, inputs, quote!({ ::core::future::pending() }));
    }
    let mut signature = function.signature.clone();
    signature.inputs = syn::parse_quote!(#inputs);
    match function.output() {
        Some(Type::ImplTrait(_)) => quote!(#signature { ::core::future::pending() }),
        _ => quote!(#signature { ::core::unreachable!() }),
    }
}

/// Emits the inherent method of the client.
fn called(method: &Method, visibility: &impl ToTokens) -> TokenStream {
    let ident = method.ident();
    let output = method.function.output().map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let parameters = method.messages().map(|message| {
        let ty = &message.ty;
        quote!(_: #ty)
    });
    quote! {
        #visibility fn #ident(&self, #(#parameters),*)
            -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
        {
            ::core::future::pending()
        }
    }
}

/// Returns `true` if the types of the method have a meaning outside of the method: those in angle brackets or behind `impl` do
/// not.
fn is_callable(service: &Service, method: &Method) -> bool {
    let output = method.function.output().and_then(unfit);
    service.generics().params.is_empty()
        && method.function.signature.generics.params.is_empty()
        && !matches!(output, Some((Unfit::ImplTrait, _)))
}

/// Emits the parameters as `#[micro::handler]` leaves them, with `_` for patterns that a declaration may not have.
fn simple_inputs(function: &Function) -> TokenStream {
    let inputs = function.signature.inputs.iter().filter(|input| !is_context(input)).map(|input| match input {
        FnArg::Receiver(receiver) => receiver.to_token_stream(),
        FnArg::Typed(typed) => {
            let ty = &typed.ty;
            match &*typed.pat {
                Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                    let name = &pattern.ident;
                    quote!(#name: #ty)
                }
                _ => quote!(_: #ty),
            }
        }
    });
    quote!(#(#inputs),*)
}

/// Emits the parameters of the same method with unused names.
fn nameless_inputs(function: &Function) -> TokenStream {
    let kept = |input: &&FnArg| function.body.is_some() || !is_context(input);
    let inputs = function.signature.inputs.iter().filter(kept).map(|input| match input {
        FnArg::Receiver(receiver) => receiver.to_token_stream(),
        FnArg::Typed(typed) => {
            let ty = &typed.ty;
            quote!(_: #ty)
        }
    });
    quote!(#(#inputs),*)
}

fn hidden(service: &Service) -> TokenStream {
    let micro = service.home.private();
    quote! {
        #[doc(hidden)]
        fn __micro_service(_: #micro::Arc<Self>) -> #micro::Service
        where
            Self: ::core::marker::Sized,
        {
            ::core::unreachable!()
        }

        #[doc(hidden)]
        fn __micro_desc() -> &'static #micro::ServiceDesc
        where
            Self: ::core::marker::Sized,
        {
            ::core::unreachable!()
        }
    }
}

fn client(service: &Service, visibility: &impl ToTokens) -> TokenStream {
    let micro = service.home.private();
    let client = service.client();
    quote! {
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #[allow(dead_code)]
        #visibility struct #client;

        impl #micro::ServiceClient for #client {
            fn from_client(_: #micro::Client) -> Self {
                Self
            }

            fn as_client(&self) -> &#micro::Client {
                ::core::unreachable!()
            }
        }

        impl<__MicroT> #micro::Wraps<__MicroT> for #client {
            fn service(_: #micro::Arc<__MicroT>) -> #micro::Service {
                ::core::unreachable!()
            }
        }
    }
}

fn server(service: &Service, contract: &Contract) -> TokenStream {
    let micro = service.home.private();
    let (server, visibility) = (service.server(), contract.visibility());
    quote! {
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #[allow(dead_code)]
        #visibility struct #server;

        #[allow(dead_code, unreachable_pub, clippy::new_ret_no_self)]
        impl #server {
            #visibility fn new(_: impl ::core::any::Any) -> #micro::Service {
                ::core::unreachable!()
            }
        }
    }
}

// With parameters, types or traits of the author's own, the requirements of an implementation are unknown.
fn is_implementable(service: &Service, contract: &Contract) -> bool {
    let plain_bounds = contract.own_supertraits().all(|bound| match bound {
        TypeParamBound::Lifetime(_) => true,
        TypeParamBound::Trait(bound) => {
            let known = ["Send", "Sync", "Clone", "Debug"];
            bound.path.segments.last().is_some_and(|last| known.iter().any(|name| last.ident == name))
        }
        _ => false,
    });
    plain_bounds
        && contract.others.is_empty()
        && contract.written.unsafety.is_none()
        && service.generics().params.is_empty()
        && service.generics().where_clause.is_none()
}
