//! Syntax that several attributes parse: functions and blocks with unparsed bodies, and names derived from them.
//!
//! Bodies stay opaque groups of tokens. A body that the author is typing, such as `req.`, is accepted by no parser and must
//! still have completions, so only attributes, visibilities and signatures are parsed.

mod crate_path;
mod docs;
mod function;
mod implementation;
mod kind;
mod members;
mod plain;
mod spans;
mod types;
mod values;
mod words;

pub(crate) use crate_path::CratePath;
pub(crate) use docs::docs;
pub(crate) use function::{Function, is_helper, without_helpers};
pub(crate) use implementation::Implementation;
pub(crate) use kind::{Kind, heading};
pub(crate) use members::{Member, members};
pub(crate) use plain::plain_async;
pub(crate) use spans::{at, in_braces_of, shown_at};
pub(crate) use types::{Unfit, by_mutable_reference, by_reference, is_context, owned, printed, unfit};
pub(crate) use values::duration;
pub(crate) use words::{kebab_case, upper_camel_case};
