//! What is emitted: names, types, and one call per field.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Ident, Type};

use super::input::{Body, Input};
use super::model::{Carries, Choice, Encoding, EnumValue, Model, Part, PartKind, Reserved, Shape, Tag, Values};
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
    let prost = model.prost.then(|| prost(model));
    let (typed, publisher) = (typed(model, model.key.as_ref()), publisher(model));
    in_scope(model, &quote!(#implementations #serde #named #prost #typed #publisher))
}

/// The topic of an event, and its key where the author names a field.
fn typed(model: &Model, key: Option<&Ident>) -> Option<TokenStream> {
    let topic = model.topic.as_ref()?;
    let (micro, ident) = (model.home.private(), &model.ident);
    let key = key.map(|field| {
        let there = model.home.private_at(field.span());
        let text = quote_spanned!(at(field.span())=> #there::Key::key(&self.#field));
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

/// Makes the publisher of an event something that can be injected.
fn publisher(model: &Model) -> Option<TokenStream> {
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

/// prost's traits, forwarded to what every message has.
fn prost(model: &Model) -> TokenStream {
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

/// What a message is called.
struct Called<'m> {
    ident: &'m Ident,
    name: &'m str,
    docs: &'m str,
    reserved: &'m [Reserved],
}

fn structure(model: &Model, parts: &[Part]) -> TokenStream {
    let Model { ident, name, docs, reserved, .. } = model;
    let called = Called { ident, name, docs, reserved };
    let visits = visits(parts, |ident| quote!(&self.#ident));
    message(&called, parts, &visits)
}

/// The message `called` so; `visits` shows its fields to `visitor`.
fn message(called: &Called<'_>, parts: &[Part], visits: &[TokenStream]) -> TokenStream {
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

/// The parts with their positions as declared, in the order of the description and of the bytes.
fn by_tag(parts: &[Part]) -> Vec<(usize, &Part)> {
    let mut by_tag: Vec<_> = parts.iter().enumerate().collect();
    by_tag.sort_by_key(|(_, part)| part.first_tag());
    by_tag
}

/// Shows each part, to which `reference` refers, to `visitor`.
fn visits(parts: &[Part], reference: impl Fn(&Ident) -> TokenStream) -> Vec<TokenStream> {
    let by_tag = by_tag(parts);
    by_tag.iter().enumerate().map(|(position, (_, part))| visit(part, position, &reference(&part.ident))).collect()
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

fn message_desc(
    called: &Called<'_>,
    entries: impl Iterator<Item = TokenStream>,
    clashes: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let name = called.name;
    let docs = docs(called.docs);
    let reserved = reserved(called.reserved);
    quote! {{
        const ENTRIES: &[__message::Entry] = &[#(#entries),*];
        #(#clashes)*
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

/// The variants of a oneof are fields beside the others. Their names are known to the compiler only.
fn clash(position: usize, part: &Part) -> Option<TokenStream> {
    let PartKind::OneOf { .. } = part.kind else { return None };
    let position = Literal::usize_unsuffixed(position);
    let span = at(part.ty.span());
    Some(quote_spanned!(span=> const _: () = __message::refuse_clash(ENTRIES, #position);))
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
    /// The type of what it carries; nothing is an empty message.
    fn content(&self, index: usize) -> TokenStream {
        match &self.carries {
            Carries::Nothing => quote!(()),
            Carries::One(ty) => ty.to_token_stream(),
            Carries::Fields { .. } => owned(index).to_token_stream(),
        }
    }
}

/// The message of a variant with named fields.
fn owned(index: usize) -> Ident {
    quote::format_ident!("__Fields{index}")
}

/// The same where the fields are borrowed from the enum.
fn borrowed(index: usize) -> Ident {
    quote::format_ident!("__Shown{index}")
}

/// The message of a variant with named fields: read as a whole, shown field by field from where they are in the enum.
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
            // Names of ours, or a field called `visitor` would hide the visitor.
            let fields: Vec<_> = (0..parts.len()).map(|field| quote::format_ident!("field_{field}")).collect();
            quote! {
                Self::#ident { #(#idents: #fields),* } => visitor.fields(#at, &#borrowed { #(#idents: #fields),* }),
            }
        }
    }
}

fn build_choice(index: usize, choice: &Choice, count: usize) -> TokenStream {
    let Choice { ident, encoding, .. } = choice;
    // Indices come from our own tables; the last variant takes the rest, so that there is no arm that cannot be.
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
