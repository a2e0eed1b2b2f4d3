//! The client, and its call of each method.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Ident;

use super::description;
use super::future::future;
use crate::service::model::{Method, Service};

/// Emits `GreeterClient` and its `ServiceClient` implementation. The client's own methods are those of the contract only.
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

/// Emits the entry that makes the client injectable.
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

/// Emits an inherent method of the client, which callers reach without an import.
pub(super) fn client_method(method: &Method, visibility: &impl ToTokens) -> TokenStream {
    let docs = method.function.attributes.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let (deprecated, call) = (deprecated(method), remote_call(method));
    quote! {
        #(#docs)*
        #deprecated
        #visibility #call
    }
}

/// Emits a signature, and a call through the type that describes the method.
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

/// Emits `#[deprecated]`, which marks the method for callers in Rust too.
pub(super) fn deprecated(method: &Method) -> Option<TokenStream> {
    method.deprecated.as_ref().map(|note| quote!(#[deprecated(note = #note)]))
}
