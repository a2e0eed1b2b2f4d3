//! The house rules that a compiler does not know: rings, doors, and what the top level holds.

mod rings;
mod sources;
mod top;
