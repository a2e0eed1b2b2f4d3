//! Expansion. Each function emits one part of the output; everything else is in `micro`.
//!
//! The client and the server are items next to the author's; everything else is inside `const _`, where no path leads. There
//! the author's types keep their meaning, also when the item is in a function body. Generated names start with `__micro`.

mod client;
mod contract;
mod description;
mod future;
mod inherent;
mod stub;

use proc_macro2::TokenStream;

use crate::report::Checked;
use crate::service::model::{Service, Source};

pub(super) use stub::stub;

pub(super) fn expand(service: &Checked<Service>) -> TokenStream {
    match &service.source {
        Source::Contract(contract) => contract::expand(service, contract),
        Source::Inherent(inherent) => inherent::expand(service, inherent),
    }
}
