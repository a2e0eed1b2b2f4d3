//! Which messages and enums a message refers to.

use std::collections::BTreeMap;

use crate::message::{EnumDesc, MessageDesc, Shape, Type};

/// Messages and enums by full name.
#[derive(Default)]
pub(in crate::message) struct Reached {
    pub(in crate::message) messages: BTreeMap<&'static str, &'static MessageDesc>,
    pub(in crate::message) enums: BTreeMap<&'static str, &'static EnumDesc>,
}

impl Reached {
    pub(in crate::message) fn from(roots: &[&'static MessageDesc]) -> Self {
        let mut reached = Reached::default();
        let mut waiting = roots.to_vec();
        while let Some(message) = waiting.pop() {
            if reached.messages.insert(message.name, message).is_some() {
                continue;
            }
            for of in types(message) {
                match of {
                    Type::Message(desc) => waiting.push(desc()),
                    Type::Enum(desc) => {
                        reached.enums.insert(desc().name, desc());
                    }
                    _ => {}
                }
            }
        }
        reached
    }
}

/// The types of all fields.
pub(super) fn types(message: &'static MessageDesc) -> impl Iterator<Item = Type> {
    message.fields().flat_map(|(_, field)| {
        let (first, second) = match field.shape {
            Shape::One(of) | Shape::Optional(of) | Shape::Repeated(of, _) => (of, None),
            Shape::Map(key, value) => (key, Some(value)),
        };
        std::iter::once(first).chain(second)
    })
}

/// The full name of a message or enum.
pub(super) fn name(of: Type) -> Option<&'static str> {
    match of {
        Type::Message(desc) => Some(desc().name),
        Type::Enum(desc) => Some(desc().name),
        _ => None,
    }
}
