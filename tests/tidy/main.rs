//! The house rules that a compiler does not know: rings, doors, and what the top level holds.

mod rings;
mod settings;
mod sources;
mod top;
