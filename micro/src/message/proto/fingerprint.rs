//! One number that changes with the contract.

use prost_types::FileDescriptorProto;

use super::spelling::{oneof_name, reference, shape};
use crate::message::descriptor::names::full_name;

/// A number that is the same for the same contracts, whatever the language, the order or the comments they are written in.
///
/// Every promise becomes one line of text; the lines are sorted, those that occur again are left out, each is ended with a
/// line feed, and the whole goes through 64-bit FNV-1a (offset basis `cbf29ce484222325`, prime `100000001b3`). The lines,
/// with types named in full:
///
/// ```text
/// field shop.Order 1 id uint64
/// field shop.Order 2 notes repeated string
/// field shop.Order 3 seats optional uint32
/// field shop.Order 4 prices map<string, shop.Price>
/// field shop.Order 5 card shop.Card in payment
/// value shop.Color 0 COLOR_RED
/// method shop.Shop/Buy shop.Order -> stream shop.Receipt
/// ```
///
/// Not part of it: comments, names in JSON, reserved tags, how lists are packed, options of methods, and the well-known
/// types beyond their names.
pub fn fingerprint(files: &[FileDescriptorProto]) -> u64 {
    let mut lines: Vec<String> = files.iter().flat_map(lines).collect();
    lines.sort_unstable();
    lines.dedup();
    let bytes = lines.iter().flat_map(|line| line.bytes().chain([b'\n']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn lines(file: &FileDescriptorProto) -> Vec<String> {
    let mut lines = vec![];
    for service in &file.service {
        let name = full_name(file.package(), service.name());
        let stream = |streaming| if streaming { "stream " } else { "" };
        lines.extend(service.method.iter().map(|method| {
            let (taken, given) = (stream(method.client_streaming()), stream(method.server_streaming()));
            let (request, reply) = (reference(method.input_type()), reference(method.output_type()));
            format!("method {name}/{} {taken}{request} -> {given}{reply}", method.name())
        }));
    }
    for message in &file.message_type {
        let name = full_name(file.package(), message.name());
        lines.extend(message.field.iter().map(|field| {
            let group = oneof_name(field, message).map(|oneof| format!(" in {oneof}")).unwrap_or_default();
            format!("field {name} {} {} {}{group}", field.number(), field.name(), shape(field, message))
        }));
    }
    for desc in &file.enum_type {
        let name = full_name(file.package(), desc.name());
        lines.extend(desc.value.iter().map(|value| format!("value {name} {} {}", value.number(), value.name())));
    }
    lines
}
