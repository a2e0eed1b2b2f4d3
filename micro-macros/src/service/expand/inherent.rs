//! A service without a separate contract: the author's block, a client, and the registration.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use super::client::{client, client_entry, client_method};
use super::description;
use crate::init;
use crate::injection::{from_context, registration};
use crate::report::Checked;
use syn::Type;

use crate::service::model::{Inherent, Method, Role, Service};
use crate::subscriber;
use crate::syntax::{at, in_braces_of};

pub(super) fn expand(service: &Checked<Service>, inherent: &Inherent) -> TokenStream {
    let micro = service.home.private();
    let written = &inherent.written;
    let (ty, client_name) = (&written.ty, service.client());
    let init = service.parts(Service::inits).next().map(|init| init::builder(init, &service.home));
    let block = block(inherent, init);
    // An `impl` block has no visibility; the client is `pub` and as visible as its module.
    let public = quote!(pub);
    let client = client(service, &public);
    let description = description::service(service);
    let specs = description::specs(service);
    let calls = service.methods.iter().map(|method| call(service, inherent, method));
    let client_methods = service.methods.iter().map(|method| client_method(method, &public));
    let (entries, this) = (description::entries(service), description::name());
    let entry = client_entry(service);
    let serve = quote!(|value| #client_name::__micro_serve(#micro::downcast(value)));
    let what = format!("service {}", service.contract_name());
    let mut extracted: Vec<&Type> = vec![];
    for ty in service.methods.iter().flat_map(Method::extracted) {
        if !extracted.contains(&ty) {
            extracted.push(ty);
        }
    }
    let registration = registration(&service.home, ty, serve, quote!(|| &#this), &extracted, &what);
    let subscribers = service.parts(Service::subscribers).map(|subscriber| subscriber::method(subscriber, ty));
    quote! {
        #block
        #client
        #[allow(deprecated, non_camel_case_types, private_interfaces, unreachable_pub)]
        const _: () = {
            #description
            #specs
            #(#calls)*

            impl #micro::Wraps<#ty> for #client_name {
                fn service(value: #micro::Arc<#ty>) -> #micro::Service {
                    Self::__micro_serve(value)
                }
            }

            #[allow(dead_code)]
            impl #client_name {
                #(#client_methods)*

                fn __micro_serve(this: #micro::Arc<#ty>) -> #micro::Service {
                    #micro::Service::new(this, &#this, #entries)
                }
            }

            #entry
            #registration
            #(#subscribers)*
        };
    }
}

/// Emits the author's block, with the items of `#[init]`.
pub(super) fn block(inherent: &Inherent, init: Option<TokenStream>) -> TokenStream {
    let written = &inherent.written;
    let (attributes, unsafety, impl_token) = (&written.attributes, &written.unsafety, &written.impl_token);
    let (ty, members) = (&written.ty, &inherent.members);
    let (impl_generics, where_clause) = (&written.generics, &written.generics.where_clause);
    let contract = written.contract.as_ref().map(|path| quote!(#path for));
    let block = in_braces_of(&written.block, quote!(#(#members)* #init));
    quote! {
        #(#attributes)*
        #unsafety #impl_token #impl_generics #contract #ty #where_clause #block
    }
}

/// Emits the call of the method, with its parameters in the author's order.
fn call(service: &Service, inherent: &Inherent, method: &Method) -> TokenStream {
    let micro = service.home.private();
    let (ty, spec, ident) = (&inherent.written.ty, &method.spec, method.ident());
    let (mut arguments, mut extracted) = (vec![], vec![]);
    for parameter in &method.parameters {
        arguments.push(match (&parameter.extracted, parameter.role) {
            (Some(ty), _) => {
                let name = format_ident!("_held{}", extracted.len());
                let value = from_context(ty, &quote!(_context), &service.home);
                extracted.push(quote!(let #name = #value;));
                quote!(#micro::Borrow::borrow(&#name))
            }
            (None, Role::Context) => quote!(_context),
            (None, _) => quote!(_input),
        });
    }
    let mut call = quote_spanned!(at(ident.span())=> <#ty>::#ident(this, #(#arguments),*));
    if !extracted.is_empty() {
        call = quote!(async move { #(#extracted)* #call.await });
    }
    quote! {
        impl #micro::Method<#ty> for #spec {
            fn call(
                this: &#ty,
                _input: Self::In,
                _context: &#micro::Context,
            ) -> impl ::core::future::Future<Output = Self::Out> + ::core::marker::Send {
                #call
            }
        }
    }
}
