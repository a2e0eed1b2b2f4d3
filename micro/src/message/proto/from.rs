//! Out of descriptions.

use std::collections::BTreeMap;

use super::{Enum, EnumValue, Field, File, Label, Message, OneOf, Part, Type, package, short};
use crate::message::descriptor::{GOOGLE, Reached};
use crate::message::{Entry, EnumDesc, FieldDesc, MessageDesc, Packing, Reserved, Shape, Type as Described};

/// The files with these messages and everything they refer to, by package. The well-known types are not among them: every
/// compiler has those.
pub fn files(roots: &[&'static MessageDesc]) -> Vec<File> {
    let reached = Reached::from(roots);
    let mut files: BTreeMap<&str, File> = BTreeMap::new();
    for desc in reached.messages.values() {
        file(&mut files, desc.name).messages.push(message(desc));
    }
    for desc in reached.enums.values() {
        file(&mut files, desc.name).enums.push(enumeration(desc));
    }
    files.remove(GOOGLE);
    files.into_values().collect()
}

fn file<'a>(files: &'a mut BTreeMap<&'static str, File>, of: &'static str) -> &'a mut File {
    let package = package(of);
    files.entry(package).or_insert_with(|| File { package: package.to_owned(), ..File::default() })
}

fn message(desc: &MessageDesc) -> Message {
    let mut message = Message {
        name: short(desc.name).to_owned(),
        docs: docs(desc.docs),
        parts: desc.entries.iter().map(part).collect(),
        reserved_tags: vec![],
        reserved_names: vec![],
    };
    for reserved in desc.reserved {
        match *reserved {
            Reserved::Tags(first, last) => message.reserved_tags.push((first, last)),
            Reserved::Name(name) => message.reserved_names.push(name.to_owned()),
        }
    }
    message
}

fn part(entry: &Entry) -> Part {
    match entry {
        Entry::Field(desc) => Part::Field(field(desc.tag, desc)),
        Entry::OneOf(oneof) => Part::OneOf(OneOf {
            name: oneof.name.to_owned(),
            docs: docs(oneof.docs),
            fields: oneof.fields().map(|(tag, desc)| field(tag, desc)).collect(),
        }),
    }
}

fn field(tag: u32, desc: &FieldDesc) -> Field {
    let (label, of) = match desc.shape {
        Shape::One(of) => (Label::One, type_of(of)),
        // A message is always optional.
        Shape::Optional(of) if of.is_message() => (Label::One, type_of(of)),
        Shape::Optional(of) => (Label::Optional, type_of(of)),
        Shape::Repeated(of, Packing::Unpacked) if of.is_packable() => (Label::Unpacked, type_of(of)),
        Shape::Repeated(of, _) => (Label::Repeated, type_of(of)),
        Shape::Map(key, value) => (Label::One, Type::Map(scalar(key).unwrap_or("string"), Box::new(type_of(value)))),
    };
    Field { name: desc.name.to_owned(), json: desc.json.to_owned(), tag, label, of, docs: docs(desc.docs) }
}

fn type_of(of: Described) -> Type {
    match of {
        Described::Message(desc) => Type::Named(desc().name.to_owned()),
        Described::Enum(desc) => Type::Named(desc().name.to_owned()),
        of => Type::Scalar(scalar(of).expect("messages and enums were taken above")),
    }
}

fn scalar(of: Described) -> Option<&'static str> {
    Some(match of {
        Described::Double => "double",
        Described::Float => "float",
        Described::Int64 => "int64",
        Described::Uint64 => "uint64",
        Described::Int32 => "int32",
        Described::Fixed64 => "fixed64",
        Described::Fixed32 => "fixed32",
        Described::Bool => "bool",
        Described::Text => "string",
        Described::Bytes => "bytes",
        Described::Uint32 => "uint32",
        Described::Sfixed32 => "sfixed32",
        Described::Sfixed64 => "sfixed64",
        Described::Sint32 => "sint32",
        Described::Sint64 => "sint64",
        Described::Message(_) | Described::Enum(_) => return None,
    })
}

fn enumeration(desc: &EnumDesc) -> Enum {
    let values = desc.values_zero_first().map(|value| EnumValue {
        name: value.name.to_owned(),
        number: value.number,
        docs: docs(value.docs),
    });
    Enum { name: short(desc.name).to_owned(), docs: docs(desc.docs), values: values.collect() }
}

/// A comment as it will be read again: without white space at the ends of its lines, nor empty lines around it.
pub(crate) fn docs(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}
