//! Functions whose parameters micro fills in: what `#[init]` and `#[provider]` have in common.

mod check;
mod expand;
mod input;

pub(crate) use check::check;
pub(crate) use expand::{asking, call, dependencies};
pub(crate) use input::read;

use crate::syntax::Function;
use syn::{FnArg, Type};

/// The types to inject, in the order of the parameters.
fn injected(function: &Function) -> impl Iterator<Item = &Type> {
    function.signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    })
}
