//! What cannot be allowed, and what to write in its place.

use crate::injection;
use crate::report::Report;
use crate::syntax::{Function, Unfit, unfit};

pub(super) fn check(function: &Function, report: &mut Report) {
    injection::check(function, "provider", "Result<Pool>", report);
    match function.output().and_then(unfit) {
        None | Some((Unfit::DynTrait, _)) => {}
        Some((Unfit::SelfType, span)) => {
            report.error_at(span, "a provider is a function outside of any `impl`: write the name of the type");
        }
        Some((Unfit::ImplTrait, span)) => {
            report.error_at(span, "values are found by their type: write its name in place of `impl`");
        }
        Some((Unfit::Reference | Unfit::Lifetime, span)) => {
            report.error_at(span, "a provided value is owned: it lives as long as the program");
        }
    }
}
