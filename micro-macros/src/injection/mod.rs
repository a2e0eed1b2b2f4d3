//! Functions with injected parameters: code shared by the attributes of such functions.

mod check;
mod component;
mod expand;
mod from_context;
mod input;

pub(crate) use check::check;
pub(crate) use component::{component, registration};
pub(crate) use expand::{asking, call, dependencies};
pub(crate) use from_context::{from_context, needs, shared};
pub(crate) use input::read;

use crate::syntax::Function;
use syn::{FnArg, Type};

/// Returns the types to inject, in the order of the parameters.
fn injected(function: &Function) -> impl Iterator<Item = &Type> {
    function.signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    })
}
