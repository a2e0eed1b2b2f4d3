//! The house rules that a compiler does not know: rings, doors, circles, lengths, and what the top level holds.

mod circles;
mod lengths;
mod rings;
mod settings;
mod sources;
mod top;
mod words;
