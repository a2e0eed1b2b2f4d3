//! Settings that are lent for a call or an event: `config: &GreeterConfig`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use crate::syntax::{Home, at, printed};

/// What is lent for a whole call; where that cannot be had, the function returns why, as an error of its own.
pub(crate) fn lent(ty: &Type, context: &TokenStream, home: &Home) -> TokenStream {
    let (span, micro) = (at(ty.span()), home.private_at(ty.span()));
    quote_spanned! {span=>
        match #micro::config::lend::<#ty>(#context) {
            ::core::result::Result::Ok(lent) => lent,
            ::core::result::Result::Err(error) => return #micro::refused(error),
        }
    }
}

/// What an entry says of the settings that are lent with each call.
pub(crate) fn loans(types: &[&Type], home: &Home) -> Option<TokenStream> {
    let micro = home.private();
    let deps = types.iter().map(|ty| quote!(#micro::Dep::of::<#micro::config::Config<#ty>>()));
    (!types.is_empty()).then(|| quote!(.lent(const { &[#(#deps),*] })))
}

/// What to write in place of `&mut GreeterConfig`.
pub(crate) fn shared(ty: &Type) -> String {
    format!("settings are shared by all calls: write `{}`", printed(ty).replacen("&mut ", "&", 1))
}
