//! Checks of injected types, by their spelling.

use syn::{FnArg, Safety, Type};

use crate::report::Report;
use crate::syntax::{Function, Unfit, is_context, owned, printed, unfit};

/// Refuses a function that micro could not call. `expected` is the return type to write.
pub(crate) fn check(function: &Function, attribute: &str, expected: &str, report: &mut Report) {
    qualifiers(function, attribute, report);
    for input in &function.signature.inputs {
        parameter(input, attribute, report);
    }
    if function.output().is_none() {
        let ident = &function.signature.ident;
        report.error(
            ident,
            format!("a function with `#[{attribute}]` returns the value it builds: write `-> {expected}`"),
        );
    }
}

fn qualifiers(function: &Function, attribute: &str, report: &mut Report) {
    let signature = &function.signature;
    let plain = |what: &str| format!("a function with `#[{attribute}]` is called by micro: remove `{what}`");
    if let Safety::Unsafe(unsafety) = &signature.safety {
        report.error(unsafety, plain("unsafe"));
    }
    if let Some(abi) = &signature.abi {
        report.error(abi, plain(&printed(abi)));
    }
    if !signature.generics.params.is_empty() {
        let message = format!(
            "a function with `#[{attribute}]` has no parameters in angle brackets: micro must know what to inject"
        );
        report.error(&signature.generics, message);
    }
    if function.body.is_none() {
        report.error(&signature.ident, format!("a function with `#[{attribute}]` has a body"));
    }
}

fn parameter(input: &FnArg, attribute: &str, report: &mut Report) {
    let typed = match input {
        FnArg::Receiver(receiver) => {
            report.error(receiver, format!("nothing is built yet when `#[{attribute}]` runs: remove `self`"));
            return;
        }
        FnArg::Typed(typed) => typed,
    };
    if is_context(input) {
        report.error(typed, "the context belongs to a call, and there is none yet: remove the parameter");
        return;
    }
    match unfit(&typed.ty) {
        None => {}
        Some((Unfit::Reference, _)) if matches!(&*typed.ty, Type::Reference(_)) => {
            let ty = owned(&typed.ty);
            report.error(&typed.ty, format!("injected values are owned: write `{ty}`"));
        }
        // `Arc<dyn Clock>` is a type like any other.
        Some((Unfit::DynTrait, _)) => {}
        Some((_, span)) => {
            report.error_at(span, "an injected value has a type with a name, owned and without lifetimes")
        }
    }
}
