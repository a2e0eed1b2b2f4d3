//! Protobuf's own descriptors out of ours: [`FileDescriptorProto`]s for reflection, `.proto` text and other tools.
//!
//! ```
//! use micro::message::{Message, descriptor};
//!
//! #[micro::message(package = "shop")]
//! struct Order {
//!     sku: String,
//! }
//!
//! let files = descriptor::files(&[Order::DESC])?;
//! assert_eq!(files[0].package(), "shop");
//! # Ok::<(), micro::Error>(())
//! ```
//!
//! There is one file per package, with all messages and enums of it that can be reached, and their doc comments as
//! comments. The well-known types are in files with their usual names, and are not among those returned.
//!
//! A constant description is turned into a descriptor here and nowhere else. What leaves the program, be it printed
//! ([`proto`](super::proto)), answered by reflection, or compared with a committed contract, is made of these files.
//!
//! # Errors
//!
//! A file cannot hold two types of one name. All functions fail with [`AlreadyExists`](crate::Code::AlreadyExists) when the
//! messages refer to two Rust types that have the same full name and differ.

mod closure;
pub(crate) mod comments;
mod convert;
pub(crate) mod field;
pub(crate) mod names;

use std::collections::BTreeMap;

use prost_types::FileDescriptorProto;

use super::{EnumDesc, Message, MessageDesc};
use crate::errors::Result;
use closure::Closure;
#[cfg(any(test, feature = "testing"))]
pub(crate) use convert::hold_optional;
use convert::{Content, file};
use names::{GOOGLE, file_of};

/// The files with the message `M` and everything it refers to; those a file depends on come before it.
///
/// Packages that refer to one another in a circle cannot all come first; loaders of descriptors refuse them.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name.
pub fn files_of<M: Message>() -> Result<Vec<FileDescriptorProto>> {
    files(&[M::DESC])
}

/// The files with these messages and everything they refer to; those a file depends on come before it.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name.
pub fn files(roots: &[&'static MessageDesc]) -> Result<Vec<FileDescriptorProto>> {
    files_with_known(roots).map(without_known)
}

/// [`files`] with the well-known types among them, for readers that do not bring those.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name.
pub fn files_with_known(roots: &[&'static MessageDesc]) -> Result<Vec<FileDescriptorProto>> {
    let closure = Closure::of(roots)?;
    let mut contents: BTreeMap<String, Content> = BTreeMap::new();
    for message in closure.messages.values() {
        contents.entry(file_of(message.name)).or_default().messages.push(message);
    }
    for enumeration in closure.enums.values() {
        contents.entry(file_of(enumeration.name)).or_default().enums.push(enumeration);
    }
    Ok(dependencies_first(contents.into_iter().map(|(name, content)| file(name, &content)).collect()))
}

/// Leaves out the files of the well-known types, which every compiler has.
pub(crate) fn without_known(mut files: Vec<FileDescriptorProto>) -> Vec<FileDescriptorProto> {
    files.retain(|file| file.package() != GOOGLE);
    files
}

/// Every enum that these messages refer to.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name.
pub fn enums(roots: &[&'static MessageDesc]) -> Result<Vec<&'static EnumDesc>> {
    Ok(Closure::of(roots)?.enums.into_values().collect())
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
