//! Protobuf's own descriptors out of ours: `FileDescriptorProto`s for reflection, `.proto` text and other tools.
//!
//! ```
//! use micro::message::{Message, descriptor};
//!
//! #[micro::message(package = "shop")]
//! struct Order {
//!     sku: String,
//! }
//!
//! let files = descriptor::files(&[Order::DESC]);
//! assert_eq!(files[0].package(), "shop");
//! ```
//!
//! There is one file per package, with all messages and enums of it that can be reached. The well-known types are in files
//! with the names everyone else gives them, and are not among those returned.

mod field;
mod reach;

use std::collections::{BTreeMap, BTreeSet};

use prost_types::OneofDescriptorProto;
use prost_types::descriptor_proto::ReservedRange;
use prost_types::{DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FileDescriptorProto};

use super::{Entry, EnumDesc, Message, MessageDesc, Reserved};
pub(super) use field::entry_name;
use field::field;
pub(super) use reach::Reached;

/// The files with the message `M` and everything it refers to; those a file depends on come before it.
///
/// Packages that refer to one another in a circle cannot all come first; loaders of descriptors refuse them.
pub fn files_of<M: Message>() -> Vec<FileDescriptorProto> {
    files(&[M::DESC])
}

/// The files with these messages and everything they refer to; those a file depends on come before it.
pub fn files(roots: &[&'static MessageDesc]) -> Vec<FileDescriptorProto> {
    let mut files = files_with_known(roots);
    files.retain(|file| file.package() != GOOGLE);
    files
}

/// The same with the well-known types among them, which those who compile the files do not have.
pub fn files_with_known(roots: &[&'static MessageDesc]) -> Vec<FileDescriptorProto> {
    let reached = Reached::from(roots);
    let mut contents: BTreeMap<String, Content> = BTreeMap::new();
    for message in reached.messages.values() {
        contents.entry(file_of(message.name)).or_default().messages.push(message);
    }
    for enumeration in reached.enums.values() {
        contents.entry(file_of(enumeration.name)).or_default().enums.push(enumeration);
    }
    dependencies_first(contents.into_iter().map(|(name, content)| file(name, &content)).collect())
}

/// Every enum that these messages refer to.
pub fn enums(roots: &[&'static MessageDesc]) -> Vec<&'static EnumDesc> {
    Reached::from(roots).enums.into_values().collect()
}

#[derive(Default)]
struct Content {
    messages: Vec<&'static MessageDesc>,
    enums: Vec<&'static EnumDesc>,
}

/// The package of the well-known types.
pub(in crate::message) const GOOGLE: &str = "google.protobuf";

/// The file with a type: one per package, except for the well-known types.
pub(crate) fn file_of(type_name: &str) -> String {
    match type_name {
        "google.protobuf.Duration" => "google/protobuf/duration.proto".to_owned(),
        "google.protobuf.Empty" => "google/protobuf/empty.proto".to_owned(),
        "google.protobuf.Timestamp" => "google/protobuf/timestamp.proto".to_owned(),
        "google.protobuf.Any" => "google/protobuf/any.proto".to_owned(),
        "google.protobuf.FieldMask" => "google/protobuf/field_mask.proto".to_owned(),
        "google.protobuf.Value"
        | "google.protobuf.NullValue"
        | "google.protobuf.Struct"
        | "google.protobuf.ListValue" => "google/protobuf/struct.proto".to_owned(),
        _ if package(type_name) == GOOGLE => "google/protobuf/wrappers.proto".to_owned(),
        _ => file_name(package(type_name)),
    }
}

/// The file of a package.
pub(crate) fn file_name(package: &str) -> String {
    match package {
        "" => "unnamed.proto".to_owned(),
        _ => format!("{}.proto", package.replace('.', "/")),
    }
}

fn package(type_name: &str) -> &str {
    type_name.rsplit_once('.').map_or("", |(package, _)| package)
}

fn short(type_name: &str) -> String {
    type_name.rsplit('.').next().unwrap_or_default().to_owned()
}

fn file(name: String, content: &Content) -> FileDescriptorProto {
    let messages = content.messages.iter().map(|message| message.name);
    let of = messages.chain(content.enums.iter().map(|desc| desc.name)).next().map_or("", package);
    let mut dependencies: BTreeSet<String> = BTreeSet::new();
    for message in &content.messages {
        dependencies.extend(reach::types(message).filter_map(reach::name).map(file_of));
    }
    dependencies.remove(&name);
    FileDescriptorProto {
        name: Some(name),
        package: Some(of.to_owned()).filter(|name| !name.is_empty()),
        dependency: dependencies.into_iter().collect(),
        message_type: content.messages.iter().map(|desc| message(desc)).collect(),
        enum_type: content.enums.iter().map(|desc| enumeration(desc)).collect(),
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    }
}

fn message(desc: &MessageDesc) -> DescriptorProto {
    let mut message = DescriptorProto { name: Some(short(desc.name)), ..DescriptorProto::default() };
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
    // Each `optional` field is in a oneof of its own, and those must come after the real ones.
    for position in optional {
        let index = message.oneof_decl.len() as i32;
        let name = format!("_{}", message.field[position].name());
        message.field[position].oneof_index = Some(index);
        message.oneof_decl.push(oneof_named(&name));
    }
    reserve(desc.reserved, &mut message);
    message
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

fn enumeration(desc: &EnumDesc) -> EnumDescriptorProto {
    let value = |name: &str, number| EnumValueDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        options: None,
    };
    let mut numbers = BTreeSet::new();
    let aliased = desc.values.iter().any(|value| !numbers.insert(value.number));
    EnumDescriptorProto {
        name: Some(short(desc.name)),
        value: desc.values_zero_first().map(|described| value(described.name, described.number)).collect(),
        options: aliased.then(|| prost_types::EnumOptions { allow_alias: Some(true), ..Default::default() }),
        ..EnumDescriptorProto::default()
    }
}

/// Orders files so that none comes before one it depends on, as far as that can be.
pub(crate) fn dependencies_first(mut files: Vec<FileDescriptorProto>) -> Vec<FileDescriptorProto> {
    let mut ordered: Vec<FileDescriptorProto> = Vec::with_capacity(files.len());
    while !files.is_empty() {
        let waits = |file: &FileDescriptorProto| {
            file.dependency.iter().any(|name| files.iter().any(|other| other.name.as_deref() == Some(name)))
        };
        let next = files.iter().position(|file| !waits(file)).unwrap_or(0);
        ordered.push(files.remove(next));
    }
    ordered
}
