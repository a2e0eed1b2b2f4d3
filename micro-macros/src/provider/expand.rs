//! Expansion: the registration next to the author's function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::model::Provider;
use crate::injection::{asking, call, dependencies};
use crate::report::Checked;
use crate::syntax::at;

pub(super) fn entry(provider: &Checked<Provider>) -> TokenStream {
    let Provider { home, function } = &**provider;
    let micro = home.private();
    let (ident, output) = (&function.signature.ident, function.output());
    let (span, there) = (at(output.span()), home.private_at(output.span()));
    let provided = quote_spanned!(span=> <#output as #there::Provided>::Value);
    let dependencies = dependencies(function, home);
    let call = call(None, function, home);
    let asking = asking(home);
    let value = quote_spanned!(span=> #there::Provided::into_any(#call));
    let what = format!("provider {ident}");
    quote! {
        const _: () = {
            #micro::inventory::submit! {
                #micro::ProviderEntry::new(
                    #micro::Dep::of::<#provided>(),
                    #dependencies,
                    |resolver| #micro::Box::pin(async move { #asking #value }),
                    #micro::SourceLocation::new(::core::file!(), ::core::line!(), #what),
                )
            }
        };
    }
}
