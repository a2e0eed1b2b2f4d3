//! Messages with fields.

use proc_macro2::Literal;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Ident, Type};

use super::description::{Called, docs, message_desc};
use crate::message::model::{Encoding, Model, Part, PartKind};
use crate::syntax::at;

pub(super) fn structure(model: &Model, parts: &[Part]) -> TokenStream {
    let Model { ident, name, docs, reserved, .. } = model;
    let called = Called { ident, name, docs, reserved };
    let visits = visits(parts, |ident| quote!(&self.#ident));
    message(&called, parts, &visits)
}

/// Emits the message with the names in `called`; `visits` passes its fields to `visitor`.
pub(super) fn message(called: &Called<'_>, parts: &[Part], visits: &[TokenStream]) -> TokenStream {
    let ident = called.ident;
    let by_tag = by_tag(parts);
    let entries = by_tag.iter().filter_map(|(_, part)| entry(part));
    let clashes = by_tag.iter().enumerate().filter_map(|(position, (_, part))| clash(position, part));
    let desc = message_desc(called, entries, clashes);
    let visitor = if visits.is_empty() { quote!(_) } else { quote!(visitor) };
    let slots = parts.iter().enumerate().map(|(index, part)| slot(index, part));
    let arms = by_tag.iter().map(|(index, part)| arm(*index, part));
    let unknown = unknown_arm(parts);
    let finishes = parts.iter().enumerate().map(|(index, part)| finish(index, part));
    quote! {
        impl __message::Message for #ident {
            const DESC: &'static __message::MessageDesc = #desc;

            fn visit<V: __message::Visit>(&self, #visitor: &mut V) {
                #(#visits)*
            }

            fn build<S: __message::Source>(source: &mut S) -> __message::Result<Self> {
                #(#slots)*
                while let ::core::option::Option::Some(tag) = source.next()? {
                    match tag {
                        #(#arms)*
                        #unknown
                    }
                }
                ::core::result::Result::Ok(Self { #(#finishes)* })
            }
        }
    }
}

/// Returns the parts with their declared positions, in the order of the description and of the bytes.
fn by_tag(parts: &[Part]) -> Vec<(usize, &Part)> {
    let mut by_tag: Vec<_> = parts.iter().enumerate().collect();
    by_tag.sort_by_key(|(_, part)| part.first_tag());
    by_tag
}

/// Emits code that passes each part, through its `reference`, to `visitor`.
pub(super) fn visits(parts: &[Part], reference: impl Fn(&Ident) -> TokenStream) -> Vec<TokenStream> {
    let by_tag = by_tag(parts);
    by_tag.iter().enumerate().map(|(position, (_, part))| visit(part, position, &reference(&part.ident))).collect()
}

impl Part {
    fn first_tag(&self) -> i64 {
        match &self.kind {
            PartKind::Field { tag, .. } => tag.number,
            PartKind::OneOf { tags } => tags.iter().map(|tag| tag.number).min().unwrap_or_default(),
            // After all known fields.
            PartKind::Unknown => i64::MAX,
        }
    }
}

fn entry(part: &Part) -> Option<TokenStream> {
    let Part { ty, name, .. } = part;
    let docs = docs(&part.docs);
    match &part.kind {
        PartKind::Field { tag, json, encoding } => {
            let field = as_field(ty, encoding, "SHAPE");
            Some(quote!(__message::FieldDesc::new(#tag, #name, #json, #field) #docs .entry()))
        }
        PartKind::OneOf { tags } => {
            let oneof = oneof_of(ty);
            Some(quote!(__message::OneOfDesc::of::<#oneof>(#name, &[#(#tags),*]) #docs .entry()))
        }
        PartKind::Unknown => None,
    }
}

/// Emits a check for duplicate names: the variants of a oneof are fields next to the others, with names that only the compiler
/// knows.
fn clash(position: usize, part: &Part) -> Option<TokenStream> {
    let PartKind::OneOf { .. } = part.kind else { return None };
    let position = Literal::usize_unsuffixed(position);
    let span = at(part.ty.span());
    Some(quote_spanned!(span=> const _: () = __message::assert_unique_names(ENTRIES, #position);))
}

/// Emits an item of a type's `Field` implementation. The path is always spelled alike, so that a type that is not a field is
/// one error and not five.
fn as_field(ty: &Type, encoding: &Encoding, item: &str) -> TokenStream {
    let span = at(ty.span());
    let item = Ident::new(item, span);
    quote_spanned!(span=> <#ty as __message::Field<#encoding>>::#item)
}

/// Emits the enum of a field that holds a oneof or an `Option` of one.
fn oneof_of(ty: &Type) -> TokenStream {
    quote!(<#ty as __message::OneOfField>::OneOf)
}

fn visit(part: &Part, position: usize, reference: &TokenStream) -> TokenStream {
    let ty = &part.ty;
    let at = Literal::usize_unsuffixed(position);
    match &part.kind {
        PartKind::Field { tag, encoding, .. } => {
            let field = as_field(ty, encoding, "show");
            quote!(#field(#reference, visitor, &Self::DESC.entries[#at], #tag);)
        }
        PartKind::OneOf { tags } => quote! {
            if let ::core::option::Option::Some(variant) = __message::OneOfField::get(#reference) {
                visitor.oneof(&[#(#tags),*], variant);
            }
        },
        PartKind::Unknown => quote!(visitor.unknown(#reference);),
    }
}

/// Returns the variable for the value read for a part, with the span of its type: the compiler reports errors in the type at
/// the variable too.
fn slot_name(index: usize, part: &Part) -> Ident {
    Ident::new(&format!("slot_{index}"), at(part.ty.span()))
}

fn slot(index: usize, part: &Part) -> TokenStream {
    let slot = slot_name(index, part);
    let ty = &part.ty;
    match &part.kind {
        PartKind::Field { encoding, .. } => {
            let field = as_field(ty, encoding, "Slot");
            quote!(let mut #slot: #field = ::core::default::Default::default();)
        }
        PartKind::OneOf { .. } => quote!(let mut #slot = __message::OneOfSlot::Empty;),
        PartKind::Unknown => quote!(let mut #slot = __message::no_unknown_fields();),
    }
}

fn arm(index: usize, part: &Part) -> TokenStream {
    let slot = slot_name(index, part);
    let ty = &part.ty;
    match &part.kind {
        PartKind::Field { tag, encoding, .. } => {
            let field = as_field(ty, encoding, "receive");
            quote!(#tag => #field(&mut #slot, source)?,)
        }
        PartKind::OneOf { tags } => {
            let variants = (0..tags.len()).map(Literal::usize_unsuffixed);
            quote!(#(#tags => source.oneof(&mut #slot, #variants)?,)*)
        }
        PartKind::Unknown => TokenStream::new(),
    }
}

fn unknown_arm(parts: &[Part]) -> TokenStream {
    match parts.iter().enumerate().find(|(_, part)| matches!(part.kind, PartKind::Unknown)) {
        Some((index, part)) => {
            let slot = slot_name(index, part);
            quote!(_ => source.unknown(::core::option::Option::Some(&mut #slot))?,)
        }
        None => quote!(_ => source.unknown(::core::option::Option::None)?,),
    }
}

fn finish(index: usize, part: &Part) -> TokenStream {
    let slot = slot_name(index, part);
    let Part { ident, ty, name, .. } = part;
    match &part.kind {
        PartKind::Field { tag, encoding, .. } => {
            let field = as_field(ty, encoding, "complete");
            quote!(#ident: #field(#slot, source, #tag)?,)
        }
        PartKind::OneOf { .. } => quote!(#ident: __message::OneOfField::finish(source, #name, #slot)?,),
        PartKind::Unknown => quote!(#ident: #slot,),
    }
}
