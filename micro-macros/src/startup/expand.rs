//! Expansion: a plain `fn main` around the author's.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned as _;

use crate::options::Given;
use crate::report::Checked;
use crate::startup::model::Main;
use crate::syntax::at;

/// Emits the author's function unchanged, inside the one that starts the runtime: its return type, its attributes and every
/// span in its body stay as written.
pub(super) fn expand(main: &Checked<Main>) -> TokenStream {
    let mut inner = main.function.clone();
    let visibility = std::mem::replace(&mut inner.visibility, Visibility::Inherited);
    // A `cfg` that removes the inner function must remove its caller too.
    let conditions = inner.attributes.extract_if(.., |attribute| attribute.path().is_ident("cfg")).collect::<Vec<_>>();
    let runtime = runtime(main);
    let span = inner.output().map_or_else(|| inner.signature.ident.span(), |output| output.span());
    let micro = main.home.private_at(span);
    let start = quote_spanned!(at(span)=> #micro::main(#runtime, main()));
    quote! {
        #(#conditions)*
        #visibility fn main() -> ::std::process::ExitCode {
            #inner
            #start
        }
    }
}

fn runtime(main: &Main) -> TokenStream {
    let micro = main.home.private();
    let current_thread = main.is_current_thread();
    let worker_threads = match main.worker_threads {
        Some(Given { value, .. }) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    };
    quote!(#micro::Runtime { current_thread: #current_thread, worker_threads: #worker_threads })
}

/// Emits a `main` that rustc accepts: rustc has its own messages for an `async` one.
pub(super) fn stub(main: &Main) -> TokenStream {
    let mut inner = main.function.clone();
    let name = inner.signature.ident.clone();
    inner.visibility = Visibility::Inherited;
    if name != "main" {
        return main.function.to_token_stream();
    }
    quote! {
        fn main() {
            #[allow(dead_code)]
            #inner
        }
    }
}
