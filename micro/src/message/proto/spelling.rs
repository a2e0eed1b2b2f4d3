//! Parts of a descriptor as `.proto` files spell them.

use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::message::descriptor::field::scalar_word;
use crate::message::descriptor::names::entry_name;

/// Returns the label and type of a field of `message`, types named in full: `repeated shop.Order`.
pub(crate) fn shape(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    format!("{}{}", label(field, message), type_of(field, message, &|name| name.to_owned()))
}

/// Returns the label of a field, followed by a space; empty for singular fields and maps.
pub(crate) fn label(field: &FieldDescriptorProto, message: &DescriptorProto) -> &'static str {
    match field.label() {
        Label::Repeated if entry(field, message).is_none() => "repeated ",
        _ if field.proto3_optional() => "optional ",
        _ => "",
    }
}

/// The type of each; `name` writes the full name of a message or enum.
pub(crate) fn type_of(
    field: &FieldDescriptorProto,
    message: &DescriptorProto,
    name: &dyn Fn(&str) -> String,
) -> String {
    if let Some(DescriptorProto { field: pair, .. }) = entry(field, message)
        && let [key, value] = &pair[..]
    {
        return format!("map<{}, {}>", type_of(key, message, name), type_of(value, message, name));
    }
    match scalar_word(field.r#type()) {
        Some(word) if field.type_name.is_none() => word.to_owned(),
        _ => name(reference(field.type_name())),
    }
}

/// The entries of the map in the field, which are a type nested in `message`.
fn entry<'a>(field: &FieldDescriptorProto, message: &'a DescriptorProto) -> Option<&'a DescriptorProto> {
    // Another message may have the name of the entries, and another field that of another message's entries.
    let of = field.type_name.as_deref()?.strip_suffix(&entry_name(field.name()))?.strip_suffix('.')?;
    let within = of.rsplit('.').next() == Some(message.name());
    let is_entry = |nested: &DescriptorProto| nested.options.as_ref().is_some_and(|options| options.map_entry());
    let mut nested = message.nested_type.iter().filter(|nested| within && is_entry(nested));
    nested.find(|nested| nested.name() == entry_name(field.name()))
}

/// The position of the oneof that the field of a message is in. Those that hold one `optional` field do not count.
pub(crate) fn oneof(field: &FieldDescriptorProto) -> Option<i32> {
    field.oneof_index.filter(|_| !field.proto3_optional())
}

/// The name of that oneof.
pub(crate) fn oneof_name<'a>(field: &FieldDescriptorProto, message: &'a DescriptorProto) -> Option<&'a str> {
    let oneof = message.oneof_decl.get(usize::try_from(oneof(field)?).ok()?)?;
    Some(oneof.name())
}

/// A reference to a type without the dot that says that it is a full name.
pub(crate) fn reference(type_name: &str) -> &str {
    type_name.strip_prefix('.').unwrap_or(type_name)
}

/// The full names of all types that a file refers to, again and again.
pub(crate) fn references(file: &FileDescriptorProto) -> impl Iterator<Item = &str> {
    let methods = file.service.iter().flat_map(|service| &service.method);
    let of_methods = methods.flat_map(|method| [method.input_type(), method.output_type()]);
    let of_fields = file.message_type.iter().flat_map(|message| {
        let fields = message.field.iter().filter(|field| entry(field, message).is_none());
        let of_maps = message.nested_type.iter().flat_map(|nested| &nested.field);
        fields.chain(of_maps).filter_map(|field| field.type_name.as_deref())
    });
    of_methods.chain(of_fields).map(reference)
}
