//! Compares two versions of a contract.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::method_options::IdempotencyLevel;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use prost_types::{MethodDescriptorProto, ServiceDescriptorProto};

use crate::message::descriptor::names::full_name;
use crate::message::proto::spelling::{oneof_name, reference, shape};

/// Differences between two versions of a contract.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Breaking changes: the place, and the message.
    pub(super) breaking: Vec<(String, String)>,
    pub(super) warnings: Vec<String>,
}

impl Changes {
    /// One line for each, below the place.
    pub(super) fn breaking_text(&self) -> String {
        let mut text = String::new();
        let mut before = "";
        for (place, what) in &self.breaking {
            if place != before {
                text += &format!("\n  {place}\n");
            }
            text += &format!("    {what}\n");
            before = place;
        }
        text
    }

    fn broken(&mut self, place: &str, what: impl Into<String>) {
        self.breaking.push((place.to_owned(), what.into()));
    }
}

/// Compares what was committed with what the code says. `is_closed` knows the enums that refuse numbers they do not know.
pub(super) fn compare<'a>(
    committed: impl Iterator<Item = &'a FileDescriptorProto>,
    current: impl Iterator<Item = &'a FileDescriptorProto>,
    is_closed: impl Fn(&str) -> bool,
) -> Changes {
    let (old, new) = (Names::of(committed), Names::of(current));
    let mut changes = Changes::default();
    for (name, service) in &old.services {
        match new.services.get(name) {
            Some(now) => services(name, service, now, &mut changes),
            None => changes.broken(
                &format!("service {name}"),
                "is gone: peers still call it; a trait or package with a new name keeps the old one with \
                 `#[micro::service(package = \"..\")]`",
            ),
        }
    }
    // A message that nothing refers to any more is missed where it was referred to.
    for (name, message) in &old.messages {
        if let Some(now) = new.messages.get(name) {
            messages(&format!("message {name}"), message, now, &mut changes);
        }
    }
    for (name, desc) in &old.enums {
        if let Some(now) = new.enums.get(name) {
            enums(name, desc, now, is_closed(name), &mut changes);
        }
    }
    changes
}

/// Reduces a file to its promises: everything but its comments. Whether a name is that of a message or of an enum is known only
/// where it is declared; parsed files do not know it elsewhere.
pub(super) fn promises(file: &FileDescriptorProto) -> FileDescriptorProto {
    let mut file = FileDescriptorProto { source_code_info: None, ..file.clone() };
    for message in &mut file.message_type {
        let entries = message.nested_type.iter_mut().flat_map(|nested| &mut nested.field);
        for field in entries.chain(&mut message.field).filter(|field| field.type_name.is_some()) {
            field.r#type = None;
        }
    }
    file
}

/// Everything by its full name.
#[derive(Default)]
struct Names<'a> {
    services: BTreeMap<String, &'a ServiceDescriptorProto>,
    messages: BTreeMap<String, &'a DescriptorProto>,
    enums: BTreeMap<String, &'a EnumDescriptorProto>,
}

impl<'a> Names<'a> {
    fn of(files: impl Iterator<Item = &'a FileDescriptorProto>) -> Self {
        let mut names = Names::default();
        for file in files {
            let full = |short: &str| full_name(file.package(), short);
            names.services.extend(file.service.iter().map(|service| (full(service.name()), service)));
            names.messages.extend(file.message_type.iter().map(|message| (full(message.name()), message)));
            names.enums.extend(file.enum_type.iter().map(|desc| (full(desc.name()), desc)));
        }
        names
    }
}

// ---- Services ----

fn services(name: &str, old: &ServiceDescriptorProto, new: &ServiceDescriptorProto, changes: &mut Changes) {
    let place = format!("service {name}");
    for method in &old.method {
        match new.method.iter().find(|now| now.name == method.name) {
            Some(now) => methods(&place, method, now, changes),
            None => changes.broken(
                &place,
                format!(
                    "method `{0}` is gone: peers still call it; one with a new name keeps the old one with \
                     `#[method(name = \"{0}\")]`",
                    method.name()
                ),
            ),
        }
    }
}

fn methods(place: &str, old: &MethodDescriptorProto, new: &MethodDescriptorProto, changes: &mut Changes) {
    let name = old.name();
    for (verb, now, before, after) in
        [("took", "takes", taken(old), taken(new)), ("gave", "gives", given(old), given(new))]
    {
        if before != after {
            changes.broken(
                place,
                format!("`{name}` {verb} `{before}`, now {now} `{after}`: peers still send and expect the former; add a method"),
            );
        }
    }
    let (before, after) = (level(old), level(new));
    if weight(after) < weight(before) {
        let before = before.as_str_name();
        let after = match after {
            IdempotencyLevel::IdempotencyUnknown => "neither that nor IDEMPOTENT",
            level => level.as_str_name(),
        };
        changes.broken(
            place,
            format!(
                "`{name}` was {before}, is now {after}: peers built before still repeat it as they were told they may"
            ),
        );
    }
}

fn taken(method: &MethodDescriptorProto) -> String {
    side(method.client_streaming(), method.input_type())
}

fn given(method: &MethodDescriptorProto) -> String {
    side(method.server_streaming(), method.output_type())
}

fn side(streaming: bool, message: &str) -> String {
    format!("{}{}", if streaming { "stream " } else { "" }, reference(message))
}

fn level(method: &MethodDescriptorProto) -> IdempotencyLevel {
    method.options.as_ref().map(|options| options.idempotency_level()).unwrap_or_default()
}

/// Returns how much callers may rely on a level: the more, the heavier.
fn weight(level: IdempotencyLevel) -> u8 {
    match level {
        IdempotencyLevel::IdempotencyUnknown => 0,
        IdempotencyLevel::Idempotent => 1,
        IdempotencyLevel::NoSideEffects => 2,
    }
}

// ---- Messages ----

fn messages(place: &str, old: &DescriptorProto, new: &DescriptorProto, changes: &mut Changes) {
    let mut moved = vec![];
    for field in &old.field {
        match new.field.iter().find(|now| now.name == field.name) {
            Some(now) => {
                if now.number != field.number {
                    moved.push(format!("`{}` was {}, is now {}", field.name(), field.number(), now.number()));
                }
                fields(place, (field, old), (now, new), changes);
            }
            None => gone(place, field, old, new, changes),
        }
    }
    if !moved.is_empty() {
        let moved = moved.join("; ");
        let rule = "implicit tags follow declaration order; append new fields or write the tags";
        changes.broken(place, format!("{moved}: {rule}"));
    }
    freed(place, old, new, changes);
}

/// A field, and the message it is in.
type Within<'a> = (&'a FieldDescriptorProto, &'a DescriptorProto);

fn fields(place: &str, (old, within): Within<'_>, (new, now_within): Within<'_>, changes: &mut Changes) {
    let name = old.name();
    let (before, after) = (shape(old, within), shape(new, now_within));
    if before != after {
        changes.broken(
            place,
            format!(
                "`{name}` was `{before}`, is now `{after}`: either would be misread as the other; add a field, or keep the \
                 name of a renamed type with `#[micro::message(name = \"..\")]`"
            ),
        );
    }
    if old.json_name != new.json_name {
        let (before, after) = (old.json_name(), new.json_name());
        changes.broken(
            place,
            format!(
                "`{name}` was `{before}` in JSON, is now `{after}`: keep it with `#[message(json = \"{before}\")]`"
            ),
        );
    }
    let (before, after) = (oneof_name(old, within), oneof_name(new, now_within));
    if before != after {
        let show =
            |oneof: Option<&str>| oneof.map_or("in no oneof".to_owned(), |name| format!("in the oneof `{name}`"));
        changes.broken(
            place,
            format!("`{name}` was {}, is now {}: peers expect it where it was", show(before), show(after)),
        );
    }
}

/// A field whose name is there no more: it was renamed, or replaced, or removed, which is fine if nothing can take its place.
fn gone(
    place: &str,
    field: &FieldDescriptorProto,
    old: &DescriptorProto,
    new: &DescriptorProto,
    changes: &mut Changes,
) {
    let (name, tag) = (field.name(), field.number());
    let reserve = format!("`reserved({tag}, \"{name}\")`");
    let successor = new.field.iter().find(|now| now.number == field.number);
    match successor {
        Some(now) if old.field.iter().any(|before| before.name == now.name) => changes.broken(
            place,
            format!("`{name}` ({tag}) is gone and its tag has gone to `{}`: write the tags, and {reserve}", now.name()),
        ),
        Some(now) if shape(now, new) == shape(field, old) => changes.broken(
            place,
            format!(
                "`{name}` ({tag}) is now called `{}`: that is the same in bytes and another in JSON; keep the name with \
                 `#[message(name = \"{name}\")]`",
                now.name()
            ),
        ),
        Some(now) => changes.broken(
            place,
            format!(
                "`{name}` ({tag}, `{}`) is gone and its tag has gone to `{}` (`{}`): give that one a tag of its own, and \
                 write {reserve}",
                shape(field, old),
                now.name(),
                shape(now, new)
            ),
        ),
        None => {
            let tag_kept = new.reserved_range.iter().any(|range| (range.start()..range.end()).contains(&tag));
            if !(tag_kept && new.reserved_name.iter().any(|kept| kept == name)) {
                changes.broken(
                    place,
                    format!("`{name}` ({tag}) is gone: write {reserve} on the message, so that nothing takes its place"),
                );
            }
        }
    }
}

/// Reserved names and numbers must stay reserved.
fn freed(place: &str, old: &DescriptorProto, new: &DescriptorProto, changes: &mut Changes) {
    let covered = |tag: i32| new.reserved_range.iter().find(|range| (range.start()..range.end()).contains(&tag));
    let mut freed = vec![];
    for range in &old.reserved_range {
        // Ranges may have been joined or split; walk from the end of one to the next.
        let mut tag = range.start();
        while tag < range.end() {
            let Some(kept) = covered(tag) else {
                freed.push(tag.to_string());
                break;
            };
            tag = kept.end();
        }
    }
    let names = old.reserved_name.iter().filter(|name| !new.reserved_name.contains(name));
    freed.extend(names.map(|name| format!("\"{name}\"")));
    if !freed.is_empty() {
        let freed = freed.join(", ");
        changes
            .broken(place, format!("{freed} is reserved no more: old bytes and text may still have it; put it back"));
    }
}

// ---- Enums ----

fn enums(name: &str, old: &EnumDescriptorProto, new: &EnumDescriptorProto, is_closed: bool, changes: &mut Changes) {
    let place = format!("enum {name}");
    let mut moved = vec![];
    for value in &old.value {
        match new.value.iter().find(|now| now.name == value.name) {
            Some(now) if now.number != value.number => {
                moved.push(format!("`{}` was {}, is now {}", value.name(), value.number(), now.number()));
            }
            Some(_) => {}
            None => {
                let (name, number) = (value.name(), value.number());
                let what = match new.value.iter().find(|now| now.number == value.number) {
                    Some(now) => format!(
                        "is now called `{}`: that is the same in bytes and another in JSON; keep the name with \
                         `#[message(name = \"{name}\")]`",
                        now.name()
                    ),
                    None => "is gone: peers that send it would not be understood; keep the variant".to_owned(),
                };
                changes.broken(&place, format!("`{name}` ({number}) {what}"));
            }
        }
    }
    if !moved.is_empty() {
        let moved = moved.join("; ");
        let rule = "implicit numbers follow declaration order; append new variants or write the numbers";
        changes.broken(&place, format!("{moved}: {rule}"));
    }
    let known: BTreeSet<i32> = old.value.iter().map(|value| value.number()).collect();
    for added in new.value.iter().filter(|value| is_closed && !known.contains(&value.number())) {
        changes.warnings.push(format!(
            "enum `{name}` has the new variant `{}` and no `Unknown(i32)`: peers built before refuse messages with it; add \
             `Unknown(i32)` first, and send the variant once every peer has that",
            added.name()
        ));
    }
}
