//! Percent-encoding: bytes as `%xx`, for headers, URLs and file names.

use std::borrow::Cow;

/// The case of the digits that [`encode`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// `%2F`, as RFC 3986 asks.
    Upper,
    /// `%2f`, for names on file systems that ignore case.
    Lower,
}

/// Encodes every byte of `text` that `keep` does not accept. Text that is kept whole is borrowed.
///
/// `keep` decides about `%` as well: it must refuse it where the result is to be decoded.
pub fn encode(text: &str, digits: Digits, keep: impl Fn(u8) -> bool) -> Cow<'_, str> {
    const UPPER: &[u8; 16] = b"0123456789ABCDEF";
    const LOWER: &[u8; 16] = b"0123456789abcdef";
    let Some(first) = text.bytes().position(|byte| !keep(byte)) else { return Cow::Borrowed(text) };
    let hex = if digits == Digits::Upper { UPPER } else { LOWER };
    let mut out = Vec::with_capacity(text.len() + 16);
    out.extend_from_slice(&text.as_bytes()[..first]);
    for &byte in &text.as_bytes()[first..] {
        if keep(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', hex[usize::from(byte >> 4)], hex[usize::from(byte & 15)]]);
        }
    }
    // `keep` may split a character of several bytes; then the text is not what was meant, but it is text.
    Cow::Owned(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Decodes every `%xx`. A `%` without two digits behind it is kept.
pub fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        let byte = if first == b'%' { tail.first_chunk().and_then(byte) } else { None };
        out.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    Cow::Owned(out)
}

/// Decodes every `%xx` to text for people to read: what is not UTF-8 is replaced, and a stray `%` is kept.
pub fn decode_lossy(text: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(&decode(text.as_ref())).into_owned()
}

/// Decodes text in which every `%` must begin the code of a byte, and the bytes must be UTF-8; `None` otherwise.
pub fn decode_strict(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    parts.next();
    if !parts.all(|part| part.as_bytes().first_chunk().and_then(byte).is_some()) {
        return None;
    }
    String::from_utf8(decode(text.as_bytes()).into_owned()).ok()
}

fn byte(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(byte: u8) -> bool {
        byte.is_ascii_graphic() && byte != b'%'
    }

    #[test]
    fn text_comes_back_and_what_is_kept_is_not_copied() {
        for text in ["", "plain", "50 % of «ü»", "%41", "%", "a%", "\0\n"] {
            for digits in [Digits::Upper, Digits::Lower] {
                let encoded = encode(text, digits, plain);
                assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()), "{encoded}");
                assert_eq!(decode_strict(&encoded).as_deref(), Some(text));
                assert_eq!(decode_lossy(&*encoded), text);
            }
        }
        assert!(matches!(encode("plain", Digits::Upper, plain), Cow::Borrowed("plain")));
        assert!(matches!(decode(b"plain"), Cow::Borrowed(b"plain")));
        assert_eq!(encode("a/ü", Digits::Upper, plain), "a/%C3%BC");
        assert_eq!(encode("a ü", Digits::Lower, plain), "a%20%c3%bc");
    }

    #[test]
    fn a_stray_percent_sign_is_kept_or_refused() {
        for (text, lossy) in
            [("%", "%"), ("%4", "%4"), ("%zz1", "%zz1"), ("%+1", "%+1"), ("%%41", "%A"), ("%ff", "\u{fffd}")]
        {
            assert_eq!(decode_lossy(text), lossy);
            assert_eq!(decode_strict(text), None, "{text}");
        }
        assert_eq!(decode_strict("a%2Fb%2f").as_deref(), Some("a/b/"));
    }
}
