//! Any message, with its name.

use bytes::Bytes;

use crate::message::named::RegisteredMessage;
use crate::message::text::{TextReader, TextWriter, UnknownNames};
use crate::message::{Auto, Entry, Error, ErrorKind, Field, FieldDesc, Message, MessageDesc, Result, Source, Visit};

/// Default prefix of the name.
const PREFIX: &str = "type.googleapis.com/";

/// `google.protobuf.Any`: a message of any type, as bytes beside its name.
///
/// In JSON it is the message itself with a member `@type`, so a program can write and read there only what it has: every
/// [`#[micro::message]`](macro@crate::message) type that is linked into it, and the types of this room.
///
/// ```
/// use std::time::Duration;
/// use micro::message::well_known::Any;
///
/// let any = Any::pack(&Duration::from_secs(2));
/// assert_eq!(any.type_name(), "google.protobuf.Duration");
/// assert_eq!(any.unpack::<Duration>()?, Some(Duration::from_secs(2)));
/// assert_eq!(any.unpack::<()>()?, None);
/// # Ok::<(), micro::message::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Any {
    /// URL of the type's description, ending in its full name: `type.googleapis.com/shop.Order`.
    pub type_url: String,
    /// The bytes of the message.
    pub value: Bytes,
}

impl Any {
    /// A message with its name.
    pub fn pack<M: Message>(message: &M) -> Self {
        Any { type_url: format!("{PREFIX}{}", M::DESC.name), value: message.encode_to_vec().into() }
    }

    /// The full name of the message.
    pub fn type_name(&self) -> &str {
        type_name(&self.type_url)
    }

    /// The message, if it is an `M`.
    ///
    /// # Errors
    ///
    /// When it has the name of `M` and other bytes.
    pub fn unpack<M: Message>(&self) -> Result<Option<M>> {
        if self.type_name() != M::DESC.name {
            return Ok(None);
        }
        M::decode_shared(&self.value).map(Some)
    }
}

fn type_name(type_url: &str) -> &str {
    type_url.rsplit('/').next().unwrap_or_default()
}

fn named(type_url: &str) -> Result<&'static RegisteredMessage> {
    let name = type_name(type_url);
    if name.len() == type_url.len() {
        return Err(Error::malformed(format!("`{type_url}` is no type URL such as `{PREFIX}{name}`")));
    }
    RegisteredMessage::find(name)
}

const ENTRIES: &[Entry] = &[
    FieldDesc::of::<String, Auto>(1, "type_url", "typeUrl").entry(),
    FieldDesc::of::<Bytes, Auto>(2, "value", "value").entry(),
];

impl Message for Any {
    const DESC: &'static MessageDesc = &MessageDesc::new("google.protobuf.Any", ENTRIES).with_special_json();

    fn visit<V: Visit>(&self, visitor: &mut V) {
        visitor.field::<String, Auto>(&ENTRIES[0], 1, &self.type_url);
        visitor.field::<Bytes, Auto>(&ENTRIES[1], 2, &self.value);
    }

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        let (mut type_url, mut value) = (<String as Field>::Slot::default(), <Bytes as Field>::Slot::default());
        while let Some(tag) = source.next()? {
            match tag {
                1 => source.field::<String, Auto>(&mut type_url)?,
                2 => source.field::<Bytes, Auto>(&mut value)?,
                _ => source.unknown(None)?,
            }
        }
        Ok(Any {
            type_url: source.finish::<String, Auto>(1, type_url)?,
            value: source.finish::<Bytes, Auto>(2, value)?,
        })
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        if *self == Any::default() {
            writer.begin_object();
            return writer.end_object();
        }
        let written = named(&self.type_url).and_then(|named| {
            if !named.desc().special {
                return writer.typed_message(&self.type_url, |writer| named.write(&self.value, writer));
            }
            writer.begin_object();
            writer.key("@type");
            writer.text(&self.type_url);
            writer.key("value");
            let written = writer.deeper(|writer| named.write(&self.value, writer));
            if let Err(error) = written {
                writer.fail(error);
            }
            writer.end_object();
            Ok(())
        });
        if let Err(error) = written {
            writer.fail(error);
        }
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        // The type may stand behind what it is the type of, so the rest is put aside first.
        let mut type_url = None;
        let rest = reader.object_without("@type", |reader| {
            if type_url.is_some() {
                return Err(Error::malformed("given twice").at("@type"));
            }
            type_url = Some(reader.text()?.to_owned());
            Ok(())
        })?;
        let Some(type_url) = type_url else {
            let empty = rest.is_empty_object();
            return if empty { Ok(Any::default()) } else { Err(Error::new(ErrorKind::Missing, "missing").at("@type")) };
        };
        let named = named(&type_url)?;
        let value =
            reader.aside(
                &rest,
                |reader| {
                    if named.desc().special { read_member(reader, named) } else { named.read(reader) }
                },
            )?;
        Ok(Any { type_url, value: value.into() })
    }
}

/// Reads a message that has a JSON form of its own: it stands in a member `value`.
fn read_member(reader: &mut TextReader<'_>, named: &RegisteredMessage) -> Result<Vec<u8>> {
    let mut value = None;
    let strict = reader.options().unknown == UnknownNames::Refuse;
    reader.object(|reader, key| match key {
        "value" if value.is_some() => Err(Error::malformed("given twice").at("value")),
        "value" => {
            value = Some(named.read(reader).map_err(|error| error.at("value"))?);
            Ok(())
        }
        _ if strict => Err(Error::new(ErrorKind::Unknown, format!("`{key}` beside `value`"))),
        _ => reader.skip(),
    })?;
    value.ok_or_else(|| Error::new(ErrorKind::Missing, "missing").at("value"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::json::{from_slice, to_vec};

    fn text(any: &Any) -> Result<String> {
        to_vec(any).map(|text| String::from_utf8(text).expect("JSON is UTF-8"))
    }

    #[test]
    fn in_json_the_message_stands_beside_its_type() {
        let any = Any::pack(&Any::pack(&Duration::from_millis(1_500)));
        let expected = concat!(
            r#"{"@type":"type.googleapis.com/google.protobuf.Any","#,
            r#""value":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1.500s"}}"#
        );
        assert_eq!(text(&any).as_deref(), Ok(expected));
        assert_eq!(from_slice(expected.as_bytes()), Ok(any));
        assert_eq!(text(&Any::pack(&())).as_deref(), Ok(r#"{"@type":"type.googleapis.com/google.protobuf.Empty"}"#));
    }

    #[test]
    fn the_type_may_come_last() {
        let last = br#"{"value":"1.5s","@type":"x/google.protobuf.Duration"}"#;
        let any = from_slice::<Any>(last).expect("the order of members means nothing");
        assert_eq!(any.unpack(), Ok(Some(Duration::from_millis(1_500))));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, message) in [
            (r#"{"value":"1s"}"#, "`@type`: missing"),
            (r#"{"@type":"x/google.protobuf.Duration"}"#, "`value`: missing"),
            (r#"{"@type":"x/none.Such"}"#, "this program has no message `none.Such`"),
            (r#"{"@type":"Duration"}"#, "`Duration` is no type URL such as `type.googleapis.com/Duration`"),
            (r#"{"@type":"x/google.protobuf.Duration","value":"1"}"#, "`value`: `1` is no duration such as `1.5s`"),
            (r#"{"@type":"x/y","@type":"x/y"}"#, "`@type`: given twice"),
        ] {
            assert_eq!(from_slice::<Any>(text.as_bytes()).expect_err(text).to_string(), message, "{text}");
        }
    }

    #[test]
    fn anys_within_anys_are_limited() {
        let deep = (0..200).fold(Any::default(), |inner, _| Any::pack(&inner));
        assert_eq!(to_vec(&deep).expect_err("200 levels").text(), "nested deeper than 100");
        let text = [r#"{"@type":"x/google.protobuf.Any","value":"#.repeat(200), "{}".into(), "}".repeat(200)].concat();
        let error = from_slice::<Any>(text.as_bytes()).expect_err("200 levels");
        assert_eq!(error.kind(), ErrorKind::Limit);
    }
}
