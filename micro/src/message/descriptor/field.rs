//! Fields in protobuf's own words.

use prost_types::field_descriptor_proto::{Label, Type as ProtoType};
use prost_types::{DescriptorProto, FieldDescriptorProto, FieldOptions, MessageOptions};

use super::names::entry_name;
use crate::message::{FieldDesc, MessageDesc, Packing, Shape, Type};

/// The scalar types by the words of `.proto` files.
const SCALARS: [(&str, ProtoType); 15] = [
    ("double", ProtoType::Double),
    ("float", ProtoType::Float),
    ("int64", ProtoType::Int64),
    ("uint64", ProtoType::Uint64),
    ("int32", ProtoType::Int32),
    ("fixed64", ProtoType::Fixed64),
    ("fixed32", ProtoType::Fixed32),
    ("bool", ProtoType::Bool),
    ("string", ProtoType::String),
    ("bytes", ProtoType::Bytes),
    ("uint32", ProtoType::Uint32),
    ("sfixed32", ProtoType::Sfixed32),
    ("sfixed64", ProtoType::Sfixed64),
    ("sint32", ProtoType::Sint32),
    ("sint64", ProtoType::Sint64),
];

/// The word for a scalar type; `None` for messages and enums.
pub(crate) fn scalar_word(of: ProtoType) -> Option<&'static str> {
    SCALARS.into_iter().find(|(_, scalar)| *scalar == of).map(|(word, _)| word)
}

#[cfg(any(test, feature = "testing"))]
/// The scalar type of this word.
pub(crate) fn scalar(word: &str) -> Option<ProtoType> {
    SCALARS.into_iter().find(|(scalar, _)| *scalar == word).map(|(_, of)| of)
}

/// A field of `message`; the entries of a map become a type nested in `into`.
pub(super) fn field(
    desc: &FieldDesc,
    tag: u32,
    message: &MessageDesc,
    into: &mut DescriptorProto,
) -> FieldDescriptorProto {
    let of = match desc.shape {
        Shape::One(of) => typed(of),
        // A message is always optional.
        Shape::Optional(of) => {
            FieldDescriptorProto { proto3_optional: (!of.is_message()).then_some(true), ..typed(of) }
        }
        Shape::Repeated(of, packing) => {
            // In proto3 packed is what goes without saying.
            repeated(typed(of), of.is_packable() && packing == Packing::Unpacked)
        }
        Shape::Map(key, value) => map(message.name, desc.name, [typed(key), typed(value)], into),
    };
    named(desc.name, desc.json, tag, of)
}

/// A field of which only the type is said.
fn typed(of: Type) -> FieldDescriptorProto {
    let mut field = FieldDescriptorProto { type_name: of.name().map(absolute), ..FieldDescriptorProto::default() };
    field.set_type(match of {
        Type::Double => ProtoType::Double,
        Type::Float => ProtoType::Float,
        Type::Int64 => ProtoType::Int64,
        Type::Uint64 => ProtoType::Uint64,
        Type::Int32 => ProtoType::Int32,
        Type::Fixed64 => ProtoType::Fixed64,
        Type::Fixed32 => ProtoType::Fixed32,
        Type::Bool => ProtoType::Bool,
        Type::Text => ProtoType::String,
        Type::Bytes => ProtoType::Bytes,
        Type::Uint32 => ProtoType::Uint32,
        Type::Sfixed32 => ProtoType::Sfixed32,
        Type::Sfixed64 => ProtoType::Sfixed64,
        Type::Sint32 => ProtoType::Sint32,
        Type::Sint64 => ProtoType::Sint64,
        Type::Message(_) => ProtoType::Message,
        Type::Enum(_) => ProtoType::Enum,
    });
    field
}

/// A full name as descriptors refer to it.
pub(crate) fn absolute(full_name: &str) -> String {
    format!(".{full_name}")
}

/// The field called so; `of` says its type, and its label unless that is what goes without saying.
pub(crate) fn named(name: &str, json: &str, tag: u32, of: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        json_name: Some(json.to_owned()),
        number: Some(tag as i32),
        label: of.label.or(Some(Label::Optional.into())),
        ..of
    }
}

/// Any number of what `of` is, `unpacked` where each has a key of its own although they could share one.
pub(crate) fn repeated(of: FieldDescriptorProto, unpacked: bool) -> FieldDescriptorProto {
    FieldDescriptorProto {
        label: Some(Label::Repeated.into()),
        options: unpacked.then(|| FieldOptions { packed: Some(false), ..FieldOptions::default() }),
        ..of
    }
}

/// A map in the field `field` of `message`: a list of its entries, the type of which becomes a type nested in `into`.
pub(crate) fn map(
    message: &str,
    field: &str,
    [key, value]: [FieldDescriptorProto; 2],
    into: &mut DescriptorProto,
) -> FieldDescriptorProto {
    let entry = entry_name(field);
    let mut of = FieldDescriptorProto {
        type_name: Some(absolute(&format!("{message}.{entry}"))),
        ..FieldDescriptorProto::default()
    };
    of.set_type(ProtoType::Message);
    into.nested_type.push(DescriptorProto {
        name: Some(entry),
        field: vec![named("key", "key", 1, key), named("value", "value", 2, value)],
        options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
        ..DescriptorProto::default()
    });
    repeated(of, false)
}
