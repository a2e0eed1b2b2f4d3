//! One number that changes with the contract.

use super::{File, Part};

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
pub fn fingerprint(files: &[File]) -> u64 {
    let mut lines: Vec<String> = files.iter().flat_map(lines).collect();
    lines.sort_unstable();
    lines.dedup();
    let bytes = lines.iter().flat_map(|line| line.bytes().chain([b'\n']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn lines(file: &File) -> Vec<String> {
    let mut lines = vec![];
    for service in &file.services {
        let name = file.full_name(&service.name);
        let stream = |streaming| if streaming { "stream " } else { "" };
        lines.extend(service.methods.iter().map(|method| {
            let (taken, given) = (stream(method.client_streaming), stream(method.server_streaming));
            format!("method {name}/{} {taken}{} -> {given}{}", method.name, method.request, method.reply)
        }));
    }
    for message in &file.messages {
        let name = file.full_name(&message.name);
        for part in &message.parts {
            let (fields, group) = match part {
                Part::Field(field) => (std::slice::from_ref(field), String::new()),
                Part::OneOf(oneof) => (&oneof.fields[..], format!(" in {}", oneof.name)),
            };
            lines.extend(fields.iter().map(|field| {
                let of = field.shape();
                format!("field {name} {} {} {of}{group}", field.tag, field.name)
            }));
        }
    }
    for desc in &file.enums {
        let name = file.full_name(&desc.name);
        lines.extend(desc.values.iter().map(|value| format!("value {name} {} {}", value.number, value.name)));
    }
    lines
}
