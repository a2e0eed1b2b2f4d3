//! `.proto` text out of the code, and one number that changes with it.
//!
//! [`print()`] writes a [`FileDescriptorProto`] as every compiler of `.proto` files reads it, its messages, enums and services
//! in the order they have there, so that the same code always gives the same text. It prints what
//! [`descriptor`](super::descriptor) makes of descriptions; files from elsewhere say things that have no place here.
//!
//! ```
//! use micro::message::{Message as _, descriptor, proto};
//!
//! /// A part of an order.
//! #[micro::message(package = "shop")]
//! pub struct Item {
//!     pub name: String,
//!     pub price: Option<u32>,
//! }
//!
//! let files = descriptor::files(&[Item::DESC])?;
//! let text = proto::print(&files[0]);
//! assert!(text.ends_with("// A part of an order.\nmessage Item {\n  string name = 1;\n  optional uint32 price = 2;\n}\n"));
//! # Ok::<(), micro::Error>(())
//! ```
//!
//! Services are part of the language but not of this room: [`rpc::schema`](crate::rpc::schema) adds them to the files.
//!
//! [`FileDescriptorProto`]: prost_types::FileDescriptorProto

mod fingerprint;
mod print;
pub(crate) mod spelling;

pub use fingerprint::fingerprint;
#[cfg(any(test, feature = "testing"))]
pub(crate) use print::HEADER;
pub use print::print;
