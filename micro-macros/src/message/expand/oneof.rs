//! Enums with data.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::Ident;

use super::description::{Called, docs, message_desc};
use super::enumeration::empty;
use super::forward::named;
use super::structure::{message, visits};
use crate::message::model::{Carries, Choice, Model, Tag};

pub(super) fn oneof(model: &Model, choices: &[Choice]) -> TokenStream {
    let ident = &model.ident;
    let tags: Vec<Tag> = choices.iter().map(|choice| choice.tag).collect();
    let variants = choices.iter().enumerate().map(|(index, choice)| variant(index, choice));
    let visits = choices.iter().enumerate().map(|(index, choice)| visit_choice(index, choice));
    let builds = choices.iter().enumerate().map(|(index, choice)| build_choice(index, choice, choices.len()));
    let empty = choices.iter().find(|choice| choice.default).map(|choice| {
        let variant = &choice.ident;
        empty(&quote!(Self::#variant))
    });
    let entry = quote!(__message::OneOfDesc::of::<#ident>("value", &[#(#tags),*]).entry());
    let Model { name, docs, reserved, .. } = model;
    let called = Called { ident, name, docs, reserved };
    let desc = message_desc(&called, std::iter::once(entry), std::iter::empty());
    let contents = choices.iter().enumerate().filter_map(|(index, choice)| contents(index, choice));
    quote! {
        #(#contents)*

        impl __message::OneOf for #ident {
            const VARIANTS: &'static [__message::FieldDesc] = &[#(#variants),*];

            fn visit<V: __message::VisitOne>(&self, visitor: V) {
                match self { #(#visits)* }
            }

            fn build<S: __message::BuildOne>(variant: usize, source: S) -> __message::Result<Self> {
                match variant { #(#builds)* }
            }

            #empty
        }

        impl __message::Message for #ident {
            const DESC: &'static __message::MessageDesc = #desc;

            fn visit<V: __message::Visit>(&self, visitor: &mut V) {
                visitor.oneof(&[#(#tags),*], self);
            }

            fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
                __message::build_enum(source, &[#(#tags),*])
            }
        }
    }
}

impl Choice {
    /// Returns the type of the content; a variant without data is an empty message.
    fn content(&self, index: usize) -> TokenStream {
        match &self.carries {
            Carries::Nothing => quote!(()),
            Carries::One(ty) => ty.to_token_stream(),
            Carries::Fields { .. } => owned(index).to_token_stream(),
        }
    }
}

/// Returns the name of the message of a variant with named fields.
fn owned(index: usize) -> Ident {
    quote::format_ident!("__Fields{index}")
}

/// Returns the name of a field borrowed from the enum.
fn borrowed(index: usize) -> Ident {
    quote::format_ident!("__Shown{index}")
}

/// Emits the message of a variant with named fields: read as a whole, written from borrowed fields of the enum.
fn contents(index: usize, choice: &Choice) -> Option<TokenStream> {
    let Carries::Fields { name, parts } = &choice.carries else { return None };
    let (owned, borrowed) = (owned(index), borrowed(index));
    let idents: Vec<_> = parts.iter().map(|part| &part.ident).collect();
    let types: Vec<_> = parts.iter().map(|part| &part.ty).collect();
    let shown = visits(parts, |ident| quote!(self.#ident));
    let visitor = if shown.is_empty() { quote!(_) } else { quote!(visitor) };
    let lifetime = if parts.is_empty() { TokenStream::new() } else { quote!(<'v>) };
    let anonymous = if parts.is_empty() { TokenStream::new() } else { quote!(<'_>) };
    let called = Called { ident: &owned, name, docs: &choice.docs, reserved: &[] };
    let visit = quote!(__message::Fields::visit(&#borrowed { #(#idents: &self.#idents),* }, visitor););
    let message = message(&called, parts, &[visit]);
    let named = named(&owned);
    Some(quote! {
        struct #owned { #(#idents: #types),* }
        struct #borrowed #lifetime { #(#idents: &'v #types),* }

        impl #borrowed #anonymous {
            const DESC: &'static __message::MessageDesc = <#owned as __message::Message>::DESC;
        }

        impl __message::Fields for #borrowed #anonymous {
            fn visit<V: __message::Visit>(&self, #visitor: &mut V) {
                #(#shown)*
            }
        }

        #message
        #named
    })
}

fn variant(index: usize, choice: &Choice) -> TokenStream {
    let Choice { tag, name, json, encoding, .. } = choice;
    let content = choice.content(index);
    let docs = docs(&choice.docs);
    quote!(__message::FieldDesc::variant::<#content, #encoding>(#tag, #name, #json) #docs)
}

fn visit_choice(index: usize, choice: &Choice) -> TokenStream {
    let Choice { ident, encoding, .. } = choice;
    let at = Literal::usize_unsuffixed(index);
    match &choice.carries {
        Carries::Nothing => quote!(Self::#ident => visitor.variant::<(), #encoding>(#at, &()),),
        Carries::One(ty) => quote!(Self::#ident(content) => visitor.variant::<#ty, #encoding>(#at, content),),
        Carries::Fields { parts, .. } => {
            let borrowed = borrowed(index);
            let idents: Vec<_> = parts.iter().map(|part| &part.ident).collect();
            // Generated names, since a field called `visitor` would hide the visitor.
            let fields: Vec<_> = (0..parts.len()).map(|field| quote::format_ident!("field_{field}")).collect();
            quote! {
                Self::#ident { #(#idents: #fields),* } => visitor.fields(#at, &#borrowed { #(#idents: #fields),* }),
            }
        }
    }
}

fn build_choice(index: usize, choice: &Choice, count: usize) -> TokenStream {
    let Choice { ident, encoding, .. } = choice;
    // Indices come from our own tables; the last variant takes the rest, so there is no unreachable arm.
    let pattern = if index + 1 == count { quote!(_) } else { Literal::usize_unsuffixed(index).to_token_stream() };
    match &choice.carries {
        Carries::Nothing => quote! {
            #pattern => {
                source.variant::<(), #encoding>()?;
                ::core::result::Result::Ok(Self::#ident)
            }
        },
        Carries::One(ty) => quote! {
            #pattern => ::core::result::Result::Ok(Self::#ident(source.variant::<#ty, #encoding>()?)),
        },
        Carries::Fields { parts, .. } => {
            let owned = owned(index);
            let idents: Vec<_> = parts.iter().map(|part| &part.ident).collect();
            quote! {
                #pattern => {
                    let #owned { #(#idents),* } = source.variant::<#owned, #encoding>()?;
                    ::core::result::Result::Ok(Self::#ident { #(#idents),* })
                }
            }
        }
    }
}
