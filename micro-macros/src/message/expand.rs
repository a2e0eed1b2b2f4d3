//! What is emitted: names, types, and one call per field.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Ident, Type};

use super::input::{Body, Input};
use super::model::{Choice, Encoding, EnumValue, Model, Part, PartKind, Reserved, Shape, Tag, Values};
use crate::syntax::at;

/// The implementations of a message.
pub(super) fn expand(model: &Model) -> TokenStream {
    let implementations = match &model.shape {
        Shape::Struct(parts) => structure(model, parts),
        Shape::OneOf(choices) => oneof(model, choices),
        Shape::Enumeration(values) => enumeration(model, values),
    };
    let is_enumeration = matches!(model.shape, Shape::Enumeration(_));
    let serde = serde(&model.ident, is_enumeration);
    let named = (!is_enumeration).then(|| named(&model.ident));
    in_scope(model, &quote!(#implementations #serde #named))
}

/// Stands in for the implementations of a message with an error, so that its uses are not errors too.
pub(super) fn stub(input: &Input, model: &Model) -> TokenStream {
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
    in_scope(model, &quote!(#implementations #serde))
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

/// serde's two traits, forwarded to what every message has.
fn serde(ident: &Ident, is_enumeration: bool) -> TokenStream {
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

/// Makes the message known by its name.
fn named(ident: &Ident) -> TokenStream {
    quote!(__message::submit! { __message::Named::of::<#ident>() })
}

/// Implementations, with our names within reach and out of the author's way.
fn in_scope(model: &Model, implementations: &TokenStream) -> TokenStream {
    let private = model.home.private();
    quote! {
        const _: () = {
            use #private::message as __message;
            #implementations
        };
    }
}

// ---- Structs ----

fn structure(model: &Model, parts: &[Part]) -> TokenStream {
    let ident = &model.ident;
    // The order of tags is that of the description and of the bytes.
    let mut by_tag: Vec<(usize, &Part)> = parts.iter().enumerate().collect();
    by_tag.sort_by_key(|(_, part)| part.first_tag());

    let entries = by_tag.iter().filter_map(|(_, part)| entry(part));
    let desc = message_desc(model, entries);
    let mut position = 0;
    let visits: Vec<_> = by_tag.iter().map(|(_, part)| visit(part, &mut position)).collect();
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

impl Part {
    fn first_tag(&self) -> i64 {
        match &self.kind {
            PartKind::Field { tag, .. } => tag.number,
            PartKind::OneOf { tags } => tags.iter().map(|tag| tag.number).min().unwrap_or_default(),
            // Behind everything that is known.
            PartKind::Unknown => i64::MAX,
        }
    }
}

fn message_desc(model: &Model, entries: impl Iterator<Item = TokenStream>) -> TokenStream {
    let name = &model.name;
    let docs = docs(&model.docs);
    let reserved = reserved(&model.reserved);
    quote! {{
        const ENTRIES: &[__message::Entry] = &[#(#entries),*];
        &__message::MessageDesc::new(#name, ENTRIES) #docs #reserved
    }}
}

fn docs(docs: &str) -> Option<TokenStream> {
    (!docs.is_empty()).then(|| quote!(.with_docs(#docs)))
}

fn reserved(reserved: &[Reserved]) -> Option<TokenStream> {
    let entries = reserved.iter().map(|reserved| match reserved {
        Reserved::Tags(first, last) => {
            let (first, last) = (Literal::u32_unsuffixed(*first), Literal::u32_unsuffixed(*last));
            quote!(__message::Reserved::Tags(#first, #last))
        }
        Reserved::Name(name) => quote!(__message::Reserved::Name(#name)),
    });
    (!reserved.is_empty()).then(|| quote!(.with_reserved(&[#(#entries),*])))
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

/// The type of a field as a field. Always in these words, so that a type that is none is one error and not five.
fn as_field(ty: &Type, encoding: &Encoding, item: &str) -> TokenStream {
    let span = at(ty.span());
    let item = Ident::new(item, span);
    quote_spanned!(span=> <#ty as __message::Field<#encoding>>::#item)
}

/// The enum of a field that holds a oneof, which may be an `Option` of it.
fn oneof_of(ty: &Type) -> TokenStream {
    quote!(<#ty as __message::OneOfField>::OneOf)
}

fn visit(part: &Part, position: &mut usize) -> TokenStream {
    let Part { ident, ty, .. } = part;
    let at = Literal::usize_unsuffixed(*position);
    *position += 1;
    match &part.kind {
        PartKind::Field { tag, encoding, .. } => {
            let field = as_field(ty, encoding, "show");
            quote!(#field(&self.#ident, visitor, &Self::DESC.entries[#at], #tag);)
        }
        PartKind::OneOf { tags } => quote! {
            if let ::core::option::Option::Some(variant) = __message::OneOfField::get(&self.#ident) {
                visitor.oneof(&[#(#tags),*], variant);
            }
        },
        PartKind::Unknown => quote!(visitor.unknown(&self.#ident);),
    }
}

/// The variable for what is read of a part, standing where its type does: for the compiler an error in the type is one
/// in the variable too.
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

// ---- Enums with data ----

fn oneof(model: &Model, choices: &[Choice]) -> TokenStream {
    let ident = &model.ident;
    let tags: Vec<Tag> = choices.iter().map(|choice| choice.tag).collect();
    let variants = choices.iter().map(variant);
    let visits = choices.iter().enumerate().map(|(index, choice)| visit_choice(index, choice));
    let builds = choices.iter().enumerate().map(|(index, choice)| build_choice(index, choice, choices.len()));
    let empty = choices.iter().find(|choice| choice.default).map(|choice| {
        let variant = &choice.ident;
        empty(&quote!(Self::#variant))
    });
    let entry = quote!(__message::OneOfDesc::of::<#ident>("value", &[#(#tags),*]).entry());
    let desc = message_desc(model, std::iter::once(entry));
    quote! {
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
    /// What it carries; nothing is an empty message.
    fn content(&self) -> TokenStream {
        self.ty.as_ref().map_or_else(|| quote!(()), Type::to_token_stream)
    }
}

fn variant(choice: &Choice) -> TokenStream {
    let Choice { tag, name, json, encoding, .. } = choice;
    let content = choice.content();
    let docs = docs(&choice.docs);
    quote!(__message::FieldDesc::variant::<#content, #encoding>(#tag, #name, #json) #docs)
}

fn visit_choice(index: usize, choice: &Choice) -> TokenStream {
    let Choice { ident, encoding, .. } = choice;
    let index = Literal::usize_unsuffixed(index);
    let content = choice.content();
    match &choice.ty {
        Some(_) => quote!(Self::#ident(content) => visitor.variant::<#content, #encoding>(#index, content),),
        None => quote!(Self::#ident => visitor.variant::<(), #encoding>(#index, &()),),
    }
}

fn build_choice(index: usize, choice: &Choice, count: usize) -> TokenStream {
    let Choice { ident, encoding, .. } = choice;
    // Indices come from our own tables; the last variant takes the rest, so that there is no arm that cannot be.
    let pattern = if index + 1 == count { quote!(_) } else { Literal::usize_unsuffixed(index).to_token_stream() };
    let content = choice.content();
    match &choice.ty {
        Some(_) => quote! {
            #pattern => ::core::result::Result::Ok(Self::#ident(source.variant::<#content, #encoding>()?)),
        },
        None => quote! {
            #pattern => {
                source.variant::<(), #encoding>()?;
                ::core::result::Result::Ok(Self::#ident)
            }
        },
    }
}

// ---- Enums without data ----

fn enumeration(model: &Model, values: &Values) -> TokenStream {
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

/// The value under its name, and under its other names behind that: the first is the one written.
fn described(value: &EnumValue) -> Vec<TokenStream> {
    let (name, number) = (&value.name, value.literal());
    let docs = docs(&value.docs);
    let mut described = vec![quote!(__message::EnumValueDesc::new(#name, #number) #docs)];
    described.extend(value.aliases.iter().map(|alias| quote!(__message::EnumValueDesc::new(#alias, #number))));
    described
}

fn empty(value: &TokenStream) -> TokenStream {
    quote! {
        fn empty() -> ::core::option::Option<Self> {
            ::core::option::Option::Some(#value)
        }
    }
}

// ---- Tokens ----

impl ToTokens for Tag {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut literal = Literal::i64_unsuffixed(self.number);
        literal.set_span(self.span.resolved_at(proc_macro2::Span::mixed_site()));
        literal.to_tokens(tokens);
    }
}

impl ToTokens for Encoding {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Encoding::Auto => quote!(__message::Auto),
            Encoding::Zigzag => quote!(__message::Zigzag),
            Encoding::Fixed => quote!(__message::Fixed),
            Encoding::With(adapter) => quote!(__message::With<#adapter>),
            Encoding::Alone(adapter) => quote!(__message::Alone<#adapter>),
            Encoding::Unpacked(inner) => quote!(__message::Unpacked<#inner>),
            Encoding::Map(key, value) => quote!((#key, #value)),
        });
    }
}
