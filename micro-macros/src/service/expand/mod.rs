//! Expansion. Each piece is a function that describes its output; the rest is in `micro`.
//!
//! Items beside the author's are the client and the server; everything else is inside `const _`, where no path leads.
//! There the author's types keep their meaning, also when the whole stands in a function body. Names of ours start with
//! `__micro`.

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
