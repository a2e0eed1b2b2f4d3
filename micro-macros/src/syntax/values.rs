use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

/// Returns a duration as an expression.
pub(crate) fn duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}
