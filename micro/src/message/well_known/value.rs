//! Any JSON as a message: `google.protobuf.Value`, `Struct`, `ListValue`.

use std::collections::BTreeMap;

use super::travels_as;
use crate::__micro_enumeration;
use crate::message::text::{Number, Peek, TextReader, TextWriter};
use crate::message::{Auto, Entry, EnumDesc, EnumValueDesc, Enumeration, Error, ErrorKind, Field, FieldDesc, Message};
use crate::message::{BuildOne, MessageDesc, OneOf, OneOfDesc, OneOfSlot, Result, Source, Visit, VisitOne};

/// `google.protobuf.Value`: any JSON. [`serde_json::Value`] is the same message and easier to handle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    /// Kind of the value. `None` comes from bytes only, and has no JSON.
    pub kind: Option<ValueKind>,
}

/// Kind of a [`Value`].
#[derive(Clone, Debug, PartialEq)]
pub enum ValueKind {
    /// `null`.
    Null(NullValue),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// An object.
    Struct(Struct),
    /// A list.
    List(ListValue),
}

/// `google.protobuf.NullValue`: an enum with one value, which is `null` in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NullValue {
    /// `null`.
    #[default]
    Null,
    /// An undefined number.
    Unknown(i32),
}

/// `google.protobuf.Struct`: a JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Struct {
    /// The members.
    pub fields: BTreeMap<String, Value>,
}

/// `google.protobuf.ListValue`: a JSON list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListValue {
    /// The elements.
    pub values: Vec<Value>,
}

const KIND_TAGS: &[u32] = &[1, 2, 3, 4, 5, 6];

impl Message for Value {
    const DESC: &'static MessageDesc = {
        const ENTRIES: &[Entry] = &[OneOfDesc::of::<ValueKind>("kind", KIND_TAGS).entry()];
        &MessageDesc::new("google.protobuf.Value", ENTRIES).with_special_json()
    };

    fn visit<V: Visit>(&self, visitor: &mut V) {
        if let Some(kind) = &self.kind {
            visitor.oneof(KIND_TAGS, kind);
        }
    }

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        let mut kind = OneOfSlot::Empty;
        while let Some(tag) = source.next()? {
            match tag {
                1..=6 => source.oneof(&mut kind, tag as usize - 1)?,
                _ => source.unknown(None)?,
            }
        }
        Ok(Value { kind: source.finish_oneof(kind)? })
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        match &self.kind {
            Some(ValueKind::Null(_)) => writer.null(),
            Some(ValueKind::Number(number)) => write_number(*number, writer),
            Some(ValueKind::Text(text)) => writer.text(text),
            Some(ValueKind::Boolean(value)) => writer.boolean(*value),
            Some(ValueKind::Struct(fields)) => fields.write_text(writer),
            Some(ValueKind::List(values)) => values.write_text(writer),
            None => writer.fail(Error::malformed("a `Value` without a kind has no JSON")),
        }
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        let kind = match reader.peek()? {
            Peek::Null => reader.null().map(|()| ValueKind::Null(NullValue::Null)),
            Peek::Boolean => reader.boolean().map(ValueKind::Boolean),
            Peek::Number => reader.float64().map(ValueKind::Number),
            Peek::Text | Peek::Bytes => reader.text().map(|text| ValueKind::Text(text.to_owned())),
            Peek::List => ListValue::read_text(reader).map(ValueKind::List),
            Peek::Object => Struct::read_text(reader).map(ValueKind::Struct),
        }?;
        Ok(Value { kind: Some(kind) })
    }

    fn null() -> Option<Self> {
        Some(Value { kind: Some(ValueKind::Null(NullValue::Null)) })
    }
}

fn write_number(number: f64, writer: &mut TextWriter<'_>) {
    if number.is_finite() {
        writer.float64(number);
    } else {
        writer.fail(Error::new(ErrorKind::Range, "NaN and the infinities have no place in a `Value`"));
    }
}

impl OneOf for ValueKind {
    const VARIANTS: &'static [FieldDesc] = &[
        FieldDesc::variant::<NullValue, Auto>(1, "null_value", "nullValue"),
        FieldDesc::variant::<f64, Auto>(2, "number_value", "numberValue"),
        FieldDesc::variant::<String, Auto>(3, "string_value", "stringValue"),
        FieldDesc::variant::<bool, Auto>(4, "bool_value", "boolValue"),
        FieldDesc::variant::<Struct, Auto>(5, "struct_value", "structValue"),
        FieldDesc::variant::<ListValue, Auto>(6, "list_value", "listValue"),
    ];

    fn visit<V: VisitOne>(&self, visitor: V) {
        match self {
            ValueKind::Null(value) => visitor.variant::<_, Auto>(0, value),
            ValueKind::Number(value) => visitor.variant::<_, Auto>(1, value),
            ValueKind::Text(value) => visitor.variant::<_, Auto>(2, value),
            ValueKind::Boolean(value) => visitor.variant::<_, Auto>(3, value),
            ValueKind::Struct(value) => visitor.variant::<_, Auto>(4, value),
            ValueKind::List(value) => visitor.variant::<_, Auto>(5, value),
        }
    }

    fn build<S: BuildOne>(variant: usize, source: S) -> Result<Self> {
        match variant {
            0 => source.variant::<_, Auto>().map(ValueKind::Null),
            1 => source.variant::<_, Auto>().map(ValueKind::Number),
            2 => source.variant::<_, Auto>().map(ValueKind::Text),
            3 => source.variant::<_, Auto>().map(ValueKind::Boolean),
            4 => source.variant::<_, Auto>().map(ValueKind::Struct),
            _ => source.variant::<_, Auto>().map(ValueKind::List),
        }
    }
}

impl Enumeration for NullValue {
    const DESC: &'static EnumDesc =
        &EnumDesc::new("google.protobuf.NullValue", &[EnumValueDesc::new("NULL_VALUE", 0)]).open();

    fn number(&self) -> i32 {
        match self {
            NullValue::Null => 0,
            NullValue::Unknown(number) => *number,
        }
    }

    fn from_number(number: i32) -> Option<Self> {
        Some(if number == 0 { NullValue::Null } else { NullValue::Unknown(number) })
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        writer.null();
    }

    fn null() -> Option<Self> {
        Some(NullValue::Null)
    }
}

__micro_enumeration!(NullValue);

impl Message for Struct {
    const DESC: &'static MessageDesc = {
        const ENTRIES: &[Entry] = &[FieldDesc::of::<BTreeMap<String, Value>, Auto>(1, "fields", "fields").entry()];
        &MessageDesc::new("google.protobuf.Struct", ENTRIES).with_special_json()
    };

    fn visit<V: Visit>(&self, visitor: &mut V) {
        visitor.field::<_, Auto>(&Self::DESC.entries[0], 1, &self.fields);
    }

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        let mut fields = BTreeMap::new();
        while let Some(tag) = source.next()? {
            match tag {
                1 => source.field::<BTreeMap<String, Value>, Auto>(&mut fields)?,
                _ => source.unknown(None)?,
            }
        }
        Ok(Struct { fields })
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        Field::<Auto>::write_member(&self.fields, writer);
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        let mut fields = BTreeMap::new();
        <BTreeMap<String, Value> as Field>::read_member(&mut fields, reader)?;
        Ok(Struct { fields })
    }
}

impl Message for ListValue {
    const DESC: &'static MessageDesc = {
        const ENTRIES: &[Entry] = &[FieldDesc::of::<Vec<Value>, Auto>(1, "values", "values").entry()];
        &MessageDesc::new("google.protobuf.ListValue", ENTRIES).with_special_json()
    };

    fn visit<V: Visit>(&self, visitor: &mut V) {
        visitor.field::<_, Auto>(&Self::DESC.entries[0], 1, &self.values);
    }

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        let mut values = Vec::new();
        while let Some(tag) = source.next()? {
            match tag {
                1 => source.field::<Vec<Value>, Auto>(&mut values)?,
                _ => source.unknown(None)?,
            }
        }
        Ok(ListValue { values })
    }

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        Field::<Auto>::write_member(&self.values, writer);
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        let mut values = Vec::new();
        <Vec<Value> as Field>::read_member(&mut values, reader)?;
        Ok(ListValue { values })
    }
}

/// `google.protobuf.Value`: any JSON.
///
/// In protobuf every number of it is a double. So JSON with an integer that a double does not hold, such as 2^53 + 1, is
/// refused, reading and writing; in bytes it is rounded.
impl Message for serde_json::Value {
    travels_as!(Value);

    fn write_text(&self, writer: &mut TextWriter<'_>) {
        write_json(self, writer);
    }

    fn read_text(reader: &mut TextReader<'_>) -> Result<Self> {
        read_json(reader)
    }

    fn null() -> Option<Self> {
        Some(serde_json::Value::Null)
    }
}

fn write_json(value: &serde_json::Value, writer: &mut TextWriter<'_>) {
    match value {
        serde_json::Value::Null => writer.null(),
        serde_json::Value::Bool(value) => writer.boolean(*value),
        serde_json::Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) if is_exact(number.into()) => writer.unsigned_number(number),
            (None, Some(number)) if is_exact(number.into()) => writer.number(number),
            (Some(_), _) | (_, Some(_)) => writer.fail(Error::does_not_fit(number, "a double, as all of a `Value` do")),
            (None, None) => write_number(number.as_f64().unwrap_or(f64::NAN), writer),
        },
        serde_json::Value::String(text) => writer.text(text),
        serde_json::Value::Array(values) => {
            writer.begin_list();
            for value in values {
                writer.element();
                write_json(value, writer);
            }
            writer.end_list();
        }
        serde_json::Value::Object(members) => {
            writer.begin_object();
            for (key, value) in members {
                writer.key(key);
                write_json(value, writer);
            }
            writer.end_object();
        }
    }
}

fn read_json(reader: &mut TextReader<'_>) -> Result<serde_json::Value> {
    Ok(match reader.peek()? {
        Peek::Null => reader.null().map(|()| serde_json::Value::Null)?,
        Peek::Boolean => reader.boolean()?.into(),
        Peek::Number => match reader.number()? {
            Number::Unsigned(number) if is_exact(number.into()) => number.into(),
            Number::Signed(number) if is_exact(number.into()) => number.into(),
            Number::Float(number) => json_number(number)?,
            number => {
                let number = number.whole().unwrap_or_default();
                return Err(Error::does_not_fit(number, "a double, as all of a `Value` do"));
            }
        },
        Peek::Text | Peek::Bytes => reader.text()?.into(),
        Peek::List => {
            let mut values = Vec::new();
            reader.list(|reader, index| {
                reader.charge(size_of::<serde_json::Value>())?;
                values.push(read_json(reader).map_err(|error| error.at_index(index))?);
                Ok(())
            })?;
            values.into()
        }
        Peek::Object => {
            let mut members = serde_json::Map::new();
            reader.object(|reader, key| {
                reader.charge(size_of::<(String, serde_json::Value)>())?;
                let value = read_json(reader).map_err(|error| error.at_key(key))?;
                match members.insert(key.to_owned(), value) {
                    None => Ok(()),
                    Some(_) => Err(Error::malformed("given twice").at_key(key)),
                }
            })?;
            members.into()
        }
    })
}

/// Returns `true` if a double holds this integer exactly.
fn is_exact(number: i128) -> bool {
    number as f64 as i128 == number
}

fn json_number(number: f64) -> Result<serde_json::Value> {
    let number = serde_json::Number::from_f64(number);
    let number = number.ok_or_else(|| Error::new(ErrorKind::Range, "NaN and the infinities have no place in JSON"))?;
    Ok(number.into())
}

impl From<&serde_json::Value> for Value {
    fn from(value: &serde_json::Value) -> Self {
        let kind = match value {
            serde_json::Value::Null => ValueKind::Null(NullValue::Null),
            serde_json::Value::Bool(value) => ValueKind::Boolean(*value),
            serde_json::Value::Number(number) => ValueKind::Number(number.as_f64().unwrap_or_default()),
            serde_json::Value::String(text) => ValueKind::Text(text.clone()),
            serde_json::Value::Array(values) => {
                ValueKind::List(ListValue { values: values.iter().map(Value::from).collect() })
            }
            serde_json::Value::Object(members) => {
                let fields = members.iter().map(|(key, value)| (key.clone(), value.into())).collect();
                ValueKind::Struct(Struct { fields })
            }
        };
        Value { kind: Some(kind) }
    }
}

/// The doubles up to here hold every whole number.
const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

impl TryFrom<Value> for serde_json::Value {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self> {
        Ok(match value.kind {
            None | Some(ValueKind::Null(_)) => serde_json::Value::Null,
            Some(ValueKind::Boolean(value)) => value.into(),
            // Whole numbers come back as integers, as they were before they became doubles. -0.0 stays what it is.
            Some(ValueKind::Number(number))
                if number.fract() == 0.0
                    && number.abs() <= MAX_EXACT_INTEGER
                    && number.to_bits() != (-0.0_f64).to_bits() =>
            {
                (number as i64).into()
            }
            Some(ValueKind::Number(number)) => json_number(number)?,
            Some(ValueKind::Text(text)) => text.into(),
            Some(ValueKind::List(list)) => {
                serde_json::Value::Array(list.values.into_iter().map(TryInto::try_into).collect::<Result<_>>()?)
            }
            Some(ValueKind::Struct(object)) => {
                let members = object.fields.into_iter().map(|(key, value)| Ok((key, value.try_into()?)));
                serde_json::Value::Object(members.collect::<Result<_>>()?)
            }
        })
    }
}
