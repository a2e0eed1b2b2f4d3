//! Expansion: display, conversion into details, and back.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::model::{Field, Model, Other, Variant};
use crate::message;
use crate::report::Checked;
use crate::syntax::at;

pub(super) fn expand(model: &Checked<Model>) -> TokenStream {
    let micro = model.home.private();
    let ident = &model.ident;
    let details = model.variants.iter().map(|variant| detail(model, variant));
    let display = display(model);
    let fault = fault(model);
    let sources = model.others.iter().map(|Other { ident, member, held }| {
        let cause = other(model, held, "cause", quote!(#held));
        quote!(Self::#ident { #member: #held } => #cause,)
    });
    let error = quote_spanned!(at(ident.span())=> impl ::core::error::Error for #ident);
    quote! {
        #[allow(deprecated, non_shorthand_field_patterns, clippy::redundant_field_names)]
        const _: () = {
            #(#details)*
            #display
            #fault

            #error {
                fn source(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
                    match self {
                        #(#sources)*
                        #[allow(unreachable_patterns)]
                        _ => ::core::option::Option::None,
                    }
                }
            }

            impl ::core::convert::From<#micro::Error> for #ident {
                fn from(error: #micro::Error) -> Self {
                    #micro::ServiceError::from_error(error)
                }
            }

            #micro::inventory::submit! { #micro::ErrorConverter(#micro::mapped::<#ident>) }
        };
    }
}

/// Emits placeholder implementations for an enum with an error, so that its uses are not errors too.
pub(super) fn stub(model: &Model) -> TokenStream {
    let input = &model.input;
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let micro = input.options.home.private();
    let ident = &input.ident;
    quote! {
        const _: () = {
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { loop {} }
            }
            impl ::core::error::Error for #ident {}
            impl #micro::ServiceError for #ident {
                fn into_error(self) -> #micro::Error { loop {} }
                fn from_error(_: #micro::Error) -> Self { loop {} }
            }
            impl ::core::convert::From<#micro::Error> for #ident {
                fn from(_: #micro::Error) -> Self { loop {} }
            }
        };
    }
}

/// Emits the fields of a variant as a message, named after the variant: `greeter.GreetError.NoUser`.
fn detail(model: &Model, variant: &Variant) -> TokenStream {
    let Variant { hidden, docs, .. } = variant;
    let fields = variant.fields.iter().map(|field| {
        let (attributes, name, ty) = (&field.attributes, &field.name, &field.ty);
        quote!(#(#attributes)* #name: #ty)
    });
    let docs = (!docs.is_empty()).then(|| quote!(#[doc = #docs]));
    let item = quote!(#docs struct #hidden { #(#fields),* });
    let (home, wire) = (&model.home, variant.wire());
    message::expanded(quote!(name = #wire, crate = #home), item, &model.name)
}

fn display(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let formatter = local("formatter");
    let variants = model.variants.iter().map(|variant| {
        let (ident, text) = (&variant.ident, &variant.text);
        let named = variant.fields.iter().filter(|field| text.names.contains(&field.called())).map(|field| {
            let (member, variable) = (&field.member, text.variable(&field.variable()));
            quote!(#member: #variable,)
        });
        let literal = &text.literal;
        quote!(Self::#ident { #(#named)* .. } => ::core::write!(#formatter, #literal),)
    });
    let others = model.others.iter().map(|Other { ident, member, held }| {
        let shown = self::other(model, held, "show", quote!(#held, #formatter));
        quote!(Self::#ident { #member: #held } => #shown,)
    });
    quote! {
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    #(#variants)*
                    #(#others)*
                }
            }
        }
    }
}

fn fault(model: &Model) -> TokenStream {
    let micro = model.home.private();
    let ident = &model.ident;
    let hidden = model.variants.iter().map(|variant| &variant.hidden);
    let (this, text) = (local("this"), local("text"));
    let arm = |Other { ident, member, held }: &Other, after: TokenStream| {
        let error = other(model, held, "into_error", quote!(#held));
        quote!(Self::#ident { #member: #held } => #after #error,)
    };
    let kept = model.others.iter().map(|other| arm(other, quote!(return)));
    let left = model.others.iter().map(|other| arm(other, quote!()));
    let taken = model.others.iter().map(|Other { ident, member, held }| {
        let taken = other(model, held, "from_error", quote!(error));
        quote!(Self::#ident { #member: #taken })
    });
    let leaving = model.variants.iter().map(|variant| leaving(model, variant, &text));
    let returning = model.variants.iter().map(returning);
    quote! {
        #[allow(unreachable_patterns)]
        impl #micro::ServiceError for #ident {
            const DETAILS: &'static [&'static #micro::message::MessageDesc] =
                &[#(<#hidden as #micro::Message>::DESC),*];

            fn into_error(self) -> #micro::Error {
                let #this = match self {
                    #(#kept)*
                    known => known,
                };
                let #text = #micro::words(&#this);
                match #this {
                    #(#leaving)*
                    #(#left)*
                }
            }

            fn from_error(error: #micro::Error) -> Self {
                #(#returning)*
                #(#taken)*
            }
        }
    }
}

/// Emits a call on the error that a variant holds, with the span of its type: only `micro::Error` is accepted there.
fn other(model: &Model, held: &Ident, method: &str, arguments: TokenStream) -> TokenStream {
    let span = at(held.span());
    let (micro, method) = (model.home.private_at(span), Ident::new(method, span));
    quote_spanned!(span=> #micro::Other::#method(#arguments))
}

/// Emits the conversion of a variant into micro's error: the fields move into the message.
fn leaving(model: &Model, variant: &Variant, text: &Ident) -> TokenStream {
    let micro = model.home.private();
    let Variant { ident, hidden, code, .. } = variant;
    let variables: Vec<_> = variant.fields.iter().map(Field::variable).collect();
    let members = variant.fields.iter().map(|field| &field.member);
    let names = variant.fields.iter().map(|field| &field.name);
    quote! {
        Self::#ident { #(#members: #variables),* } =>
            #micro::fault(#micro::Code::#code, #text, &#hidden { #(#names: #variables),* }),
    }
}

/// Emits the conversion of micro's error into the variant, if the variant's message is among the details.
fn returning(variant: &Variant) -> TokenStream {
    let Variant { ident, hidden, .. } = variant;
    let moved = variant.fields.iter().map(|field| {
        let (member, name) = (&field.member, &field.name);
        quote!(#member: fields.#name)
    });
    let fields = if variant.fields.is_empty() { quote!(_) } else { quote!(fields) };
    quote! {
        if let ::core::option::Option::Some(#fields) = error.detail::<#hidden>() {
            return Self::#ident { #(#moved),* };
        }
    }
}

/// Returns the name of a generated variable, which cannot collide with a name of the author's.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
