//! What to emit. Each piece is a function that says what it writes; the rest is in `micro`.
//!
//! Items beside the author's are the client and the server; everything else is inside `const _`, where no path leads.
//! There the author's types keep their meaning, also when the whole stands in a function body. Names of ours start with
//! `__micro`.

mod contract;
mod description;
mod inherent;
mod stub;

use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned as _;

use crate::report::Checked;
use crate::service::model::{Method, Service, Source};
use crate::syntax::{Function, at};

pub(super) use stub::stub;

pub(super) fn expand(service: &Checked<Service>) -> TokenStream {
    match &service.source {
        Source::Contract(contract) => contract::expand(service, contract),
        Source::Inherent(inherent) => inherent::expand(service, inherent),
    }
}

/// `GreeterClient`, and what makes it one of all clients. Its own methods are those of the contract and no others.
fn client(service: &Service, visibility: &impl ToTokens) -> TokenStream {
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
fn client_entry(service: &Service) -> TokenStream {
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
fn client_method(method: &Method, visibility: &impl ToTokens) -> TokenStream {
    let docs = method.function.attributes.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let (deprecated, call) = (deprecated(method), remote_call(method));
    quote! {
        #(#docs)*
        #deprecated
        #visibility #call
    }
}

/// A signature, and a call by the type that describes the method.
fn remote_call(method: &Method) -> TokenStream {
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

/// Tells callers in Rust what the description tells everyone.
fn deprecated(method: &Method) -> Option<TokenStream> {
    method.deprecated.as_ref().map(|note| quote!(#[deprecated(note = #note)]))
}

/// The future of what the function returns, shown where it says so.
fn future(function: &Function) -> TokenStream {
    let output = match function.output() {
        Some(output) => output.to_token_stream(),
        None => quote!(()),
    };
    let span = at(function.output().map_or_else(|| function.signature.ident.span(), |output| output.span()));
    // A future over type parameters moves between threads only if they do; those are refused anyway.
    let send = function.signature.generics.params.is_empty().then(|| quote_spanned!(span=> + ::core::marker::Send));
    quote_spanned!(span=> impl ::core::future::Future<Output = #output> #send)
}

/// A body of the author's as one that makes a future of it.
fn in_future(function: &Function, body: &Group) -> TokenStream {
    let span = at(function.signature.asyncness.map_or_else(Span::call_site, |asyncness| asyncness.span()));
    quote_spanned!(span=> { async move #body })
}

/// `async fn f(..) -> T { .. }` as what a trait needs it to be: a function that returns a future which may move between
/// threads. The body is not touched.
fn returning_future(function: &Function, inputs: TokenStream, body: TokenStream) -> TokenStream {
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
