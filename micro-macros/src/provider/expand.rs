//! What to emit: the registration beside the author's function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::injection::{call, dependencies};
use crate::syntax::{Function, Home};

pub(super) fn entry(function: &Function, home: &Home) -> TokenStream {
    let micro = home.private();
    let (ident, output) = (&function.signature.ident, function.output());
    let provided = quote_spanned!(output.span()=> <#output as #micro::Provided>::Value);
    let dependencies = dependencies(function, home);
    let call = call(&quote!(#ident), function);
    let what = format!("provider {ident}");
    quote! {
        const _: () = {
            #micro::inventory::submit! {
                #micro::ProviderEntry::new(
                    #micro::Dep::of::<#provided>(),
                    #dependencies,
                    |resolver| #micro::Box::pin(async move { #micro::Provided::into_any(#call) }),
                    #micro::Location::new(::core::file!(), ::core::line!(), #what),
                )
            }
        };
    }
}
