//! From a constant description to protobuf's own: the one place where this is done.

use std::collections::BTreeSet;

use prost_types::descriptor_proto::ReservedRange;
use prost_types::{DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto};
use prost_types::{FileDescriptorProto, OneofDescriptorProto};

use super::comments::{ENUM, MEMBER, MESSAGE, ONEOF, comment, from_docs};
use super::field::field;
use super::names::{file_of, package, short};
use crate::message::{Entry, EnumDesc, MessageDesc, Reserved, Type};

/// Everything of one file.
#[derive(Default)]
pub(super) struct Content {
    pub(super) messages: Vec<&'static MessageDesc>,
    pub(super) enums: Vec<&'static EnumDesc>,
}

/// The file of this name.
pub(super) fn file(name: String, content: &Content) -> FileDescriptorProto {
    let messages = content.messages.iter().map(|desc| desc.name);
    let package = messages.chain(content.enums.iter().map(|desc| desc.name)).next().map_or("", package);
    let types = content.messages.iter().flat_map(|desc| desc.types());
    let mut dependencies: BTreeSet<String> = types.filter_map(Type::name).map(file_of).collect();
    dependencies.remove(&name);
    let mut file = FileDescriptorProto {
        name: Some(name),
        package: Some(package.to_owned()).filter(|name| !name.is_empty()),
        dependency: dependencies.into_iter().collect(),
        message_type: content.messages.iter().map(|desc| message(desc)).collect(),
        enum_type: content.enums.iter().map(|desc| enumeration(desc)).collect(),
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    };
    for (at, desc) in (0..).zip(&content.messages) {
        comment_message(&mut file, at, desc);
    }
    for (at, desc) in (0..).zip(&content.enums) {
        comment_enumeration(&mut file, at, desc);
    }
    file
}

/// A message without its comments.
pub(super) fn message(desc: &MessageDesc) -> DescriptorProto {
    let mut message = DescriptorProto { name: Some(short(desc.name).to_owned()), ..DescriptorProto::default() };
    let mut optional = Vec::new();
    for entry in desc.entries {
        match entry {
            Entry::Field(described) => {
                let field = field(described, described.tag, desc, &mut message);
                if field.proto3_optional() {
                    optional.push(message.field.len());
                }
                message.field.push(field);
            }
            Entry::OneOf(oneof) => {
                let index = message.oneof_decl.len() as i32;
                message.oneof_decl.push(oneof_named(oneof.name));
                for (tag, described) in oneof.fields() {
                    let mut field = field(described, tag, desc, &mut message);
                    field.oneof_index = Some(index);
                    message.field.push(field);
                }
            }
        }
    }
    hold_optional(&mut message, optional);
    reserve(desc.reserved, &mut message);
    message
}

/// Puts each `optional` field, by its position, into a oneof of its own. Those must come after the real ones.
pub(crate) fn hold_optional(message: &mut DescriptorProto, positions: impl IntoIterator<Item = usize>) {
    for position in positions {
        let index = message.oneof_decl.len() as i32;
        let name = format!("_{}", message.field[position].name());
        message.field[position].oneof_index = Some(index);
        message.oneof_decl.push(oneof_named(&name));
    }
}

fn oneof_named(name: &str) -> OneofDescriptorProto {
    OneofDescriptorProto { name: Some(name.to_owned()), options: None }
}

fn reserve(reserved: &[Reserved], message: &mut DescriptorProto) {
    for reserved in reserved {
        match *reserved {
            // Their ranges end one after the last.
            Reserved::Tags(first, last) => {
                message.reserved_range.push(ReservedRange { start: Some(first as i32), end: Some(last as i32 + 1) })
            }
            Reserved::Name(name) => message.reserved_name.push(name.to_owned()),
        }
    }
}

/// An enum without its comments.
pub(super) fn enumeration(desc: &EnumDesc) -> EnumDescriptorProto {
    let value = |name: &str, number| EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        options: None,
    };
    let mut numbers = BTreeSet::new();
    let aliased = desc.values.iter().any(|value| !numbers.insert(value.number));
    EnumDescriptorProto {
        name: Some(short(desc.name).to_owned()),
        value: desc.values_zero_first().map(|described| value(described.name, described.number)).collect(),
        options: aliased.then(|| prost_types::EnumOptions { allow_alias: Some(true), ..Default::default() }),
        ..EnumDescriptorProto::default()
    }
}

// ---- Comments ----

fn comment_message(file: &mut FileDescriptorProto, at: i32, desc: &MessageDesc) {
    comment(file, &[MESSAGE, at], from_docs(desc.docs));
    let (mut fields, mut oneofs) = (0.., 0..);
    for entry in desc.entries {
        if let Entry::OneOf(oneof) = entry {
            let at_oneof = oneofs.next().unwrap_or_default();
            comment(file, &[MESSAGE, at, ONEOF, at_oneof], from_docs(oneof.docs));
        }
        for ((_, field), at_field) in entry.fields().zip(&mut fields) {
            comment(file, &[MESSAGE, at, MEMBER, at_field], from_docs(field.docs));
        }
    }
}

fn comment_enumeration(file: &mut FileDescriptorProto, at: i32, desc: &EnumDesc) {
    comment(file, &[ENUM, at], from_docs(desc.docs));
    for (at_value, value) in (0..).zip(desc.values_zero_first()) {
        comment(file, &[ENUM, at, MEMBER, at_value], from_docs(value.docs));
    }
}
