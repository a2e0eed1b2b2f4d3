//! Checks, with the correction in each message.

use syn::{PatType, Type};

use crate::handler::model::{Extracted, Handler, Part};
use crate::injection::shared;
use crate::report::{Check, Report};
use crate::subscriber;
use crate::syntax::{Function, Unfit, printed, unfit};

impl Check for Handler {
    fn check(&self, report: &mut Report) {
        subject(self, report);
        for (name, span) in &self.strays {
            report.error_at(*span, stray(name, self));
        }
        alone(self, report);
        for member in &self.members {
            if let Part::Method { function, contexts, extracted } = member
                && function.signature.asyncness.is_none()
            {
                asynchronous(function, contexts, extracted, report);
            }
        }
        for typed in &self.mutable {
            report.error(&typed.ty, shared(&typed.ty));
        }
    }
}

fn asynchronous(function: &Function, contexts: &[PatType], extracted: &[Extracted], report: &mut Report) {
    let name = &function.signature.ident;
    if let Some(context) = contexts.first() {
        let message =
            format!("only an `async fn` can take the context: write `async fn {name}`, or ask `Context::current()`");
        report.error(context, message);
    }
    if let Some(Extracted { ty, .. }) = extracted.first() {
        report.error(
            ty,
            format!(
                "only an `async fn` can take settings: write `async fn {name}`, or keep a `Config<{}>` in `self`",
                printed(ty)
            ),
        );
    }
}

fn subject(handler: &Handler, report: &mut Report) {
    let written = &handler.written;
    let ty = printed(&written.ty);
    if let Type::TraitObject(_) | Type::ImplTrait(_) = &written.ty {
        report.error(&written.ty, "a handler is a type of your own, which micro can build");
    }
    if written.contract.is_none() && handler.subscribers.is_empty() && handler.torn.is_empty() {
        let message = format!(
            "`#[micro::handler]` goes on the implementation of a contract: `impl Greeter for {ty}`\n\
             for a service without a contract write `#[micro::service] impl {ty}`, and `#[handler]` on its endpoints; \
             for events, `#[subscriber]` on methods here"
        );
        report.error(&written.ty, message);
    }
}

/// Checks a block without a contract.
fn alone(handler: &Handler, report: &mut Report) {
    let written = &handler.written;
    if written.contract.is_some() || (handler.subscribers.is_empty() && handler.torn.is_empty()) {
        return;
    }
    if let Some(unsafety) = &written.unsafety {
        report.error(unsafety, "subscribers belong in a plain `impl` block: remove `unsafe`");
    }
    if !written.generics.params.is_empty() {
        report.error(
            &written.generics,
            "a block of subscribers has no parameters of its own: it is registered once, as one type",
        );
    }
    if !matches!(written.ty, Type::Path(_)) || matches!(unfit(&written.ty), Some((Unfit::Lifetime, _))) {
        report.error(&written.ty, "expected the name of a type of your own, without lifetimes");
    }
    if let Some(manual) = &handler.manual {
        report.error(manual, "these subscribers would never be registered: remove `manual`");
    }
    for ident in &handler.torn {
        report.error(ident, format!("`{ident}` has several roles; expected one of `#[init]`, `#[subscriber]`"));
    }
    for init in handler.inits.iter().skip(1) {
        report.error(&init.signature.ident, "a type has one `#[init]` function");
    }
    for init in &handler.inits {
        crate::init::check(init, report);
    }
    for subscriber in &handler.subscribers {
        subscriber.check(report);
    }
    subscriber::names(&handler.subscribers, report);
}

fn stray(name: &str, handler: &Handler) -> String {
    let ty = printed(&handler.written.ty);
    let contract = handler.written.contract.is_some();
    match name {
        "method" if contract => "`#[method(..)]` describes a method of the contract: write it in the trait".to_owned(),
        "init" => "`#[init]` goes on a function of `impl Type { .. }`: a contract does not have it".to_owned(),
        "subscriber" => format!(
            "a method of a contract answers calls, and a subscriber handles events\n\
             write it in a block of its own: `#[micro::handler] impl {ty} {{ #[subscriber] .. }}`"
        ),
        _ if contract => "all methods of a handler are served: remove `#[handler]`".to_owned(),
        _ => format!("endpoints without a contract belong in a service: write `#[micro::service] impl {ty}`"),
    }
}
