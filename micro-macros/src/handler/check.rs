//! What cannot be allowed, and what to write in its place.

use syn::{PatType, Type};

use crate::handler::model::{Handler, Loan, Part};
use crate::report::Report;
use crate::syntax::{Function, printed};

pub(super) fn check(handler: &Handler, report: &mut Report) {
    subject(handler, report);
    for span in &handler.subscribers {
        report.error_at(*span, "subscribers arrive with the broker; until then a handler answers calls only");
    }
    for (name, span) in &handler.strays {
        report.error_at(*span, stray(name));
    }
    for member in &handler.members {
        if let Part::Method { function, contexts, loans } = member
            && function.signature.asyncness.is_none()
        {
            asynchronous(function, contexts, loans, report);
        }
    }
    for typed in &handler.mutable {
        report.error(&typed.ty, shared(&typed.ty));
    }
}

fn asynchronous(function: &Function, contexts: &[PatType], loans: &[Loan], report: &mut Report) {
    let name = &function.signature.ident;
    if let Some(context) = contexts.first() {
        let message =
            format!("only an `async fn` can take the context: write `async fn {name}`, or ask `Context::current()`");
        report.error(context, message);
    }
    if let Some(Loan { ty, .. }) = loans.first() {
        report.error(
            ty,
            format!(
                "only an `async fn` can take settings: write `async fn {name}`, or keep a `Config<{}>` in `self`",
                printed(ty)
            ),
        );
    }
}

/// What to write in place of `&mut GreeterConfig`.
pub(crate) fn shared(ty: &Type) -> String {
    format!("settings are shared by all calls: write `{}`", printed(ty).replacen("&mut ", "&", 1))
}

fn subject(handler: &Handler, report: &mut Report) {
    let written = &handler.written;
    let ty = printed(&written.ty);
    if let Type::TraitObject(_) | Type::ImplTrait(_) = &written.ty {
        report.error(&written.ty, "a handler is a type of your own, which micro can build");
    }
    // One with subscribers has its own message.
    if written.contract.is_none() && handler.subscribers.is_empty() {
        let message = format!(
            "`#[micro::handler]` goes on the implementation of a contract: `impl Greeter for {ty}`\n\
             for a service without a contract write `#[micro::service] impl {ty}`, and `#[handler]` on its endpoints"
        );
        report.error(&written.ty, message);
    }
}

fn stray(name: &str) -> &'static str {
    match name {
        "method" => "`#[method(..)]` describes a method of the contract: write it in the trait",
        "init" => "`#[init]` goes on a function of `impl Type { .. }`: a contract does not have it",
        _ => "all methods of a handler are served: take `#[handler]` away",
    }
}
