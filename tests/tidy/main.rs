//! Rules that the compiler does not check: layers, restricted modules, cycles, lengths, vocabulary, and the top-level files.

mod circles;
mod lengths;
mod rings;
mod settings;
mod sources;
mod top;
mod words;
