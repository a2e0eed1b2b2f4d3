//! Enums without data.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::description::docs;
use crate::message::model::{EnumValue, Model, Values};

pub(super) fn enumeration(model: &Model, values: &Values) -> TokenStream {
    let ident = &model.ident;
    let name = &model.name;
    let docs = docs(&model.docs);
    let open = values.unknown.as_ref().map(|_| quote!(.open()));
    let unspecified = values.unspecified.iter().map(|name| quote!(__message::EnumValueDesc::new(#name, 0)));
    let described = unspecified.chain(values.values.iter().flat_map(described));
    let numbers = values.values.iter().map(|value| {
        let (variant, number) = (&value.ident, value.literal());
        quote!(Self::#variant => #number,)
    });
    let known = values.values.iter().map(|value| {
        let (variant, number) = (&value.ident, value.literal());
        quote!(#number => ::core::option::Option::Some(Self::#variant),)
    });
    let (kept, unknown) = match &values.unknown {
        Some(unknown) => (
            quote!(Self::#unknown(number) => *number,),
            quote!(_ => ::core::option::Option::Some(Self::#unknown(number)),),
        ),
        None => (TokenStream::new(), quote!(_ => ::core::option::Option::None,)),
    };
    let empty = values.values.iter().find(|value| value.default).map(|value| {
        let variant = &value.ident;
        empty(&quote!(Self::#variant))
    });
    quote! {
        impl __message::Enumeration for #ident {
            const DESC: &'static __message::EnumDesc = {
                const VALUES: &[__message::EnumValueDesc] = &[#(#described),*];
                &__message::EnumDesc::new(#name, VALUES) #open #docs
            };

            fn number(&self) -> i32 {
                match self { #(#numbers)* #kept }
            }

            fn from_number(number: i32) -> ::core::option::Option<Self> {
                match number { #(#known)* #unknown }
            }

            #empty
        }

        __message::enumeration!(#ident);
    }
}

impl EnumValue {
    fn literal(&self) -> Literal {
        Literal::i32_unsuffixed(self.number)
    }
}

/// Emits the value under its name, followed by its other names: writers use the first.
fn described(value: &EnumValue) -> Vec<TokenStream> {
    let (name, number) = (&value.name, value.literal());
    let docs = docs(&value.docs);
    let mut described = vec![quote!(__message::EnumValueDesc::new(#name, #number) #docs)];
    described.extend(value.aliases.iter().map(|alias| quote!(__message::EnumValueDesc::new(#alias, #number))));
    described
}

pub(super) fn empty(value: &TokenStream) -> TokenStream {
    quote! {
        fn empty() -> ::core::option::Option<Self> {
            ::core::option::Option::Some(#value)
        }
    }
}
