//! What to emit: a function that says what to inject and how to build.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::injection::{asking, call, dependencies};
use crate::report::Checked;
use crate::syntax::{Function, Home, at};

/// The hidden function beside the author's.
///
/// It is public whatever the author's is, for it wins over the one every type has (`InitFallback`) only where it can be
/// seen; a private one would be passed over without a word. Of two, rustc says that the name is there twice, so the name
/// is the explanation.
pub(crate) fn builder(function: Checked<&Function>, home: &Home) -> TokenStream {
    let output = function.output().map_or_else(|| function.signature.ident.span(), |output| output.span());
    let (span, micro) = (at(function.signature.ident.span()), home.private_at(function.signature.ident.span()));
    let dependencies = dependencies(&function, home);
    let call = call(Some(quote!(Self::)), &function, home);
    let asking = asking(home);
    let there = home.private_at(output);
    let value = quote_spanned!(at(output)=> #there::Built::<Self>::into_result(#call));
    // All of it at the author's function: that is where a second `#[init]` is then reported.
    quote_spanned! {span=>
        #[doc(hidden)]
        #[allow(unreachable_pub)]
        pub fn only_one_micro_init() -> #micro::Init<Self> {
            #micro::Init {
                deps: #dependencies,
                build: |resolver| #micro::Box::pin(async move { #asking #value }),
            }
        }
    }
}
