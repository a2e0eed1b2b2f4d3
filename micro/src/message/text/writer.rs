//! Writing a message to any text format.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Dialect, Sink};
use crate::message::wire::{MAX_DEPTH, too_deep};
use crate::message::{EnumDesc, Error, ErrorKind, FieldDesc, Result};

/// Writes values to a [`Sink`] in a [`Dialect`].
///
/// Writing goes on after a value that the format cannot express; [`finish`](TextWriter::finish) reports it.
pub struct TextWriter<'a> {
    sink: &'a mut dyn Sink,
    dialect: &'a Dialect,
    error: Option<Error>,
    depth: u32,
    // The type to be written as the first member of the next message: `@type` of an `Any`.
    pub(super) type_url: Option<String>,
}

impl<'a> TextWriter<'a> {
    /// Writes to `sink`.
    pub fn new(sink: &'a mut dyn Sink, dialect: &'a Dialect) -> Self {
        TextWriter { sink, dialect, error: None, depth: MAX_DEPTH, type_url: None }
    }

    /// The dialect being written.
    pub fn dialect(&self) -> &'a Dialect {
        self.dialect
    }

    /// Says whether everything could be written.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn finish(&mut self) -> Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    /// Notes a value that cannot be written, and writes null in its place.
    pub fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
        self.sink.null();
    }

    /// Writes nothing.
    pub fn null(&mut self) {
        self.sink.null();
    }

    /// Writes a yes or no.
    pub fn boolean(&mut self, value: bool) {
        self.sink.boolean(value);
    }

    /// Writes an integer of at most 32 bits.
    pub fn int32(&mut self, value: i32) {
        self.sink.signed(value.into());
    }

    /// Writes an unsigned integer of at most 32 bits.
    pub fn uint32(&mut self, value: u32) {
        self.sink.unsigned(value.into());
    }

    /// Writes an integer of 64 bits.
    pub fn int64(&mut self, value: i64) {
        if self.dialect.wide_integers_as_text {
            self.sink.text(itoa::Buffer::new().format(value));
        } else {
            self.sink.signed(value);
        }
    }

    /// Writes an unsigned integer of 64 bits.
    pub fn uint64(&mut self, value: u64) {
        if self.dialect.wide_integers_as_text {
            self.sink.text(itoa::Buffer::new().format(value));
        } else {
            self.sink.unsigned(value);
        }
    }

    /// Writes an integer of 64 bits as a number, whatever the dialect.
    pub(in crate::message) fn number(&mut self, value: i64) {
        self.sink.signed(value);
    }

    /// Writes a number without a sign.
    pub(in crate::message) fn unsigned_number(&mut self, value: u64) {
        self.sink.unsigned(value);
    }

    /// Writes a float.
    pub fn float32(&mut self, value: f32) {
        if value.is_finite() || self.dialect.binary {
            self.sink.float32(value);
        } else {
            self.non_finite(value.into());
        }
    }

    /// Writes a double.
    pub fn float64(&mut self, value: f64) {
        if value.is_finite() || self.dialect.binary {
            self.sink.float64(value);
        } else {
            self.non_finite(value);
        }
    }

    fn non_finite(&mut self, value: f64) {
        if !self.dialect.non_finite_as_text {
            return self.fail(Error::new(ErrorKind::Range, "NaN and the infinities are no JSON numbers"));
        }
        let name = match value {
            f64::INFINITY => "Infinity",
            f64::NEG_INFINITY => "-Infinity",
            _ => "NaN",
        };
        self.sink.text(name);
    }

    /// Writes text.
    pub fn text(&mut self, value: &str) {
        self.sink.text(value);
    }

    /// Writes bytes: base64 where the format has none.
    pub fn bytes(&mut self, value: &[u8]) {
        if self.dialect.binary {
            self.sink.bytes(value);
        } else {
            self.sink.text(&STANDARD.encode(value));
        }
    }

    /// Writes an enum by its name, or by its number where it has none or the dialect wants it.
    pub fn enumeration(&mut self, desc: &EnumDesc, number: i32) {
        match desc.name_of(number) {
            Some(name) if !self.dialect.enums_as_numbers => self.text(name),
            _ => self.int32(number),
        }
    }

    /// Begins a list.
    pub fn begin_list(&mut self) {
        self.sink.begin_list();
    }

    /// Begins an element.
    pub fn element(&mut self) {
        self.sink.element();
    }

    /// Ends a list.
    pub fn end_list(&mut self) {
        self.sink.end_list();
    }

    /// Begins an object.
    pub fn begin_object(&mut self) {
        self.sink.begin_object();
    }

    /// Begins a member.
    pub fn key(&mut self, key: &str) {
        self.sink.key(key);
    }

    /// Ends an object.
    pub fn end_object(&mut self) {
        self.sink.end_object();
    }

    /// Writes a message as an object of its type and its fields; `write` writes the message.
    ///
    /// # Errors
    ///
    /// Those of `write`; then nothing was written.
    pub(in crate::message) fn typed_message(
        &mut self,
        type_url: &str,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.type_url = Some(type_url.to_owned());
        let written = write(self);
        self.type_url = None;
        written
    }

    /// Writes with `write` a level deeper.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`] when that is too deep, and those of `write`.
    pub(in crate::message) fn deeper(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.depth = self.depth.checked_sub(1).ok_or_else(too_deep)?;
        let written = write(self);
        self.depth += 1;
        written
    }

    fn field_name(&self, field: &'static FieldDesc) -> &'static str {
        if self.dialect.declared_names { field.name } else { field.json }
    }

    /// Writes one member; a failure in it gets the field's name.
    pub(super) fn member(&mut self, field: &'static FieldDesc, write: impl FnOnce(&mut Self)) {
        let failed = self.error.is_some();
        self.key(self.field_name(field));
        write(self);
        if !failed {
            self.error = self.error.take().map(|error| error.at(field.json));
        }
    }
}
