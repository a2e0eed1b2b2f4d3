//! Everything that messages refer to, and whatever that refers to.

use std::collections::BTreeMap;

use super::convert::{enumeration, message};
use crate::errors::{Error, Result};
use crate::message::named::clash;
use crate::message::{EnumDesc, MessageDesc, Type};

/// Messages and enums by full name.
#[derive(Default)]
pub(super) struct Closure {
    pub(super) messages: BTreeMap<&'static str, &'static MessageDesc>,
    pub(super) enums: BTreeMap<&'static str, &'static EnumDesc>,
}

impl Closure {
    /// Collects the messages reachable from `roots`.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name and differ.
    pub(super) fn of(roots: &[&'static MessageDesc]) -> Result<Self> {
        let mut closure = Closure::default();
        let mut waiting = roots.to_vec();
        while let Some(next) = waiting.pop() {
            if !closure.add_message(next)? {
                continue;
            }
            for of in next.types() {
                match of {
                    Type::Message(desc) => waiting.push(desc()),
                    Type::Enum(desc) => closure.add_enum(desc())?,
                    _ => {}
                }
            }
        }
        let both = closure.messages.iter().find_map(|(name, desc)| Some((*desc, *closure.enums.get(name)?)));
        match both {
            Some((message, desc)) => Err(Error::already_exists(clash(desc.name, [message.place, desc.place]))),
            None => Ok(closure),
        }
    }

    /// Returns whether it is new.
    fn add_message(&mut self, next: &'static MessageDesc) -> Result<bool> {
        let Some(known) = self.messages.insert(next.name, next) else { return Ok(true) };
        // The address of a constant says nothing when it differs: each crate that names it may have its own copy.
        if std::ptr::eq(known, next) || message(known) == message(next) {
            return Ok(false);
        }
        Err(Error::already_exists(clash(next.name, [known.place, next.place])))
    }

    fn add_enum(&mut self, next: &'static EnumDesc) -> Result<()> {
        match self.enums.insert(next.name, next) {
            Some(known) if !std::ptr::eq(known, next) && enumeration(known) != enumeration(next) => {
                Err(Error::already_exists(clash(next.name, [known.place, next.place])))
            }
            _ => Ok(()),
        }
    }
}
