//! What most files of a service need: `use micro::prelude::*;`.

pub use crate::{Code, Context, Error, Result, Streaming};
