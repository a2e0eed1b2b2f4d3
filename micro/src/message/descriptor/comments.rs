//! Comments of a file: protobuf keeps them apart from what they are about, by the path that leads to it.

use std::collections::BTreeMap;

use prost_types::source_code_info::Location;
use prost_types::{FileDescriptorProto, SourceCodeInfo};

/// Numbers of the fields that paths consist of: `[MESSAGE, 2, FIELD, 0]` is the first field of the third message.
pub(crate) const MESSAGE: i32 = 4;
pub(crate) const ENUM: i32 = 5;
pub(crate) const SERVICE: i32 = 6;
/// A field of a message, a value of an enum, or a method of a service.
pub(crate) const MEMBER: i32 = 2;
pub(crate) const ONEOF: i32 = 8;

/// Puts a comment above what `path` leads to; `text` as it stands behind the slashes, empty for none.
pub(crate) fn comment(file: &mut FileDescriptorProto, path: &[i32], text: String) {
    if text.is_empty() {
        return;
    }
    let info = file.source_code_info.get_or_insert_with(SourceCodeInfo::default);
    info.location.push(Location {
        path: path.to_vec(),
        // There is no text to point into, and readers refuse a location without a span.
        span: vec![0, 0, 0],
        leading_comments: Some(text),
        ..Location::default()
    });
}

/// A doc comment as a comment of protobuf: a space before each line, no white space at the ends of lines, no empty lines
/// around it.
pub(crate) fn from_docs(docs: &str) -> String {
    let lines: Vec<_> = docs.lines().map(str::trim_end).collect();
    let docs = lines.join("\n");
    let lines = docs.trim_matches('\n').lines();
    lines.map(|line| if line.is_empty() { "\n".to_owned() } else { format!(" {line}\n") }).collect()
}

/// The comments of a file by path.
pub(crate) fn comments(file: &FileDescriptorProto) -> BTreeMap<&[i32], &str> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    locations.map(|location| (&*location.path, location.leading_comments())).collect()
}
