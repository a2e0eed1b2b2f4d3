//! The object that puts the rooms together.

pub mod entry;
pub mod inject;
mod settings;

pub use settings::Settings;
