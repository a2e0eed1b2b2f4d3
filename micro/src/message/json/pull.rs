//! Reading JSON, one token at a time, without a tree.

use crate::message::text::{Number, Peek, Pull};
use crate::message::{Error, Result};

/// Reads JSON (RFC 8259) from a slice.
#[derive(Debug)]
pub struct JsonPull<'a> {
    input: &'a [u8],
    position: usize,
    // Whether a list or object has just begun, so that no comma may come.
    fresh: bool,
    text: String,
    key: String,
}

impl<'a> JsonPull<'a> {
    /// Reads from `input`.
    pub fn new(input: &'a [u8]) -> Self {
        JsonPull { input, position: 0, fresh: false, text: String::new(), key: String::new() }
    }

    /// Makes sure that nothing follows.
    ///
    /// # Errors
    ///
    /// When something does.
    pub fn end(&mut self) -> Result<()> {
        match self.next_token() {
            None => Ok(()),
            Some(_) => Err(self.malformed("something after the value")),
        }
    }

    #[cold]
    fn malformed(&self, what: &str) -> Error {
        Error::malformed(format!("{what} at byte {}", self.position))
    }

    fn byte(&self) -> Option<u8> {
        self.input.get(self.position).copied()
    }

    /// The next byte that is not white space.
    fn next_token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.byte() {
            self.position += 1;
        }
        self.byte()
    }

    fn rest(&self) -> &'a [u8] {
        &self.input[self.position..]
    }

    fn word(&mut self, word: &str) -> Result<()> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.malformed("not JSON"));
        }
        self.position += word.len();
        Ok(())
    }

    fn open(&mut self, bracket: u8) -> Result<()> {
        if self.next_token() != Some(bracket) {
            return Err(self.malformed("not JSON"));
        }
        self.position += 1;
        self.fresh = true;
        Ok(())
    }

    /// Goes to the next element or member; at the closing bracket goes past it and says `false`.
    fn advance(&mut self, close: u8, expected: &str) -> Result<bool> {
        let fresh = std::mem::take(&mut self.fresh);
        match self.next_token() {
            Some(byte) if byte == close => {
                self.position += 1;
                return Ok(false);
            }
            Some(b',') if !fresh => self.position += 1,
            Some(_) if fresh => {}
            _ => return Err(self.malformed(expected)),
        }
        if self.next_token() == Some(close) {
            return Err(self.malformed("a comma before the end"));
        }
        Ok(true)
    }

    /// Reads a string into `self.text`.
    fn string(&mut self) -> Result<()> {
        if self.next_token() != Some(b'"') {
            return Err(self.malformed("expected text in quotes"));
        }
        self.position += 1;
        self.text.clear();
        loop {
            self.plain_text()?;
            match self.byte() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.position += 1;
                    let char = self.escape()?;
                    self.text.push(char);
                }
                Some(_) => return Err(self.malformed("control character in text")),
                None => return Err(self.malformed("unfinished text")),
            }
        }
    }

    /// Reads up to a quote, a backslash or a control character.
    fn plain_text(&mut self) -> Result<()> {
        let rest = self.rest();
        let stop = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < 0x20;
        let length = rest.iter().position(stop).unwrap_or(rest.len());
        let plain = std::str::from_utf8(&rest[..length]).map_err(|_| self.malformed("not UTF-8"))?;
        self.text.push_str(plain);
        self.position += length;
        Ok(())
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char> {
        let byte = self.byte().ok_or_else(|| self.malformed("unfinished text"))?;
        self.position += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.malformed("bad escape")),
        })
    }

    /// Reads what follows `\u`: a character, or the first half of a surrogate pair and then the second.
    fn unicode_escape(&mut self) -> Result<char> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.malformed("half a surrogate pair"));
        }
        if !self.rest().starts_with(b"\\u") {
            return Err(self.malformed("half a surrogate pair"));
        }
        self.position += 2;
        let low = self.hex()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(self.malformed("half a surrogate pair"));
        }
        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        char::from_u32(code).ok_or_else(|| self.malformed("half a surrogate pair"))
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.rest().first_chunk::<4>().ok_or_else(|| self.malformed("unfinished text"))?;
        let mut value = 0;
        for &digit in digits {
            let digit = char::from(digit).to_digit(16).ok_or_else(|| self.malformed("bad escape"))?;
            value = value << 4 | digit;
        }
        self.position += 4;
        Ok(value)
    }
}

impl Pull for JsonPull<'_> {
    fn peek(&mut self) -> Result<Peek> {
        Ok(match self.next_token() {
            Some(b'n') => Peek::Null,
            Some(b't' | b'f') => Peek::Boolean,
            Some(b'"') => Peek::Text,
            Some(b'[') => Peek::List,
            Some(b'{') => Peek::Object,
            Some(b'-' | b'0'..=b'9') => Peek::Number,
            Some(_) => return Err(self.malformed("not JSON")),
            None => return Err(self.malformed("the input ends")),
        })
    }

    fn null(&mut self) -> Result<()> {
        self.next_token();
        self.word("null")
    }

    fn boolean(&mut self) -> Result<bool> {
        if self.next_token() == Some(b't') {
            self.word("true").map(|()| true)
        } else {
            self.word("false").map(|()| false)
        }
    }

    fn number(&mut self) -> Result<Number> {
        self.next_token();
        let part = |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let length = self.rest().iter().take_while(part).count();
        let text = std::str::from_utf8(&self.rest()[..length]).expect("digits and signs are ASCII");
        let number = Number::parse(text).ok_or_else(|| self.malformed("no number JSON has, or one too large,"))?;
        self.position += length;
        Ok(number)
    }

    fn text(&mut self) -> Result<&str> {
        self.string()?;
        Ok(&self.text)
    }

    fn bytes(&mut self) -> Result<Vec<u8>> {
        Err(self.malformed("JSON has no bytes"))
    }

    fn begin_list(&mut self) -> Result<()> {
        self.open(b'[')
    }

    fn element(&mut self) -> Result<bool> {
        self.advance(b']', "expected `,` or `]`")
    }

    fn begin_object(&mut self) -> Result<()> {
        self.open(b'{')
    }

    fn key(&mut self) -> Result<bool> {
        if !self.advance(b'}', "expected `,` or `}`")? {
            return Ok(false);
        }
        self.string()?;
        std::mem::swap(&mut self.text, &mut self.key);
        if self.next_token() != Some(b':') {
            return Err(self.malformed("expected `:`"));
        }
        self.position += 1;
        Ok(true)
    }

    fn last_key(&self) -> &str {
        &self.key
    }
}
