//! Parts of the model that are emitted unchanged.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::message::model::{Encoding, Tag};

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
            Encoding::Alone(adapter) => quote!(__message::WithSingle<#adapter>),
            Encoding::Unpacked(inner) => quote!(__message::Unpacked<#inner>),
            Encoding::Map(key, value) => quote!((#key, #value)),
        });
    }
}
