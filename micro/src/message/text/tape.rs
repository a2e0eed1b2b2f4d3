//! Text kept in memory: the format between a message and formats we do not write ourselves.

use super::{Dialect, Number, Peek, Pull, ReadOptions, Sink, TextReader, TextWriter};
use crate::message::{Decode, Encode, Error, Result};

/// A value written down piece by piece: what a [`Sink`] was given and a [`Pull`] gives back.
///
/// It implements serde's `Serialize` and `Deserialize`, so any format with a serde crate can carry messages: msgpack,
/// CBOR, YAML. The format must say itself what its values are; those that must be told, such as bincode, cannot.
///
/// ```
/// use std::time::Duration;
/// use micro::message::{Dialect, ReadOptions, DecodeTarget, text::Tape};
///
/// let tape = Tape::of(&Duration::from_millis(1_500), &Dialect::PROTO3)?;
/// assert_eq!(serde_json::to_string(&tape).unwrap(), r#""1.500s""#);
///
/// let tape: Tape = serde_json::from_str(r#""2s""#).unwrap();
/// let mut target = DecodeTarget::<Duration>::empty();
/// tape.read(&mut target, ReadOptions::LENIENT)?;
/// assert_eq!(target.take()?, Duration::from_secs(2));
/// # Ok::<(), micro::message::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tape {
    pieces: Vec<Piece>,
    text: String,
    bytes: Vec<u8>,
}

/// One piece. Text and bytes stand one behind the other in buffers of their own; here is how long they are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Null,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Float32(f32),
    Float64(f64),
    /// The digits of an integer over 64 bits.
    Wide(usize),
    Text(usize),
    Bytes(usize),
    /// So many elements follow.
    List(usize),
    /// So many members follow, each a key and a value.
    Object(usize),
    Key(usize),
}

/// One piece with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(in crate::message) enum Item<'t> {
    Null,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Float32(f32),
    Float64(f64),
    Wide(&'t str),
    Text(&'t str),
    Bytes(&'t [u8]),
    List(usize),
    Object(usize),
    Key(&'t str),
}

impl Tape {
    /// Writes a message down.
    ///
    /// # Errors
    ///
    /// When a value has no place in the dialect, with the path to the field.
    pub fn of(message: &dyn Encode, dialect: &Dialect) -> Result<Self> {
        Tape::record(dialect, |writer| message.encode_text(writer))
    }

    /// Reads a message from what was written down.
    ///
    /// # Errors
    ///
    /// When it is not the message expected, with the path to the field.
    pub fn read(&self, target: &mut dyn Decode, options: ReadOptions) -> Result<()> {
        self.play(options, |reader| target.decode_text(reader))
    }

    /// Writes down what `write` writes.
    pub(in crate::message) fn record(
        dialect: &Dialect,
        write: impl FnOnce(&mut TextWriter<'_>) -> Result<()>,
    ) -> Result<Self> {
        let mut tape = Tape::default();
        write(&mut TextWriter::new(&mut TapeSink::new(&mut tape), dialect))?;
        Ok(tape)
    }

    /// Reads with `read` what was written down.
    pub(in crate::message) fn play<T>(
        &self,
        options: ReadOptions,
        read: impl FnOnce(&mut TextReader<'_>) -> Result<T>,
    ) -> Result<T> {
        read(&mut TextReader::new(&mut TapePull::new(self), self.size(), options))
    }

    /// Returns the size in pieces and bytes: no more than the bytes of any format the tape may have come from.
    pub(in crate::message) fn size(&self) -> usize {
        self.pieces.len() + self.text.len() + self.bytes.len()
    }

    /// Returns the size in memory.
    pub(super) fn memory(&self) -> usize {
        self.pieces.len() * size_of::<Piece>() + self.text.len() + self.bytes.len()
    }

    /// Returns `true` for an object without members.
    pub(in crate::message) fn is_empty_object(&self) -> bool {
        self.pieces == [Piece::Object(0)]
    }

    pub(in crate::message) fn start(&self) -> TapeCursor<'_> {
        TapeCursor { tape: self, piece: 0, text: 0, byte: 0 }
    }
}

/// A place on a tape.
#[derive(Clone, Copy, Debug)]
pub(in crate::message) struct TapeCursor<'t> {
    tape: &'t Tape,
    piece: usize,
    text: usize,
    byte: usize,
}

impl<'t> TapeCursor<'t> {
    /// The next piece; `None` at the end.
    pub(in crate::message) fn next(&mut self) -> Option<Item<'t>> {
        let piece = *self.tape.pieces.get(self.piece)?;
        self.piece += 1;
        Some(match piece {
            Piece::Null => Item::Null,
            Piece::Boolean(value) => Item::Boolean(value),
            Piece::Unsigned(value) => Item::Unsigned(value),
            Piece::Signed(value) => Item::Signed(value),
            Piece::Float32(value) => Item::Float32(value),
            Piece::Float64(value) => Item::Float64(value),
            Piece::Wide(length) => Item::Wide(self.text(length)),
            Piece::Text(length) => Item::Text(self.text(length)),
            Piece::Bytes(length) => Item::Bytes(self.bytes(length)),
            Piece::List(length) => Item::List(length),
            Piece::Object(length) => Item::Object(length),
            Piece::Key(length) => Item::Key(self.text(length)),
        })
    }

    /// The place behind the value that begins here.
    pub(in crate::message) fn behind_value(mut self) -> Self {
        let mut values = 1_usize;
        while values > 0 {
            match self.next() {
                Some(Item::List(length)) => values += length,
                // Each member is a key and a value.
                Some(Item::Object(length)) => values += 2 * length,
                Some(_) => {}
                None => break,
            }
            values -= 1;
        }
        self
    }

    fn text(&mut self, length: usize) -> &'t str {
        let start = self.text;
        self.text += length;
        &self.tape.text[start..self.text]
    }

    fn bytes(&mut self, length: usize) -> &'t [u8] {
        let start = self.byte;
        self.byte += length;
        &self.tape.bytes[start..self.byte]
    }
}

/// Writes to a [`Tape`].
#[derive(Debug)]
pub(in crate::message) struct TapeSink<'t> {
    tape: &'t mut Tape,
    // Where the lists and objects we are in began, to count what is in them.
    open: Vec<usize>,
}

impl<'t> TapeSink<'t> {
    pub(in crate::message) fn new(tape: &'t mut Tape) -> Self {
        TapeSink { tape, open: Vec::new() }
    }

    /// A whole number that may be over 64 bits.
    pub(in crate::message) fn wide(&mut self, value: i128) {
        self.push_text(&value.to_string(), Piece::Wide);
    }

    /// Copies one value, whatever it is.
    pub(super) fn copy(&mut self, reader: &mut TextReader<'_>) -> Result<()> {
        match reader.peek()? {
            Peek::Null => {
                reader.null()?;
                self.null();
            }
            Peek::Boolean => self.boolean(reader.boolean()?),
            Peek::Number => match reader.number()? {
                Number::Unsigned(value) => self.unsigned(value),
                Number::Signed(value) => self.signed(value),
                Number::Wide(value) => self.wide(value),
                Number::Float(value) => self.float64(value),
            },
            Peek::Text => self.text(reader.text()?),
            Peek::Bytes => self.bytes(&reader.bytes()?),
            Peek::List => {
                self.begin_list();
                reader.list(|reader, _| {
                    self.element();
                    self.copy(reader)
                })?;
                self.end_list();
            }
            Peek::Object => {
                self.begin_object();
                reader.object(|reader, key| {
                    self.key(key);
                    self.copy(reader)
                })?;
                self.end_object();
            }
        }
        Ok(())
    }

    fn push(&mut self, piece: Piece) {
        self.tape.pieces.push(piece);
    }

    fn push_text(&mut self, text: &str, piece: fn(usize) -> Piece) {
        self.tape.text.push_str(text);
        self.push(piece(text.len()));
    }

    fn begin(&mut self, piece: Piece) {
        self.open.push(self.tape.pieces.len());
        self.push(piece);
    }

    fn count(&mut self) {
        let open = self.open.last().and_then(|&begin| self.tape.pieces.get_mut(begin));
        if let Some(Piece::List(length) | Piece::Object(length)) = open {
            *length += 1;
        }
    }
}

impl Sink for TapeSink<'_> {
    fn null(&mut self) {
        self.push(Piece::Null);
    }

    fn boolean(&mut self, value: bool) {
        self.push(Piece::Boolean(value));
    }

    fn unsigned(&mut self, value: u64) {
        self.push(Piece::Unsigned(value));
    }

    fn signed(&mut self, value: i64) {
        self.push(Piece::Signed(value));
    }

    fn float32(&mut self, value: f32) {
        self.push(Piece::Float32(value));
    }

    fn float64(&mut self, value: f64) {
        self.push(Piece::Float64(value));
    }

    fn text(&mut self, value: &str) {
        self.push_text(value, Piece::Text);
    }

    fn bytes(&mut self, value: &[u8]) {
        self.tape.bytes.extend_from_slice(value);
        self.push(Piece::Bytes(value.len()));
    }

    fn begin_list(&mut self) {
        self.begin(Piece::List(0));
    }

    fn element(&mut self) {
        self.count();
    }

    fn end_list(&mut self) {
        self.open.pop();
    }

    fn begin_object(&mut self) {
        self.begin(Piece::Object(0));
    }

    fn key(&mut self, key: &str) {
        self.count();
        self.push_text(key, Piece::Key);
    }

    fn end_object(&mut self) {
        self.open.pop();
    }
}

/// Reads a [`Tape`].
#[derive(Debug)]
pub(in crate::message) struct TapePull<'t> {
    at: TapeCursor<'t>,
    // How much is left of the lists and objects we are in.
    left: Vec<usize>,
    key: &'t str,
}

impl<'t> TapePull<'t> {
    pub(in crate::message) fn new(tape: &'t Tape) -> Self {
        TapePull { at: tape.start(), left: Vec::new(), key: "" }
    }

    fn advance(&mut self) -> bool {
        match self.left.last_mut() {
            Some(0) | None => {
                self.left.pop();
                false
            }
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

#[cold]
fn unexpected() -> Error {
    Error::malformed("not what was peeked at")
}

impl Pull for TapePull<'_> {
    fn peek(&mut self) -> Result<Peek> {
        let mut ahead = self.at;
        Ok(match ahead.next().ok_or_else(|| Error::malformed("the input ends"))? {
            Item::Null => Peek::Null,
            Item::Boolean(_) => Peek::Boolean,
            Item::Unsigned(_) | Item::Signed(_) | Item::Float32(_) | Item::Float64(_) | Item::Wide(_) => Peek::Number,
            Item::Text(_) => Peek::Text,
            Item::Bytes(_) => Peek::Bytes,
            Item::List(_) => Peek::List,
            Item::Object(_) => Peek::Object,
            Item::Key(_) => return Err(unexpected()),
        })
    }

    fn null(&mut self) -> Result<()> {
        match self.at.next() {
            Some(Item::Null) => Ok(()),
            _ => Err(unexpected()),
        }
    }

    fn boolean(&mut self) -> Result<bool> {
        match self.at.next() {
            Some(Item::Boolean(value)) => Ok(value),
            _ => Err(unexpected()),
        }
    }

    fn number(&mut self) -> Result<Number> {
        match self.at.next() {
            Some(Item::Unsigned(value)) => Ok(Number::Unsigned(value)),
            Some(Item::Signed(value)) => Ok(u64::try_from(value).map_or(Number::Signed(value), Number::Unsigned)),
            Some(Item::Float32(value)) => Ok(Number::Float(value.into())),
            Some(Item::Float64(value)) => Ok(Number::Float(value)),
            Some(Item::Wide(digits)) => Number::parse(digits).ok_or_else(unexpected),
            _ => Err(unexpected()),
        }
    }

    fn text(&mut self) -> Result<&str> {
        match self.at.next() {
            Some(Item::Text(text)) => Ok(text),
            _ => Err(unexpected()),
        }
    }

    fn bytes(&mut self) -> Result<Vec<u8>> {
        match self.at.next() {
            Some(Item::Bytes(bytes)) => Ok(bytes.to_vec()),
            _ => Err(unexpected()),
        }
    }

    fn begin_list(&mut self) -> Result<()> {
        let Some(Item::List(length)) = self.at.next() else { return Err(unexpected()) };
        self.left.push(length);
        Ok(())
    }

    fn element(&mut self) -> Result<bool> {
        Ok(self.advance())
    }

    fn begin_object(&mut self) -> Result<()> {
        let Some(Item::Object(length)) = self.at.next() else { return Err(unexpected()) };
        self.left.push(length);
        Ok(())
    }

    fn key(&mut self) -> Result<bool> {
        if !self.advance() {
            return Ok(false);
        }
        let Some(Item::Key(key)) = self.at.next() else { return Err(unexpected()) };
        self.key = key;
        Ok(true)
    }

    fn last_key(&self) -> &str {
        self.key
    }
}
