//! Parameters extracted from the context of a call or an event: `config: &GreeterConfig`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use crate::syntax::{CratePath, at, printed};

/// Emits the extraction of a value of `ty`, kept for the whole call; on failure the function returns the error.
pub(crate) fn from_context(ty: &Type, context: &TokenStream, home: &CratePath) -> TokenStream {
    let (span, micro) = (at(ty.span()), home.private_at(ty.span()));
    quote_spanned! {span=>
        match <#ty as #micro::FromContext>::from_context(#context) {
            ::core::result::Result::Ok(held) => held,
            ::core::result::Result::Err(error) => return #micro::refused(error),
        }
    }
}

/// Emits an entry's types that are extracted from contexts.
pub(crate) fn needs(types: &[&Type], home: &CratePath) -> Option<TokenStream> {
    let micro = home.private();
    let needs = types.iter().map(|ty| quote!(#micro::Needs::<#ty>::TYPES));
    (!types.is_empty()).then(|| {
        quote! {
            .taking(const {
                #[allow(unused_imports)]
                use #micro::NoNeeds as _;
                &[#(#needs),*]
            })
        }
    })
}

/// Suggests a shared reference in place of `&mut GreeterConfig`.
pub(crate) fn shared(ty: &Type) -> String {
    format!("settings are shared by all calls: write `{}`", printed(ty).replacen("&mut ", "&", 1))
}
