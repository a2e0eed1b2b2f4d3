//! Reading a message from any text format.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Number, Peek, Pull, ReadOptions, UnknownNames};
use crate::message::wire::{MAX_DEPTH, element_budget, too_deep};
use crate::message::{EnumDesc, Error, ErrorKind, Result};

/// Reads values from a [`Pull`], in every dialect: numbers or text, names or numbers, either name of a field, both
/// alphabets of base64.
pub struct TextReader<'a> {
    pub(super) source: &'a mut dyn Pull,
    pub(super) options: ReadOptions,
    pub(super) depth: u32,
    pub(super) budget: usize,
}

impl<'a> TextReader<'a> {
    /// Reads from `source`, an input of `size` bytes: the size decides how much memory its lists may take.
    pub fn new(source: &'a mut dyn Pull, size: usize, options: ReadOptions) -> Self {
        TextReader { source, options, depth: MAX_DEPTH, budget: element_budget(size) }
    }

    /// Returns the options of the reader.
    pub(in crate::message) fn options(&self) -> ReadOptions {
        self.options
    }

    /// Returns the kind of the next value, without consuming it.
    ///
    /// # Errors
    ///
    /// When the input is malformed.
    pub fn peek(&mut self) -> Result<Peek> {
        self.source.peek()
    }

    pub(super) fn expect(&mut self, what: Peek) -> Result<()> {
        let found = self.peek()?;
        if found == what {
            return Ok(());
        }
        Err(Error::malformed(format!("expected {}, found {}", what.noun(), found.noun())))
    }

    /// Reads null.
    ///
    /// # Errors
    ///
    /// When something else is there.
    pub fn null(&mut self) -> Result<()> {
        self.expect(Peek::Null)?;
        self.source.null()
    }

    /// Reads a yes or no.
    ///
    /// # Errors
    ///
    /// When something else is there.
    pub fn boolean(&mut self) -> Result<bool> {
        self.expect(Peek::Boolean)?;
        self.source.boolean()
    }

    /// Reads text.
    ///
    /// # Errors
    ///
    /// When something else is there.
    pub fn text(&mut self) -> Result<&str> {
        self.expect(Peek::Text)?;
        self.source.text()
    }

    /// Reads bytes, or base64 in either alphabet, with or without padding.
    ///
    /// # Errors
    ///
    /// When something else is there.
    pub fn bytes(&mut self) -> Result<Vec<u8>> {
        if self.peek()? == Peek::Bytes {
            return self.source.bytes();
        }
        let text = self.text()?;
        let engine = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
        engine.decode(text).map_err(|error| Error::malformed(format!("not base64: {error}")))
    }

    /// Reads a number, or text that is one.
    ///
    /// # Errors
    ///
    /// When something else is there.
    pub(in crate::message) fn number(&mut self) -> Result<Number> {
        match self.peek()? {
            Peek::Number => self.source.number(),
            Peek::Text => {
                let text = self.source.text()?;
                Number::parse(text).ok_or_else(|| Error::malformed(format!("`{text}` is no number")))
            }
            other => Err(Error::malformed(format!("expected a number, found {}", other.noun()))),
        }
    }

    /// Reads a whole number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Range`] when it does not fit `T`.
    pub fn integer<T: TryFrom<i128>>(&mut self) -> Result<T> {
        let number = self.number()?;
        let name = std::any::type_name::<T>();
        let Some(whole) = number.whole() else {
            return Err(Error::does_not_fit(number.float(), name));
        };
        T::try_from(whole).map_err(|_| Error::does_not_fit(whole, name))
    }

    /// Reads a double, or one of `NaN`, `Infinity`, `-Infinity` as text.
    ///
    /// # Errors
    ///
    /// When something else is there.
    pub fn float64(&mut self) -> Result<f64> {
        if self.peek()? != Peek::Text {
            return self.number().map(Number::float);
        }
        let text = self.source.text()?;
        match text {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            _ => {
                Number::parse(text).map(Number::float).ok_or_else(|| Error::malformed(format!("`{text}` is no number")))
            }
        }
    }

    /// Reads a float.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Range`] when it is too large for one.
    pub fn float32(&mut self) -> Result<f32> {
        let double = self.float64()?;
        let float = double as f32;
        if float.is_infinite() && double.is_finite() {
            return Err(Error::does_not_fit(double, "f32"));
        }
        Ok(float)
    }

    /// Reads an enum by name or number; gives its number.
    ///
    /// # Errors
    ///
    /// When it is neither, or the name is not known.
    pub fn enumeration(&mut self, desc: &EnumDesc) -> Result<i32> {
        if self.peek()? == Peek::Number {
            return self.integer();
        }
        let lenient = self.options.unknown == UnknownNames::Skip;
        let name = self.text()?;
        desc.number_of(name).ok_or_else(|| unknown_value(desc, name, lenient))
    }

    /// Turns "a name that an open enum does not have" into `None` where the reader is lenient.
    ///
    /// # Errors
    ///
    /// All others.
    pub(in crate::message) fn unless_unknown<T>(&self, read: Result<T>) -> Result<Option<T>> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_skippable() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a list; `each` reads the element at an index.
    ///
    /// # Errors
    ///
    /// When something else is there, and those of `each`.
    pub fn list(&mut self, mut each: impl FnMut(&mut Self, usize) -> Result<()>) -> Result<()> {
        self.expect(Peek::List)?;
        self.deeper(|reader| {
            reader.source.begin_list()?;
            let mut index = 0;
            while reader.source.element()? {
                each(reader, index)?;
                index += 1;
            }
            Ok(())
        })
    }

    /// Reads an object; `each` reads the member with a name.
    ///
    /// # Errors
    ///
    /// When something else is there, and those of `each`.
    pub fn object(&mut self, mut each: impl FnMut(&mut Self, &str) -> Result<()>) -> Result<()> {
        self.expect(Peek::Object)?;
        self.deeper(|reader| {
            reader.source.begin_object()?;
            while reader.source.key()? {
                let key = reader.source.last_key().to_owned();
                each(reader, &key)?;
            }
            Ok(())
        })
    }

    /// Passes over one value.
    ///
    /// # Errors
    ///
    /// When the input is malformed.
    pub fn skip(&mut self) -> Result<()> {
        match self.peek()? {
            Peek::Null => self.source.null(),
            Peek::Boolean => self.source.boolean().map(drop),
            Peek::Number => self.source.number().map(drop),
            Peek::Text => self.source.text().map(drop),
            Peek::Bytes => self.source.bytes().map(drop),
            Peek::List => self.list(|reader, _| reader.skip()),
            Peek::Object => self.object(|reader, _| reader.skip()),
        }
    }

    /// Pays for one element of a list or object.
    pub(in crate::message) fn charge(&mut self, size: usize) -> Result<()> {
        let left = self.budget.checked_sub(size);
        self.budget = left.ok_or_else(|| Error::new(ErrorKind::Limit, "so many elements in so little text"))?;
        Ok(())
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth = self.depth.checked_sub(1).ok_or_else(too_deep)?;
        let value = read(self)?;
        self.depth += 1;
        Ok(value)
    }
}

const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
static STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, FORGIVING);
static URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, FORGIVING);

#[cold]
fn unknown_value(desc: &EnumDesc, name: &str, lenient: bool) -> Error {
    let names: Vec<_> = desc.values.iter().map(|value| value.name).collect();
    let text = format!("`{name}` is no value of `{}`; expected one of {}", desc.name, names.join(", "));
    let error = Error::new(ErrorKind::Unknown, text);
    if lenient && desc.open { error.skippable() } else { error }
}
