//! What generated code may use. Nobody else should: it changes without notice.

pub mod message;
