//! Checks, with the correction in each message.

use syn::{Expr, LitStr, Pat, Receiver, ReceiverKind, Type};

use super::input::{Order, Written};
use super::model::{Parameter, Place, Role, Subscriber};
use crate::options;
use crate::report::{Check, Report};
use crate::syntax::{Unfit, owned, plain_async, unfit};

impl Check for Subscriber {
    fn check(&self, report: &mut Report) {
        attributes(self, report);
        options(self, report);
        qualifiers(self, report);
        receiver(self, report);
        event(self, report);
        let first = self.parameters.iter().position(|parameter| !is_some_context(parameter));
        for (index, parameter) in self.parameters.iter().enumerate() {
            // `event` has reported the errors of the first.
            if Some(index) != first || matches!(parameter.role, Role::Event) {
                self::parameter(parameter, report);
            }
        }
        output(self, report);
    }
}

/// Refuses two subscribers with the same name in a block; apps refuse other duplicates.
pub(crate) fn names(subscribers: &[Subscriber], report: &mut Report) {
    for (i, subscriber) in subscribers.iter().enumerate() {
        let name = &subscriber.name.value;
        if let Some(earlier) = subscribers[..i].iter().find(|earlier| earlier.name.value == *name) {
            let message = format!(
                "`{}` and `{}` are both called `{name}`\n\
                 give one of them another name: `#[subscriber(name = \"..\")]`",
                earlier.ident(),
                subscriber.ident(),
            );
            report.error_at(subscriber.name.span, message);
        }
    }
}

fn attributes(subscriber: &Subscriber, report: &mut Report) {
    // The attribute that is being expanded is not among them.
    let one = usize::from(subscriber.place == Place::Method);
    for span in subscriber.attributes.iter().skip(one) {
        report.error_at(
            *span,
            "a function is one subscriber: use `*` or `>` in its topic, or call it from a second subscriber",
        );
    }
}

fn options(subscriber: &Subscriber, report: &mut Report) {
    let written = &subscriber.written;
    if let Some(topic) = &written.topic
        && let Err(why) = options::pattern(&topic.value())
    {
        report.error(topic, format!("`{}` cannot be subscribed to: {why}", topic.value()));
    }
    if let Some(topic) = &written.dead_letter
        && let Err(why) = options::topic(&topic.value())
    {
        report.error(topic, format!("`{}` cannot be a dead-letter topic: {why}", topic.value()));
    }
    word(&written.queue, "a queue", report);
    word(&written.broker, "a broker", report);
    if !is_name(&subscriber.name.value) {
        let message = format!(
            "`{}` cannot be the name of a subscriber; expected lower-case letters, digits, `-`, `_` and `.`: \
             `name = \"audit\"`",
            subscriber.name.value
        );
        report.error_at(subscriber.name.span, message);
    }
    if let Some(concurrency) = written.concurrency
        && concurrency.value == 0
    {
        report.error_at(concurrency.span, "at least one event is handled at a time: write `concurrency = 1` or more");
    }
    if let Some(max) = written.retry.as_ref().and_then(|retry| retry.max)
        && max.value == 0
    {
        report.error_at(max.span, "an event has at least one attempt: write `max = 1` for no retries");
    }
    if let (Some(durable), None) = (&written.durable, &written.queue) {
        report
            .error(durable, "a durable subscriber needs a queue, to keep events under its name: add `queue = \"..\"`");
    }
    acknowledgement(subscriber, report);
    order(subscriber, report);
    manual(subscriber, written, report);
}

fn word(written: &Option<LitStr>, what: &str, report: &mut Report) {
    let Some(written) = written else { return };
    let text = written.value();
    if text.is_empty() || text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        report.error(written, format!("`{}` cannot be the name of {what}: expected one word", text.escape_debug()));
    }
}

/// Checks the acknowledgement as far as possible without types.
fn acknowledgement(subscriber: &Subscriber, report: &mut Report) {
    if let Some(span) = subscriber.acknowledges()
        && subscriber.event().is_some()
        && subscriber.injected().next().is_none()
    {
        report.error_at(
            span,
            "nothing here could acknowledge the event: add a parameter `ack: Ack`, or remove `ack = \"manual\"`",
        );
    }
}

fn order(subscriber: &Subscriber, report: &mut Report) {
    let Some(Order::By(expression)) = &subscriber.written.ordered_by else { return };
    if let Expr::Lit(literal) = expression {
        report.error(
            literal,
            "this key is the same for every event, so all events would be handled one by one\n\
             write an expression about the event: `ordered_by = event.order`",
        );
        return;
    }
    if let Some(event) = subscriber.event()
        && let Pat::Wild(wild) = &*event.typed.pat
    {
        report.error(wild, "`ordered_by` refers to the event: name the parameter");
    }
}

fn manual(subscriber: &Subscriber, written: &Written, report: &mut Report) {
    let Some(manual) = &written.manual else { return };
    if subscriber.place == Place::Method {
        report.error(
            manual,
            "`manual` is for functions outside of a block: `micro::app().subscribe(audit)` registers those by name\n\
             the subscribers of a type belong to its instance: remove `manual`",
        );
    }
}

fn qualifiers(subscriber: &Subscriber, report: &mut Report) {
    let signature = &subscriber.function.signature;
    plain_async(signature, "a subscriber", "micro must know which event to read and what to inject", report);
    if subscriber.function.body.is_none() {
        report.error(&signature.ident, "a subscriber has a body");
    }
}

fn receiver(subscriber: &Subscriber, report: &mut Report) {
    let ident = subscriber.ident();
    match (subscriber.place, subscriber.function.signature.receiver()) {
        (Place::Free, None) => {}
        (Place::Free, Some(receiver)) => report.error(
            receiver,
            "a function with `#[micro::subscriber]` is a free function: its other parameters are injected\n\
             for a method, write `#[micro::handler]` on the `impl` block, and `#[subscriber]` here",
        ),
        (Place::Method, None) => report.error(
            ident,
            format!(
                "a subscriber in a block takes `&self`: write `async fn {ident}(&self, ..)`\n\
                 a function without `self` belongs outside, with `#[micro::subscriber]`"
            ),
        ),
        (Place::Method, Some(receiver)) => {
            if let Some(reason) = not_shared(receiver) {
                report.error(receiver, format!("a subscriber in a block takes `&self`: {reason}"));
            }
        }
    }
}

fn not_shared(receiver: &Receiver) -> Option<&'static str> {
    match &receiver.kind {
        ReceiverKind::Reference(_, None, None) => None,
        ReceiverKind::Reference(_, _, Some(_)) => {
            Some("events are handled concurrently, so keep mutable state behind a lock")
        }
        ReceiverKind::Reference(_, Some(_), None) => Some("its lifetime needs no name"),
        _ => Some("it handles more than one event"),
    }
}

/// Checks that there is an event, by value, before every other parameter that is not the context.
fn event(subscriber: &Subscriber, report: &mut Report) {
    let ident = subscriber.ident();
    let first = subscriber.parameters.iter().find(|parameter| !is_some_context(parameter));
    match first {
        Some(Parameter { role: Role::Event, typed }) if is_reference(&typed.ty) => {
            report.error(&typed.ty, format!("take the event by value: write `{}`", owned(&typed.ty)));
        }
        Some(Parameter { role: Role::Event, .. }) => {}
        Some(Parameter { typed, .. }) => {
            let ty = owned(&typed.ty);
            report.error(
                &typed.ty,
                format!(
                    "expected the event, which comes first and by value: write `{ty}` if this is it\n\
                     a reference is for settings, which come after the event: `event: Greeted, config: &AuditConfig`"
                ),
            );
        }
        None => {
            let this = if subscriber.place == Place::Method { "&self, " } else { "" };
            report.error(
                ident,
                format!("a subscriber takes an event, by value: write `async fn {ident}({this}event: Greeted, ..)`"),
            );
        }
    }
}

/// Returns `true` for the context, also if taken by `&mut`.
fn is_some_context(parameter: &Parameter) -> bool {
    match parameter.role {
        Role::Context => true,
        Role::ExtractedMutably => is_called_context(&parameter.typed.ty),
        Role::Event | Role::Extracted(_) | Role::Injected => false,
    }
}

fn is_called_context(ty: &Type) -> bool {
    owned(ty).rsplit("::").next() == Some("Context")
}

fn parameter(parameter: &Parameter, report: &mut Report) {
    let ty = &*parameter.typed.ty;
    match parameter.role {
        Role::Context | Role::Extracted(_) => {}
        Role::ExtractedMutably => report.error(ty, shared(ty)),
        Role::Event | Role::Injected if is_named(ty, "Context") => {
            report.error(ty, "the context is taken by reference: write `&Context`");
        }
        Role::Event if is_reference(ty) => {}
        Role::Event => {
            if let Some((unfit, span)) = unfit(ty) {
                report.error_at(span, reason(unfit, "an event"));
            }
        }
        Role::Injected if is_reference(ty) => {
            let owned = owned(ty);
            let owned = if owned.starts_with("dyn ") { format!("Arc<{owned}>") } else { owned };
            report.error(ty, format!("injected values are owned: write `{owned}`"));
        }
        Role::Injected => match unfit(ty) {
            // `Arc<dyn Clock>` is a type like any other.
            None | Some((Unfit::DynTrait, _)) => {}
            Some((unfit, span)) => report.error_at(span, reason(unfit, "an injected value")),
        },
    }
}

fn shared(ty: &Type) -> String {
    if is_called_context(ty) {
        return "the context is shared by all calls of the handler: write `&Context`".to_owned();
    }
    crate::injection::shared(ty)
}

fn output(subscriber: &Subscriber, report: &mut Report) {
    match subscriber.function.output() {
        None => report.error(
            subscriber.ident(),
            "a subscriber returns a `Result`, because handling can fail: the event is then redelivered\n\
             write `-> Result<()>`",
        ),
        Some(output) => {
            // A function that is to become `async` will have another return type.
            if let Some((unfit, span)) = unfit(output)
                && subscriber.function.signature.asyncness.is_some()
            {
                report.error_at(span, reason(unfit, "the return value of a subscriber"));
            }
        }
    }
}

fn reason(unfit: Unfit, what: &str) -> String {
    match unfit {
        Unfit::Reference => format!("{what} is owned: remove `&`"),
        Unfit::Lifetime => format!("{what} is owned: it has no lifetime"),
        Unfit::ImplTrait => format!("{what} has a type with a name: write it in place of `impl`"),
        Unfit::DynTrait => format!("{what} has a type with a name: write it in place of `dyn`"),
        Unfit::SelfType => format!("{what} has a type with a name: write it in place of `Self`"),
    }
}

fn is_reference(ty: &Type) -> bool {
    matches!(ty, Type::Reference(_))
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name && last.arguments.is_none()))
}

fn is_name(text: &str) -> bool {
    let outer = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    text.starts_with(outer) && text.ends_with(outer) && text.chars().all(|c| outer(c) || matches!(c, '-' | '_' | '.'))
}
