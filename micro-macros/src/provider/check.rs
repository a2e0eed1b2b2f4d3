//! Checks, with the correction in each message.

use super::model::Provider;
use crate::injection;
use crate::report::{Check, Report};
use crate::syntax::{Unfit, unfit};

impl Check for Provider {
    fn check(&self, report: &mut Report) {
        injection::check(&self.function, "provider", "Result<Pool>", report);
        match self.function.output().and_then(unfit) {
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
}
