//! What to emit: a function that says what to inject and how to build.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;

use crate::injection::{call, dependencies};
use crate::syntax::{Function, Home};

/// The hidden function beside the author's.
///
/// It is public whatever the author's is, for it wins over the one every type has (`InitFallback`) only where it can be
/// seen; a private one would be passed over without a word.
pub(crate) fn builder(function: &Function, home: &Home) -> TokenStream {
    let micro = home.private();
    let ident = &function.signature.ident;
    // A second `#[init]` in another block is then reported where the author wrote it.
    let hidden = Ident::new("__micro_init", ident.span());
    let dependencies = dependencies(function, home);
    let call = call(&quote!(Self::#ident), function);
    quote! {
        #[doc(hidden)]
        #[allow(unreachable_pub)]
        pub fn #hidden() -> #micro::Init<Self> {
            #micro::Init {
                deps: #dependencies,
                build: |resolver| #micro::Box::pin(async move { #micro::Built::into_result(#call) }),
            }
        }
    }
}
