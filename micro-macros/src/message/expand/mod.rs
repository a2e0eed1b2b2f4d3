//! Expansion: names, types, and one call per field.

mod description;
mod enumeration;
mod event;
mod forward;
mod oneof;
mod structure;
mod tokens;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use super::input::Body;
use super::model::{Model, Shape};
use crate::report::Checked;
use enumeration::enumeration;
use event::{publisher, typed};
use forward::{named, prost, serde};
use oneof::oneof;
use structure::structure;

/// Emits the implementations of a message.
pub(super) fn expand(model: &Checked<Model>) -> TokenStream {
    let implementations = match &model.shape {
        Shape::Struct(parts) => structure(model, parts),
        Shape::OneOf(choices) => oneof(model, choices),
        Shape::Enumeration(values) => enumeration(model, values),
    };
    let is_enumeration = matches!(model.shape, Shape::Enumeration(_));
    let serde = serde(&model.ident, is_enumeration);
    let named = (!is_enumeration).then(|| named(&model.ident));
    let prost = model.prost.then(|| prost(model));
    let (typed, publisher) = (typed(model, model.key.as_ref()), publisher(model));
    in_scope(model, &quote!(#implementations #serde #named #prost #typed #publisher))
}
/// Emits placeholder implementations for a message with an error, so that its uses are not errors too.
pub(super) fn stub(model: &Model) -> TokenStream {
    let input = &model.input;
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let ident = &model.ident;
    let implementations = match (&input.body, &model.shape) {
        (Body::Enum(_), Shape::Enumeration(_)) => quote! {
            impl __message::Enumeration for #ident {
                const DESC: &'static __message::EnumDesc = &__message::EnumDesc::new("", &[]);
                fn number(&self) -> i32 { 0 }
                fn from_number(_: i32) -> ::core::option::Option<Self> { ::core::option::Option::None }
            }
            __message::enumeration!(#ident);
        },
        (Body::Enum(_), _) => {
            let message = stub_message(ident);
            quote! {
                impl __message::OneOf for #ident {
                    const VARIANTS: &'static [__message::FieldDesc] = &[];
                    fn visit<V: __message::VisitOne>(&self, _: V) {}
                    fn build<S: __message::BuildOne>(_: usize, _: S) -> __message::Result<Self> { loop {} }
                }
                #message
            }
        }
        (Body::Struct(_), _) => stub_message(ident),
    };
    let serde = serde(ident, matches!((&input.body, &model.shape), (Body::Enum(_), Shape::Enumeration(_))));
    let typed = typed(model, None);
    in_scope(model, &quote!(#implementations #serde #typed))
}

fn stub_message(ident: &Ident) -> TokenStream {
    quote! {
        impl __message::Message for #ident {
            const DESC: &'static __message::MessageDesc = &__message::MessageDesc::new("", &[]);
            fn visit<V: __message::Visit>(&self, _: &mut V) {}
            fn build<S: __message::Source>(_: &mut S) -> __message::Result<Self> { loop {} }
        }
    }
}
/// Emits implementations in a scope of their own, where our names do not collide with the author's.
fn in_scope(model: &Model, implementations: &TokenStream) -> TokenStream {
    let private = model.home.private();
    quote! {
        const _: () = {
            use #private::message as __message;
            #implementations
        };
    }
}
