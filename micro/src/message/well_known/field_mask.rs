//! Selects fields of a message.

use crate::message::text::{TextReader, TextWriter};
use crate::message::{Auto, Entry, Error, Field, FieldDesc, Message, MessageDesc, Result, Source, Visit};

/// `google.protobuf.FieldMask`: names of fields, `user.display_name`; in JSON one text with commas, in camelCase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FieldMask {
    /// The paths, each the names of fields with points between them.
    pub paths: Vec<String>,
}

const ENTRIES: &[Entry] = &[FieldDesc::of::<Vec<String>, Auto>(1, "paths", "paths").entry()];

impl Message for FieldMask {
    const DESC: &'static MessageDesc = &MessageDesc::new("google.protobuf.FieldMask", ENTRIES).with_special_json();

    fn visit<V: Visit>(&self, visitor: &mut V) {
        visitor.field::<Vec<String>, Auto>(&ENTRIES[0], 1, &self.paths);
    }

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        let mut paths = <Vec<String> as Field>::Slot::default();
        while let Some(tag) = source.next()? {
            match tag {
                1 => source.field::<Vec<String>, Auto>(&mut paths)?,
                _ => source.unknown(None)?,
            }
        }
        Ok(FieldMask { paths: source.finish::<Vec<String>, Auto>(1, paths)? })
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        let mut camel = Vec::new();
        for path in &self.paths {
            let Some(path) = camel_case(path) else {
                return writer.fail(Error::malformed(format!("`{path}` would not come back from camelCase")));
            };
            camel.push(path);
        }
        writer.text(&camel.join(","));
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        let text = reader.text()?;
        if text.is_empty() {
            return Ok(FieldMask::default());
        }
        let paths = text.split(',').map(|path| {
            snake_case(path).ok_or_else(|| Error::malformed(format!("`{path}` has a `_`: masks in JSON are camelCase")))
        });
        Ok(FieldMask { paths: paths.collect::<Result<_>>()? })
    }
}

/// `user_name` as `userName`; `None` when [`snake_case`] would not give the same again.
fn camel_case(path: &str) -> Option<String> {
    let mut camel = String::new();
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '_' => camel.push(letters.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            letter if letter.is_ascii_uppercase() => return None,
            letter => camel.push(letter),
        }
    }
    Some(camel)
}

/// `userName` as `user_name`.
fn snake_case(path: &str) -> Option<String> {
    let mut snake = String::new();
    for letter in path.chars() {
        match letter {
            '_' => return None,
            letter if letter.is_ascii_uppercase() => snake.extend(['_', letter.to_ascii_lowercase()]),
            letter => snake.push(letter),
        }
    }
    Some(snake)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::json::{from_slice, to_vec};

    #[test]
    fn paths_are_camel_case_in_json() {
        let mask = FieldMask { paths: vec!["user.display_name".into(), "photo".into()] };
        assert_eq!(to_vec(&mask).as_deref(), Ok(&br#""user.displayName,photo""#[..]));
        assert_eq!(from_slice(br#""user.displayName,photo""#), Ok(mask));
        assert_eq!(from_slice(br#""""#), Ok(FieldMask::default()));
    }

    #[test]
    fn what_would_not_come_back_is_refused() {
        for path in ["fooBar", "foo__bar", "foo_3_bar", "foo_"] {
            let mask = FieldMask { paths: vec![path.into()] };
            assert!(to_vec(&mask).is_err(), "{path}");
        }
        assert!(from_slice::<FieldMask>(br#""foo_bar""#).is_err());
    }
}
