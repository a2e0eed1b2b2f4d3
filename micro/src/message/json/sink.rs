//! Writing JSON.

use crate::message::text::Sink;

/// Appends JSON to a buffer.
#[derive(Debug)]
pub struct JsonSink<'b> {
    out: &'b mut Vec<u8>,
    // Whether nothing has been written yet in the list or object we are in.
    first: bool,
}

impl<'b> JsonSink<'b> {
    /// Appends to `out`.
    pub fn new(out: &'b mut Vec<u8>) -> Self {
        JsonSink { out, first: true }
    }

    fn separate(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }

    fn begin(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.first = true;
    }

    fn end(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.first = false;
    }

    fn escaped(&mut self, byte: u8) {
        match byte {
            b'"' => self.out.extend_from_slice(b"\\\""),
            b'\\' => self.out.extend_from_slice(b"\\\\"),
            b'\n' => self.out.extend_from_slice(b"\\n"),
            b'\r' => self.out.extend_from_slice(b"\\r"),
            b'\t' => self.out.extend_from_slice(b"\\t"),
            other => self.out.extend_from_slice(format!("\\u{other:04x}").as_bytes()),
        }
    }
}

impl Sink for JsonSink<'_> {
    fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    fn boolean(&mut self, value: bool) {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn unsigned(&mut self, value: u64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn signed(&mut self, value: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn float32(&mut self, value: f32) {
        if value.is_finite() {
            self.out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
        } else {
            self.null();
        }
    }

    fn float64(&mut self, value: f64) {
        if value.is_finite() {
            self.out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
        } else {
            self.null();
        }
    }

    fn text(&mut self, value: &str) {
        self.out.push(b'"');
        let bytes = value.as_bytes();
        let mut written = 0;
        for (index, &byte) in bytes.iter().enumerate() {
            if byte < 0x20 || byte == b'"' || byte == b'\\' {
                self.out.extend_from_slice(&bytes[written..index]);
                self.escaped(byte);
                written = index + 1;
            }
        }
        self.out.extend_from_slice(&bytes[written..]);
        self.out.push(b'"');
    }

    // JSON dialects are not binary, so this is never asked; base64 is what a reader would accept.
    fn bytes(&mut self, value: &[u8]) {
        use base64::Engine as _;
        self.text(&base64::engine::general_purpose::STANDARD.encode(value));
    }

    fn begin_list(&mut self) {
        self.begin(b'[');
    }

    fn element(&mut self) {
        self.separate();
    }

    fn end_list(&mut self) {
        self.end(b']');
    }

    fn begin_object(&mut self) {
        self.begin(b'{');
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.text(key);
        self.out.push(b':');
    }

    fn end_object(&mut self) {
        self.end(b'}');
    }
}
