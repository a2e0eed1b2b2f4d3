//! `.proto` text out of the code, and back.
//!
//! A [`File`] holds what one file says: a package with its services, messages and enums, sorted by name, so that the same
//! code always gives the same text. [`files`] makes them of descriptions, `Display` prints them in a way every compiler of
//! `.proto` files takes, and [`File::parse`] reads that text again: what is printed and nothing more, because files from
//! elsewhere say things that have no place here.
//!
//! ```
//! use micro::message::{Message as _, proto};
//!
//! /// A part of an order.
//! #[micro::message(package = "shop")]
//! pub struct Item {
//!     pub name: String,
//!     pub price: Option<u32>,
//! }
//!
//! let files = proto::files(&[Item::DESC]);
//! let text = files[0].to_string();
//! assert!(text.ends_with("// A part of an order.\nmessage Item {\n  string name = 1;\n  optional uint32 price = 2;\n}\n"));
//! assert_eq!(proto::File::parse(&text)?, files[0]);
//! # Ok::<(), proto::ParseError>(())
//! ```
//!
//! There is one file per package. Services are part of the language but not of this room: `rpc::schema` adds them.

mod fingerprint;
mod from;
mod parse;
mod print;

use std::fmt;

pub use fingerprint::fingerprint;
pub(crate) use from::docs;
pub use from::files;
pub use parse::ParseError;

use super::descriptor;

/// What one `.proto` file says. Types are named in full and without a dot in front: `shop.Order`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The package; empty where there is none.
    pub package: String,
    /// The services, by name.
    pub services: Vec<Service>,
    /// The messages, by name.
    pub messages: Vec<Message>,
    /// The enums, by name.
    pub enums: Vec<Enum>,
}

/// A service and its methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The name without its package.
    pub name: String,
    /// The comment, line by line.
    pub docs: String,
    /// The methods, as declared.
    pub methods: Vec<Method>,
}

/// A method of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// The name on the wire.
    pub name: String,
    /// The comment, line by line.
    pub docs: String,
    /// What is asked with.
    pub request: String,
    /// Whether the caller sends a stream of it.
    pub client_streaming: bool,
    /// What is answered with.
    pub reply: String,
    /// Whether the answer is a stream of it.
    pub server_streaming: bool,
    /// Whether it may run twice: `NO_SIDE_EFFECTS` or `IDEMPOTENT`, where anybody said so.
    pub idempotency: Option<String>,
    /// Whether callers should turn to something else.
    pub deprecated: bool,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The name without its package.
    pub name: String,
    /// The comment, line by line.
    pub docs: String,
    /// Fields and oneofs, by ascending tag.
    pub parts: Vec<Part>,
    /// Tags that must not be used again, from the first to the second, both included.
    pub reserved_tags: Vec<(u32, u32)>,
    /// Names that must not be used again.
    pub reserved_names: Vec<String>,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A field.
    Field(Field),
    /// Fields of which at most one is set.
    OneOf(OneOf),
}

/// Fields of which at most one is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOf {
    /// The name of the group.
    pub name: String,
    /// The comment, line by line.
    pub docs: String,
    /// The fields.
    pub fields: Vec<Field>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as declared.
    pub name: String,
    /// The name in JSON.
    pub json: String,
    /// The number that stands for it in bytes.
    pub tag: u32,
    /// How many there may be.
    pub label: Label,
    /// The type of each.
    pub of: Type,
    /// The comment, line by line.
    pub docs: String,
}

/// How many values a field has. A map has the label of its entries, [`Label::One`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// One; absent is the empty value.
    One,
    /// One or none.
    Optional,
    /// Any number.
    Repeated,
    /// Any number, each behind a key of its own although they could be packed.
    Unpacked,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// A scalar: `uint32`.
    Scalar(&'static str),
    /// A message or an enum, by its full name.
    Named(String),
    /// A map from a scalar to a type that is no map.
    Map(&'static str, Box<Type>),
}

/// An enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// The name without its package.
    pub name: String,
    /// The comment, line by line.
    pub docs: String,
    /// The values; the first has the number 0.
    pub values: Vec<EnumValue>,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// The name.
    pub name: String,
    /// The number; it may occur again under another name.
    pub number: i32,
    /// The comment, line by line.
    pub docs: String,
}

/// The scalar types, as they are written.
const SCALARS: [&str; 15] = [
    "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "bytes", "uint32",
    "sfixed32", "sfixed64", "sint32", "sint64",
];

impl File {
    /// The file's own name, as others import it: `shop/v1.proto`.
    pub fn name(&self) -> String {
        descriptor::file_name(&self.package)
    }

    /// The full name of something in it.
    pub fn full_name(&self, short: &str) -> String {
        if self.package.is_empty() { short.to_owned() } else { format!("{}.{short}", self.package) }
    }

    /// The full names of all types it refers to, again and again.
    fn references(&self) -> impl Iterator<Item = &str> {
        let of_methods = self.services.iter().flat_map(|service| &service.methods);
        let of_methods = of_methods.flat_map(|method| [method.request.as_str(), method.reply.as_str()]);
        let fields = self.messages.iter().flat_map(Message::fields);
        of_methods.chain(fields.filter_map(|field| field.of.named()))
    }
}

impl Message {
    /// All fields, those of oneofs included.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.parts.iter().flat_map(|part| match part {
            Part::Field(field) => std::slice::from_ref(field),
            Part::OneOf(oneof) => &oneof.fields,
        })
    }
}

impl Field {
    /// How many of what it holds, types named in full: `repeated shop.Order`.
    pub fn shape(&self) -> String {
        match self.label {
            Label::One => self.of.to_string(),
            Label::Optional => format!("optional {}", self.of),
            Label::Repeated | Label::Unpacked => format!("repeated {}", self.of),
        }
    }
}

impl Type {
    /// The full name of the message or enum in it.
    fn named(&self) -> Option<&str> {
        match self {
            Type::Scalar(_) => None,
            Type::Named(name) => Some(name),
            Type::Map(_, value) => value.named(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Scalar(name) => f.write_str(name),
            Type::Named(name) => f.write_str(name),
            Type::Map(key, value) => write!(f, "map<{key}, {value}>"),
        }
    }
}

/// The name in JSON that compilers of `.proto` files give where none is written.
fn json_name(name: &str) -> String {
    let mut json = String::with_capacity(name.len());
    let mut upper = false;
    for letter in name.chars() {
        if letter == '_' {
            upper = true;
        } else {
            json.push(if upper { letter.to_ascii_uppercase() } else { letter });
            upper = false;
        }
    }
    json
}

fn package(full_name: &str) -> &str {
    full_name.rsplit_once('.').map_or("", |(package, _)| package)
}

fn short(full_name: &str) -> &str {
    full_name.rsplit('.').next().unwrap_or(full_name)
}
