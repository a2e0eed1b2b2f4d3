//! Checks, with the correction in each message.

use syn::Type;

use super::model::Init;
use crate::injection;
use crate::report::{Check, Report};
use crate::syntax::{Function, Unfit, unfit};

impl Check for Init {
    fn check(&self, report: &mut Report) {
        check(&self.function, report);
    }
}

/// Refuses a function that cannot build a value.
pub(crate) fn check(function: &Function, report: &mut Report) {
    injection::check(function, "init", "Result<Self>", report);
    let Some(output) = function.output() else { return };
    if matches!(output, Type::Path(path) if path.path.is_ident("Self")) {
        report.error(output, "building may fail, so `#[init]` returns a `Result`: write `Result<Self>`");
    }
    if let Some((Unfit::Reference | Unfit::Lifetime | Unfit::ImplTrait | Unfit::DynTrait, span)) = unfit(output) {
        report.error_at(span, "`#[init]` returns the value it builds: write `Result<Self>`");
    }
}
