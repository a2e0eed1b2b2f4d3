//! The client, and how it calls each method.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Ident;

use super::description;
use super::future::future;
use crate::service::model::{Method, Service};

/// `GreeterClient`, and what makes it one of all clients. Its own methods are those of the contract and no others.
pub(super) fn client(service: &Service, visibility: &impl ToTokens) -> TokenStream {
    let micro = service.home.private();
    let (client, ident) = (service.client(), &service.ident);
    let about = format!(" Calls a [`{ident}`] wherever it runs. Cloning it is cheap.");
    quote! {
        #[doc = #about]
        #[allow(unreachable_pub)]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #client(#micro::Client);

        impl #micro::ServiceClient for #client {
            fn from_client(client: #micro::Client) -> Self {
                Self(client)
            }

            fn as_client(&self) -> &#micro::Client {
                &self.0
            }
        }
    }
}

/// Makes the client something that can be injected.
pub(super) fn client_entry(service: &Service) -> TokenStream {
    let micro = service.home.private();
    let client = service.client();
    let description = description::name();
    quote! {
        #micro::inventory::submit! {
            #micro::ClientEntry::new(
                #micro::Dep::of::<#client>(),
                |client| #micro::Arc::new(#client(::core::clone::Clone::clone(client))),
                &#description,
            )
        }
    }
}

/// A method of the client itself, which callers reach without an import.
pub(super) fn client_method(method: &Method, visibility: &impl ToTokens) -> TokenStream {
    let docs = method.function.attributes.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let (deprecated, call) = (deprecated(method), remote_call(method));
    quote! {
        #(#docs)*
        #deprecated
        #visibility #call
    }
}

/// A signature, and a call by the type that describes the method.
pub(super) fn remote_call(method: &Method) -> TokenStream {
    let (ident, spec) = (method.ident(), &method.spec);
    let future = future(&method.function);
    let (parameter, argument) = match method.message() {
        Some(message) => {
            let (name, ty) = (parameter_name(method), &message.ty);
            (quote!(, #name: #ty), quote!(#name))
        }
        None => (quote!(), quote!(())),
    };
    quote! {
        fn #ident(&self #parameter) -> #future {
            self.0.call::<#spec>(#argument)
        }
    }
}

fn parameter_name(method: &Method) -> Ident {
    let named = method.message().and_then(|message| message.name());
    named.cloned().unwrap_or_else(|| Ident::new("request", method.ident().span()))
}

/// Marks the method for callers in Rust too.
pub(super) fn deprecated(method: &Method) -> Option<TokenStream> {
    method.deprecated.as_ref().map(|note| quote!(#[deprecated(note = #note)]))
}
