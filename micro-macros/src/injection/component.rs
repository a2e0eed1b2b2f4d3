//! A type that micro builds once, shared by all its services and subscribers.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::from_context::needs;
use crate::syntax::{CratePath, at};

/// Emits the registration of a component: the constructor, called once for all its services, the conversion into a service,
/// the description, known before anything is built, and the types its methods extract.
pub(crate) fn registration(
    home: &CratePath,
    ty: &Type,
    serve: TokenStream,
    desc: TokenStream,
    extracted: &[&Type],
    what: &str,
) -> TokenStream {
    let micro = home.private();
    let component = component(ty, home);
    let needs = needs(extracted, home);
    quote! {
        #micro::inventory::submit! {
            #micro::HandlerEntry::new(
                #component,
                #serve,
                #desc,
                #micro::SourceLocation::new(::core::file!(), ::core::line!(), #what),
            ) #needs
        }
    }
}

/// Emits the constructor of a value of the type, as a function.
pub(crate) fn component(ty: &Type, home: &CratePath) -> TokenStream {
    let micro = home.private();
    let init = quote_spanned!(at(ty.span())=> <#ty>::only_one_init_function());
    quote! {
        || {
            #[allow(unused_imports)]
            use #micro::InitFallback as _;
            #micro::Component::new::<#ty>(#init)
        }
    }
}
