//! Foreign traits, forwarded to the functions that every message has, and the entry in the program's table of messages.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::message::model::Model;

/// Emits serde's two traits, forwarded to the functions that every message has.
pub(super) fn serde(ident: &Ident, is_enumeration: bool) -> TokenStream {
    let (serialize, deserialize) = if is_enumeration {
        (quote!(serialize_enumeration), quote!(deserialize_enumeration))
    } else {
        (quote!(serialize), quote!(deserialize))
    };
    quote! {
        impl __message::Serialize for #ident {
            fn serialize<S: __message::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                __message::#serialize(self, serializer)
            }
        }

        impl<'de> __message::Deserialize<'de> for #ident {
            fn deserialize<D: __message::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                __message::#deserialize(deserializer)
            }
        }
    }
}

/// Registers the message under its name.
pub(super) fn named(ident: &Ident) -> TokenStream {
    quote!(__message::submit! { __message::RegisteredMessage::of::<#ident>() })
}

/// Emits prost's traits, forwarded to the functions that every message has.
pub(super) fn prost(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let (package, name) = model.name.rsplit_once('.').unwrap_or(("", &model.name));
    quote! {
        impl __message::prost::Message for #ident {
            fn encode_raw(&self, out: &mut impl __message::BufMut) {
                __message::through_prost::encode_raw(self, out);
            }

            fn merge_field(
                &mut self,
                tag: u32,
                wire: __message::prost::encoding::WireType,
                input: &mut impl __message::Buf,
                _: __message::prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), __message::prost::DecodeError> {
                __message::through_prost::merge_field(self, tag, wire, input)
            }

            fn encoded_len(&self) -> usize {
                __message::through_prost::encoded_len(self)
            }

            fn merge(
                &mut self,
                input: impl __message::Buf,
            ) -> ::core::result::Result<(), __message::prost::DecodeError> {
                __message::through_prost::merge(self, input)
            }

            fn clear(&mut self) {
                *self = ::core::default::Default::default();
            }
        }

        impl __message::prost::Name for #ident {
            const PACKAGE: &'static str = #package;
            const NAME: &'static str = #name;
        }
    }
}
