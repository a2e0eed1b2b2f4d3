//! What was promised, and what is kept of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::message::proto::{Enum, Field, File, Message, Method, Part, Service};

/// What differs between two versions of a contract.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Where, and what is to be said about it.
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
    committed: impl Iterator<Item = &'a File>,
    current: impl Iterator<Item = &'a File>,
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

/// What a file promises: everything but its comments.
pub(super) fn promises(file: &File) -> File {
    let mut file = file.clone();
    for service in &mut file.services {
        service.docs.clear();
        service.methods.iter_mut().for_each(|method| method.docs.clear());
    }
    for message in &mut file.messages {
        message.docs.clear();
        for part in &mut message.parts {
            match part {
                Part::Field(field) => field.docs.clear(),
                Part::OneOf(oneof) => {
                    oneof.docs.clear();
                    oneof.fields.iter_mut().for_each(|field| field.docs.clear());
                }
            }
        }
    }
    for desc in &mut file.enums {
        desc.docs.clear();
        desc.values.iter_mut().for_each(|value| value.docs.clear());
    }
    file
}

/// Everything by its full name.
#[derive(Default)]
struct Names<'a> {
    services: BTreeMap<String, &'a Service>,
    messages: BTreeMap<String, &'a Message>,
    enums: BTreeMap<String, &'a Enum>,
}

impl<'a> Names<'a> {
    fn of(files: impl Iterator<Item = &'a File>) -> Self {
        let mut names = Names::default();
        for file in files {
            names.services.extend(file.services.iter().map(|service| (file.full_name(&service.name), service)));
            names.messages.extend(file.messages.iter().map(|message| (file.full_name(&message.name), message)));
            names.enums.extend(file.enums.iter().map(|desc| (file.full_name(&desc.name), desc)));
        }
        names
    }
}

// ---- Services ----

fn services(name: &str, old: &Service, new: &Service, changes: &mut Changes) {
    let place = format!("service {name}");
    for method in &old.methods {
        match new.methods.iter().find(|now| now.name == method.name) {
            Some(now) => methods(&place, method, now, changes),
            None => changes.broken(
                &place,
                format!(
                    "method `{0}` is gone: peers still call it; one with a new name keeps the old one with \
                     `#[method(name = \"{0}\")]`",
                    method.name
                ),
            ),
        }
    }
}

fn methods(place: &str, old: &Method, new: &Method, changes: &mut Changes) {
    let side = |streaming: bool, message: &str| format!("{}{message}", if streaming { "stream " } else { "" });
    let taken = (side(old.client_streaming, &old.request), side(new.client_streaming, &new.request));
    let given = (side(old.server_streaming, &old.reply), side(new.server_streaming, &new.reply));
    for (verb, now, (before, after)) in [("took", "takes", taken), ("gave", "gives", given)] {
        if before != after {
            let name = &old.name;
            changes.broken(
                place,
                format!("`{name}` {verb} `{before}`, now {now} `{after}`: peers still send and expect the former; add a method"),
            );
        }
    }
    let weight = |level: &Option<String>| match level.as_deref() {
        Some("NO_SIDE_EFFECTS") => 2,
        Some(_) => 1,
        None => 0,
    };
    if weight(&new.idempotency) < weight(&old.idempotency) {
        let (name, before) = (&old.name, old.idempotency.as_deref().unwrap_or_default());
        let after = new.idempotency.as_deref().unwrap_or("neither that nor IDEMPOTENT");
        changes.broken(
            place,
            format!(
                "`{name}` was {before}, is now {after}: peers built before still repeat it as they were told they may"
            ),
        );
    }
}

// ---- Messages ----

/// A field, and the oneof it is in.
type Placed<'a> = (&'a Field, Option<&'a str>);

fn placed(message: &Message) -> Vec<Placed<'_>> {
    let parts = message.parts.iter().map(|part| match part {
        Part::Field(field) => (std::slice::from_ref(field), None),
        Part::OneOf(oneof) => (&oneof.fields[..], Some(oneof.name.as_str())),
    });
    parts.flat_map(|(fields, oneof)| fields.iter().map(move |field| (field, oneof))).collect()
}

fn messages(place: &str, old: &Message, new: &Message, changes: &mut Changes) {
    let (before, after) = (placed(old), placed(new));
    let mut moved = vec![];
    for (field, oneof) in &before {
        match after.iter().find(|(now, _)| now.name == field.name) {
            Some(now) => {
                if now.0.tag != field.tag {
                    moved.push(format!("`{}` was {}, is now {}", field.name, field.tag, now.0.tag));
                }
                fields(place, (field, *oneof), *now, changes);
            }
            None => gone(place, field, &before, (new, &after), changes),
        }
    }
    if !moved.is_empty() {
        let moved = moved.join("; ");
        let rule = "implicit tags follow declaration order; append new fields or write the tags";
        changes.broken(place, format!("{moved}: {rule}"));
    }
    freed(place, old, new, changes);
}

fn fields(place: &str, (old, oneof): Placed<'_>, (new, now_in): Placed<'_>, changes: &mut Changes) {
    let name = &old.name;
    let (before, after) = (old.shape(), new.shape());
    if before != after {
        changes.broken(
            place,
            format!(
                "`{name}` was `{before}`, is now `{after}`: either would be misread as the other; add a field, or keep the \
                 name of a renamed type with `#[micro::message(name = \"..\")]`"
            ),
        );
    }
    if old.json != new.json {
        let (before, after) = (&old.json, &new.json);
        changes.broken(
            place,
            format!(
                "`{name}` was `{before}` in JSON, is now `{after}`: keep it with `#[message(json = \"{before}\")]`"
            ),
        );
    }
    if oneof != now_in {
        let show =
            |oneof: Option<&str>| oneof.map_or("in no oneof".to_owned(), |name| format!("in the oneof `{name}`"));
        changes.broken(
            place,
            format!("`{name}` was {}, is now {}: peers expect it where it was", show(oneof), show(now_in)),
        );
    }
}

/// A field whose name is there no more: it was renamed, or replaced, or removed, which is fine if nothing can take its place.
fn gone(
    place: &str,
    old: &Field,
    before: &[Placed<'_>],
    (new, after): (&Message, &[Placed<'_>]),
    changes: &mut Changes,
) {
    let Field { name, tag, .. } = old;
    let reserve = format!("`reserved({tag}, \"{name}\")`");
    let successor = after.iter().map(|(field, _)| field).find(|field| field.tag == *tag);
    match successor {
        Some(now) if before.iter().any(|(field, _)| field.name == now.name) => changes.broken(
            place,
            format!("`{name}` ({tag}) is gone and its tag has gone to `{}`: write the tags, and {reserve}", now.name),
        ),
        Some(now) if now.shape() == old.shape() => changes.broken(
            place,
            format!(
                "`{name}` ({tag}) is now called `{}`: that is the same in bytes and another in JSON; keep the name with \
                 `#[message(name = \"{name}\")]`",
                now.name
            ),
        ),
        Some(now) => changes.broken(
            place,
            format!(
                "`{name}` ({tag}, `{}`) is gone and its tag has gone to `{}` (`{}`): give that one a tag of its own, and \
                 write {reserve}",
                old.shape(),
                now.name,
                now.shape()
            ),
        ),
        None => {
            let tag_kept = new.reserved_tags.iter().any(|(first, last)| (first..=last).contains(&tag));
            if !(tag_kept && new.reserved_names.contains(name)) {
                changes.broken(
                    place,
                    format!("`{name}` ({tag}) is gone: write {reserve} on the message, so that nothing takes its place"),
                );
            }
        }
    }
}

/// What was reserved must stay so.
fn freed(place: &str, old: &Message, new: &Message, changes: &mut Changes) {
    let covered = |tag: u32| new.reserved_tags.iter().find(|(first, last)| (*first..=*last).contains(&tag));
    let mut freed = vec![];
    for &(first, last) in &old.reserved_tags {
        // Ranges may have been joined or split; walk from the end of one to the next.
        let mut tag = first;
        while tag <= last {
            let Some(&(_, end)) = covered(tag) else {
                freed.push(tag.to_string());
                break;
            };
            tag = end.saturating_add(1);
        }
    }
    let names = old.reserved_names.iter().filter(|name| !new.reserved_names.contains(name));
    freed.extend(names.map(|name| format!("\"{name}\"")));
    if !freed.is_empty() {
        let freed = freed.join(", ");
        changes
            .broken(place, format!("{freed} is reserved no more: old bytes and text may still have it; put it back"));
    }
}

// ---- Enums ----

fn enums(name: &str, old: &Enum, new: &Enum, is_closed: bool, changes: &mut Changes) {
    let place = format!("enum {name}");
    let mut moved = vec![];
    for value in &old.values {
        match new.values.iter().find(|now| now.name == value.name) {
            Some(now) if now.number != value.number => {
                moved.push(format!("`{}` was {}, is now {}", value.name, value.number, now.number));
            }
            Some(_) => {}
            None => {
                let (name, number) = (&value.name, value.number);
                let what = match new.values.iter().find(|now| now.number == number) {
                    Some(now) => format!(
                        "is now called `{}`: that is the same in bytes and another in JSON; keep the name with \
                         `#[message(name = \"{name}\")]`",
                        now.name
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
    let known: BTreeSet<i32> = old.values.iter().map(|value| value.number).collect();
    for added in new.values.iter().filter(|value| is_closed && !known.contains(&value.number)) {
        changes.warnings.push(format!(
            "enum `{name}` has the new variant `{}` and no `Unknown(i32)`: peers built before refuse messages with it; add \
             `Unknown(i32)` first, and send the variant once every peer has that",
            added.name
        ));
    }
}
