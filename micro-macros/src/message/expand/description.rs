//! The description of a message.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Ident;

use crate::message::model::Reserved;

/// Names of a message.
pub(super) struct Called<'m> {
    pub(super) ident: &'m Ident,
    pub(super) name: &'m str,
    pub(super) docs: &'m str,
    pub(super) reserved: &'m [Reserved],
}
pub(super) fn message_desc(
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

pub(super) fn docs(docs: &str) -> Option<TokenStream> {
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
