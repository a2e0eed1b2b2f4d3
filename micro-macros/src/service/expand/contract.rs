//! A contract: the trait, its client, its server.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::client::{client, client_entry, client_method, deprecated, remote_call};
use super::description;
use super::future::{in_future, returning_future};
use crate::report::Checked;
use crate::service::model::{Contract, Method, Service};
use crate::syntax::{at, in_braces_of};

pub(super) fn expand(service: &Checked<Service>, contract: &Contract) -> TokenStream {
    let methods = service.methods.iter().map(declaration);
    let the_trait = the_trait(service, contract, quote!(#(#methods)*), hidden(service));
    let client = client(service, contract.visibility());
    let server = server(service, contract);
    let inside = inside(service, contract);
    quote! {
        #the_trait
        #client
        #server
        #[allow(deprecated, non_camel_case_types, private_interfaces, unreachable_pub)]
        const _: () = { #inside };
    }
}

/// Emits the author's trait, with the supertraits that serving requires.
pub(super) fn the_trait(
    service: &Service,
    contract: &Contract,
    members: TokenStream,
    hidden: TokenStream,
) -> TokenStream {
    let written = &contract.written;
    let (attributes, visibility, unsafety) = (&written.attributes, &written.visibility, &written.unsafety);
    let (trait_token, ident, generics) = (&written.trait_token, &service.ident, &written.generics);
    let where_clause = &generics.where_clause;
    let own = contract.own_supertraits();
    let block = in_braces_of(&written.block, quote!(#members #hidden));
    quote! {
        #(#attributes)*
        #visibility #unsafety #trait_token #ident #generics:
            #(#own +)* ::core::marker::Send + ::core::marker::Sync + 'static
        #where_clause
        #block
    }
}

fn declaration(method: &Method) -> TokenStream {
    let function = &method.function;
    let inputs = &function.signature.inputs;
    let body = match &function.body {
        Some(body) => in_future(function, body),
        None => quote!(;),
    };
    let deprecated = deprecated(method);
    // The author wrote an `async fn`; the desugared form is ours.
    let allow = function.body.is_some().then(|| quote!(#[allow(clippy::manual_async_fn)]));
    let declaration = returning_future(function, quote!(#inputs), body);
    quote!(#deprecated #allow #declaration)
}

/// Emits the hidden functions through which `#[micro::handler]`, which sees only a path to the trait, reaches the method table
/// and the description.
fn hidden(service: &Service) -> TokenStream {
    let micro = service.home.private();
    let client = service.client();
    quote! {
        #[doc(hidden)]
        fn __micro_service(this: #micro::Arc<Self>) -> #micro::Service
        where
            Self: ::core::marker::Sized,
        {
            #client::__micro_serve(this)
        }

        #[doc(hidden)]
        fn __micro_desc() -> &'static #micro::ServiceDesc
        where
            Self: ::core::marker::Sized,
        {
            #client::__micro_desc()
        }
    }
}

fn server(service: &Service, contract: &Contract) -> TokenStream {
    let micro = service.home.private();
    let (ident, server, visibility) = (&service.ident, service.server(), contract.visibility());
    let about = format!(" Makes a service of any [`{ident}`]: `{server}::new(value)`.");
    quote! {
        #[doc = #about]
        #[allow(dead_code)]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #server;

        #[allow(dead_code, unreachable_pub, clippy::new_ret_no_self)]
        impl #server {
            /// A service that answers with `value`.
            #[must_use]
            #visibility fn new(value: impl #ident) -> #micro::Service {
                #ident::__micro_service(#micro::Arc::new(value))
            }
        }
    }
}

fn inside(service: &Service, contract: &Contract) -> TokenStream {
    let micro = service.home.private();
    let (ident, client) = (&service.ident, service.client());
    let description = description::service(service);
    let specs = description::specs(service);
    let calls = service.methods.iter().map(|method| call(service, method));
    let client_methods = service.methods.iter().map(|method| client_method(method, contract.visibility()));
    let contract_methods = service.methods.iter().map(remote_call);
    let entries = description::entries(service);
    let this = description::name();
    let entry = client_entry(service);
    quote! {
        #description
        #specs
        #(#calls)*

        impl #ident for #client {
            #(#contract_methods)*
        }

        impl<__MicroT: #ident> #micro::Wraps<__MicroT> for #client {
            fn service(value: #micro::Arc<__MicroT>) -> #micro::Service {
                Self::__micro_serve(value)
            }
        }

        #[allow(dead_code)]
        impl #client {
            #(#client_methods)*

            fn __micro_serve<__MicroT: #ident>(this: #micro::Arc<__MicroT>) -> #micro::Service {
                #micro::Service::new(this, &#this, #entries)
            }

            fn __micro_desc() -> &'static #micro::ServiceDesc {
                &#this
            }
        }

        #entry
    }
}

/// Emits the call of the method on any implementation.
fn call(service: &Service, method: &Method) -> TokenStream {
    let micro = service.home.private();
    let (contract, spec, ident) = (&service.ident, &method.spec, method.ident());
    let (input, arguments) = match method.message() {
        Some(_) => (quote!(input), quote!(this, input)),
        None => (quote!(_), quote!(this)),
    };
    let call = quote_spanned!(at(ident.span())=> <__MicroT as #contract>::#ident(#arguments));
    quote! {
        impl<__MicroT: #contract> #micro::Method<__MicroT> for #spec {
            fn call(
                this: &__MicroT,
                #input: Self::In,
                _: &#micro::Context,
            ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
                #call
            }
        }
    }
}
