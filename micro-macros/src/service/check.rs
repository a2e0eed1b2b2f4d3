//! Checks, with the correction in each message.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned as _;
use syn::{Pat, Receiver, ReceiverKind, Type};

use crate::report::{Check, Report};
use crate::service::model::{Contract, Inherent, Method, Parameter, Role, Service, Source};
use crate::subscriber;
use crate::syntax::{Unfit, owned, plain_async, printed, unfit, upper_camel_case};

impl Check for Service {
    fn check(&self, report: &mut Report) {
        names(self, report);
        match &self.source {
            Source::Contract(contract) => self::contract(contract, report),
            Source::Inherent(inherent) => self::inherent(inherent, &self.methods, report),
        }
        for method in &self.methods {
            self::method(method, &self.source, report);
        }
        wire_names(&self.methods, report);
    }
}

fn names(service: &Service, report: &mut Report) {
    let contract = service.contract_name();
    if !is_word(&contract) {
        report.error(&service.ident, format!("`{contract}` goes on the wire: expected ASCII letters and digits"));
        return;
    }
    let name = &service.name;
    if !is_service_name(&name.value) {
        let message = format!(
            "`{}` cannot be the name of a service; expected lower-case letters, digits, `-`, `_` and `.`, such as `{}`",
            name.value,
            crate::syntax::kebab_case(&contract),
        );
        report.error_at(name.span, message);
        return;
    }
    let package = &service.package;
    if !package.value.split('.').all(is_word) {
        let message = format!(
            "`{}` cannot be a proto package; expected words joined by dots: `package = \"acme.greeter\"`",
            package.value
        );
        report.error_at(package.span, message);
    }
}

fn contract(contract: &Contract, report: &mut Report) {
    let written = &contract.written;
    if let Some(unsafety) = &written.unsafety {
        report.error(unsafety, "a contract is a plain trait: remove `unsafe`");
    }
    if !written.generics.params.is_empty() {
        report.error(
            &written.generics,
            "a contract has no parameters of its own: both sides of the wire must know every message\n\
             write one contract for each type it is meant for",
        );
    } else if let Some(clause) = &written.generics.where_clause {
        report.error(clause, "a contract has no `where` clause: it is implemented by the generated client too");
    }
    for span in &contract.subscribers {
        report.error_at(
            *span,
            "a contract declares calls, and events have none: write `#[subscriber]` on a method of an implementation, \
             in a block `#[micro::handler] impl English { .. }`",
        );
    }
    for (what, tokens) in &contract.others {
        report.error(tokens, format!("a contract consists of methods, found {what}"));
    }
}

fn inherent(inherent: &Inherent, methods: &[Method], report: &mut Report) {
    let written = &inherent.written;
    if let Some(path) = &written.contract {
        let name = printed(path);
        report.error(
            path,
            format!(
                "`#[micro::service]` declares a service, and this implements `{name}`\n\
                 write `#[micro::handler] impl {name} for ..`"
            ),
        );
        return;
    }
    if let Some(unsafety) = &written.unsafety {
        report.error(unsafety, "a service is a plain `impl` block: remove `unsafe`");
    }
    if !written.generics.params.is_empty() {
        report.error(
            &written.generics,
            "a service without a contract has no parameters of its own: it is registered once, as one type\n\
             declare a contract with `#[micro::service] trait ..` and implement it for the generic type",
        );
    }
    if !matches!(written.ty, Type::Path(_)) || matches!(unfit(&written.ty), Some((Unfit::Lifetime, _))) {
        report.error(&written.ty, "expected the name of a type of your own, without lifetimes");
    }
    for span in &inherent.stray {
        report.error_at(*span, "`#[method(..)]` describes an endpoint: mark the method `#[handler]` too");
    }
    for ident in &inherent.torn {
        report.error(
            ident,
            format!("`{ident}` has several roles; expected one of `#[handler]`, `#[init]`, `#[subscriber]`"),
        );
    }
    for init in inherent.inits.iter().skip(1) {
        report.error(&init.signature.ident, "a type has one `#[init]` function");
    }
    for init in &inherent.inits {
        crate::init::check(init, report);
    }
    for subscriber in &inherent.subscribers {
        subscriber.check(report);
    }
    subscriber::names(&inherent.subscribers, report);
    if methods.is_empty() && report.is_empty() {
        let mut message = "nothing to serve here: mark the endpoints with `#[handler]`".to_owned();
        if !inherent.subscribers.is_empty() {
            let ty = printed(&written.ty);
            message.push_str(&format!("\nfor subscribers alone write `#[micro::handler] impl {ty}`"));
        }
        report.error(&written.ty, message);
    }
}

fn method(method: &Method, source: &Source, report: &mut Report) {
    name(method, report);
    options(method, report);
    conditions(method, report);
    qualifiers(method, report);
    receiver(method, report);
    output(method, report);
    if method.messages().count() > 1 {
        several_messages(method, report);
        return;
    }
    for parameter in &method.parameters {
        match (parameter.role, source) {
            (Role::Context, Source::Inherent(_)) => {}
            (Role::Extracted, Source::Inherent(_)) => {
                if matches!(&parameter.ty, Type::Reference(reference) if reference.mutability.is_some()) {
                    report.error(&parameter.ty, crate::injection::shared(&parameter.ty));
                }
            }
            (Role::Extracted, Source::Contract(_)) if method.message().is_some() => {
                extracted_in_contract(parameter, report)
            }
            (Role::Context, Source::Contract(_)) => context_in_contract(parameter, report),
            (Role::Message | Role::Extracted, _) => message(method, parameter, source, report),
        }
    }
}

fn name(method: &Method, report: &mut Report) {
    let ident = method.ident();
    let text = ident.to_string();
    if text.starts_with("__micro") {
        report.error(ident, "names like this one are micro's own");
    }
    if !is_word(&method.wire.value) {
        let message = format!(
            "`{}` cannot be a name on the wire; expected ASCII letters, digits and `_`: `#[method(name = \"Hello\")]`",
            method.wire.value
        );
        report.error_at(method.wire.span, message);
    }
}

fn options(method: &Method, report: &mut Report) {
    if let (Some(idempotent), Some(_)) = (&method.idempotent, &method.no_side_effects) {
        let message =
            "a method without side effects is idempotent as well; expected one of `idempotent`, `no_side_effects`";
        report.error(idempotent, message);
    }
}

fn conditions(method: &Method, report: &mut Report) {
    for attribute in method.function.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
        report.error(attribute, "a service has the same methods wherever it is compiled: remove `#[cfg]`");
    }
}

fn qualifiers(method: &Method, report: &mut Report) {
    let signature = &method.function.signature;
    plain_async(signature, "a method of a service", "both sides of the wire must know the message", report);
}

fn receiver(method: &Method, report: &mut Report) {
    let ident = method.ident();
    match method.function.signature.receiver() {
        None => {
            report.error(ident, format!("a method of a service takes `&self`: write `async fn {ident}(&self, ..)`"))
        }
        Some(receiver) => {
            if let Some(reason) = not_shared(receiver) {
                report.error(receiver, format!("a method of a service takes `&self`: {reason}"));
            }
        }
    }
}

fn not_shared(receiver: &Receiver) -> Option<&'static str> {
    match &receiver.kind {
        ReceiverKind::Reference(_, None, None) => None,
        ReceiverKind::Reference(_, _, Some(_)) => Some("calls run concurrently, so keep mutable state behind a lock"),
        ReceiverKind::Reference(_, Some(_), None) => Some("its lifetime needs no name"),
        _ => Some("it answers more than one call"),
    }
}

fn output(method: &Method, report: &mut Report) {
    match method.function.output() {
        None => report.error(
            method.ident(),
            "a method of a service returns a `Result`, because calls can fail\n\
             write `-> Result<()>`, or `-> Result<..>` of a message",
        ),
        Some(output) => {
            // A function that is to become `async` will have another return type.
            if let Some((unfit, span)) = unfit(output)
                && method.function.signature.asyncness.is_some()
            {
                report.error_at(span, reason(unfit, "a response"));
            }
        }
    }
}

fn context_in_contract(parameter: &Parameter, report: &mut Report) {
    report.error(
        typed(parameter),
        "a contract does not name the context: callers do not pass one\n\
         take `ctx: &Context` in the implementation, under `#[micro::handler]`; \
         a default body asks `Context::current()`",
    );
}

fn extracted_in_contract(parameter: &Parameter, report: &mut Report) {
    let typed = printed(&typed(parameter)).replace(" :", ":");
    report.error(
        &parameter.ty,
        format!(
            "a contract names messages only: callers do not pass settings\n\
             take `{typed}` in the implementation, under `#[micro::handler]`"
        ),
    );
}

fn message(method: &Method, parameter: &Parameter, source: &Source, report: &mut Report) {
    if matches!(source, Source::Contract(_)) {
        pattern(method, parameter, report);
    }
    match unfit(&parameter.ty) {
        None => {}
        Some((Unfit::Reference, _)) if matches!(parameter.ty, Type::Reference(_)) => {
            let ty = owned(&parameter.ty);
            report.error(&parameter.ty, format!("a message is owned, because it is serialized: write `{ty}`"));
        }
        Some((unfit, span)) => report.error_at(span, reason(unfit, "a message")),
    }
}

fn pattern(method: &Method, parameter: &Parameter, report: &mut Report) {
    let simple = match &parameter.pattern {
        Pat::Wild(_) => true,
        // A method without a body has no use for a mutable variable.
        Pat::Ident(ident) => {
            parameter.name().is_some() && (ident.mutability.is_none() || method.function.body.is_some())
        }
        _ => false,
    };
    if !simple {
        let name = parameter.name().map_or_else(|| "request".to_owned(), ToString::to_string);
        let ty = printed(&parameter.ty);
        report.error(
            &parameter.pattern,
            format!("a contract names its parameter: write `{name}: {ty}`, and destructure it in the implementation"),
        );
    }
}

fn several_messages(method: &Method, report: &mut Report) {
    let ident = method.ident();
    let message = format!("{}Args", upper_camel_case(&ident.to_string()));
    let fields = method.messages().enumerate().map(|(i, parameter)| {
        let name = parameter.name().map_or_else(|| format!("field{}", i + 1), ToString::to_string);
        format!("    pub {name}: {},\n", owned(&parameter.ty))
    });
    let text = format!(
        "a method takes no argument or one message, `{ident}` takes {}\nwrite the message, and `{ident}(&self, args: {message})`:\n\n\
         #[micro::message]\npub struct {message} {{\n{}}}",
        method.messages().count(),
        fields.collect::<String>(),
    );
    let all = method.messages().map(typed);
    report.error(quote!(#(#all),*), text);
}

fn reason(unfit: Unfit, what: &str) -> String {
    match unfit {
        Unfit::Reference => format!("{what} is owned, because it is serialized: remove `&`"),
        Unfit::Lifetime => format!("{what} is owned, because it is serialized: it has no lifetime"),
        Unfit::ImplTrait => {
            format!("{what} has a type both sides know: write its name; for a stream of messages, `Streaming<..>`")
        }
        Unfit::DynTrait => format!("{what} has a type both sides know: write its name in place of `dyn`"),
        Unfit::SelfType => format!("{what} is not the service itself: write the name of the message"),
    }
}

fn wire_names(methods: &[Method], report: &mut Report) {
    for (i, method) in methods.iter().enumerate() {
        let wire = &method.wire.value;
        if let Some(earlier) = methods[..i].iter().find(|earlier| earlier.wire.value == *wire) {
            let message = format!(
                "`{}` and `{}` are both called `{wire}` on the wire\n\
                 give one of them another name: `#[method(name = \"..\")]`",
                earlier.ident(),
                method.ident(),
            );
            report.error_at(method.wire.span, message);
        }
    }
}

fn typed(parameter: &Parameter) -> TokenStream {
    let Parameter { pattern, ty, .. } = parameter;
    let colon = syn::Token![:](Span::call_site().located_at(ty.span()));
    quote!(#pattern #colon #ty).to_token_stream()
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn is_service_name(text: &str) -> bool {
    let outer = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    text.starts_with(outer) && text.ends_with(outer) && text.chars().all(|c| outer(c) || matches!(c, '-' | '_' | '.'))
}
