//! Fields in protobuf's own words.

use prost_types::field_descriptor_proto::{Label, Type as ProtoType};
use prost_types::{DescriptorProto, FieldDescriptorProto, FieldOptions, MessageOptions};

use crate::message::{FieldDesc, MessageDesc, Packing, Shape, Type};

/// A field of `message`; the entries of a map become a type nested in `into`.
pub(super) fn field(
    desc: &FieldDesc,
    tag: u32,
    message: &MessageDesc,
    into: &mut DescriptorProto,
) -> FieldDescriptorProto {
    let mut field = plain(desc.name, desc.json, tag);
    match desc.shape {
        Shape::One(of) => set_type(&mut field, of),
        Shape::Optional(of) => {
            set_type(&mut field, of);
            // A message is always optional.
            field.proto3_optional = (!of.is_message()).then_some(true);
        }
        Shape::Repeated(of, packing) => {
            set_type(&mut field, of);
            field.set_label(Label::Repeated);
            // In proto3 packed is what goes without saying.
            if of.is_packable() && packing == Packing::Unpacked {
                field.options = Some(FieldOptions { packed: Some(false), ..Default::default() });
            }
        }
        Shape::Map(key, value) => {
            let entry = entry_name(desc.name);
            field.set_label(Label::Repeated);
            field.set_type(ProtoType::Message);
            field.type_name = Some(format!(".{}.{entry}", message.name));
            into.nested_type.push(map_entry(entry, key, value));
        }
    }
    field
}

fn plain(name: &str, json: &str, tag: u32) -> FieldDescriptorProto {
    let mut field = FieldDescriptorProto {
        name: Some(name.to_owned()),
        json_name: Some(json.to_owned()),
        number: Some(tag as i32),
        ..FieldDescriptorProto::default()
    };
    field.set_label(Label::Optional);
    field
}

fn map_entry(name: String, key: Type, value: Type) -> DescriptorProto {
    let (mut key_field, mut value_field) = (plain("key", "key", 1), plain("value", "value", 2));
    set_type(&mut key_field, key);
    set_type(&mut value_field, value);
    DescriptorProto {
        name: Some(name),
        field: vec![key_field, value_field],
        options: Some(MessageOptions { map_entry: Some(true), ..Default::default() }),
        ..DescriptorProto::default()
    }
}

/// The name that compilers of `.proto` files give: `unit_prices` becomes `UnitPricesEntry`.
pub(in crate::message) fn entry_name(field: &str) -> String {
    let mut name = String::new();
    for word in field.split('_') {
        let mut chars = word.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(chars.as_str());
    }
    name + "Entry"
}

fn set_type(field: &mut FieldDescriptorProto, of: Type) {
    if let Some(name) = super::reach::name(of) {
        field.type_name = Some(format!(".{name}"));
    }
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
}
