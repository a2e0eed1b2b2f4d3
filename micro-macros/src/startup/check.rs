//! Checks, with the correction in each message.

use crate::report::{Check, Report};
use crate::startup::model::Main;

impl Check for Main {
    fn check(&self, report: &mut Report) {
        let signature = &self.function.signature;
        if signature.asyncness.is_none() {
            let message = "`#[micro::main]` starts the runtime for an `async fn main`: write `async` before `fn`\n\
                           a plain `fn main` calls `micro::main()`";
            report.error(signature.fn_token, message);
        }
        if signature.ident != "main" {
            report.error(&signature.ident, format!("expected `main`, found `{}`", signature.ident));
        }
        if !signature.inputs.is_empty() {
            report.error(
                &signature.inputs,
                "`main` takes no parameters: settings come from `#[micro::config]`, the rest from `std::env::args`",
            );
        }
        if !signature.generics.params.is_empty() {
            report.error(&signature.generics, "`main` has no parameters in angle brackets");
        }
        threads(self, report);
    }
}

fn threads(main: &Main, report: &mut Report) {
    let Some(threads) = main.worker_threads else { return };
    if threads.value == 0 {
        report.error_at(threads.span, "a runtime has at least one thread");
    }
    if main.is_current_thread() {
        report.error_at(threads.span, "`current_thread` is one thread: remove `worker_threads` or the flavor");
    }
}
