//! Expansion of an event: its topic, its key, and its publisher.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;

use crate::message::model::Model;
use crate::syntax::at;

/// Emits the topic of an event, and its key if the author names a field.
pub(super) fn typed(model: &Model, key: Option<&Ident>) -> Option<TokenStream> {
    let topic = model.topic.as_ref()?;
    let (micro, ident) = (model.home.private(), &model.ident);
    let key = key.map(|field| {
        let there = model.home.private_at(field.span());
        let text = quote_spanned!(at(field.span())=> #there::OrderKey::key(&self.#field));
        quote! {
            fn key(&self) -> ::core::option::Option<#micro::String> {
                ::core::option::Option::Some(#text)
            }
        }
    });
    Some(quote! {
        impl #micro::Typed for #ident {
            const TOPIC: &'static ::core::primitive::str = #topic;
            #key
        }
    })
}

/// Emits the entry that makes the publisher of an event injectable.
pub(super) fn publisher(model: &Model) -> Option<TokenStream> {
    model.topic.as_ref()?;
    let (micro, ident) = (model.home.private(), &model.ident);
    Some(quote! {
        #micro::inventory::submit! {
            #micro::PublisherEntry::new(
                #micro::Dep::of::<#micro::Publisher<#ident>>(),
                |broker| {
                    #micro::Arc::new(#micro::Publisher::<#ident>::new(::core::clone::Clone::clone(broker))) as #micro::AnyArc
                },
            )
        }
    })
}
