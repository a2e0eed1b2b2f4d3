use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::Setting;
use crate::config::reader::Reader;
use crate::config::{Kind, Node, Secret, Value};
use crate::util::duration;

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Setting for $integer {
            fn kind() -> Kind {
                Kind::One("NUMBER")
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let expected = || format!("a whole number from {} to {}", <$integer>::MIN, <$integer>::MAX);
                let number = match &node.value {
                    Value::Integer(number) => <$integer>::try_from(*number).ok(),
                    Value::Text(text) => text.trim().replace('_', "").parse().ok(),
                    _ => None,
                };
                number.or_else(|| reader.refuse(node, expected()))
            }

            fn write(&self) -> Value {
                Value::Integer(*self as i128)
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

macro_rules! floats {
    ($($float:ty)*) => {$(
        impl Setting for $float {
            fn kind() -> Kind {
                Kind::One("NUMBER")
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                let number = match &node.value {
                    Value::Integer(number) => Some(*number as $float),
                    Value::Float(number) => Some(*number as $float),
                    Value::Text(text) => text.trim().parse().ok(),
                    _ => None,
                };
                number.or_else(|| reader.refuse(node, "a number"))
            }

            fn write(&self) -> Value {
                (*self).into()
            }
        }
    )*};
}

floats!(f32 f64);

impl Setting for bool {
    fn kind() -> Kind {
        Kind::Switch
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::Text(text) => match text.trim() {
                "on" | "true" | "yes" | "1" => Some(true),
                "off" | "false" | "no" | "0" => Some(false),
                _ => reader.refuse(node, "`on` or `off`"),
            },
            _ => reader.refuse(node, "`true` or `false`"),
        }
    }

    fn write(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Setting for String {
    fn kind() -> Kind {
        Kind::One("TEXT")
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value.as_str() {
            Some(text) => Some(text.to_owned()),
            None => reader.refuse(node, "text"),
        }
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }
}

impl Setting for Duration {
    fn kind() -> Kind {
        Kind::One("TIME")
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let time = match &node.value {
            // Go Micro writes durations as whole seconds without a unit.
            Value::Integer(seconds) => u64::try_from(*seconds).ok().map(Duration::from_secs),
            Value::Str(text) | Value::Text(text) => duration::parse(text),
            _ => None,
        };
        time.or_else(|| reader.refuse(node, "a time, like `30s`, `250ms` or `5m`"))
    }

    fn write(&self) -> Value {
        duration::show(*self).into()
    }
}

/// Types with a text format.
macro_rules! texts {
    ($($text:ty: $placeholder:literal, $expected:literal;)*) => {$(
        impl Setting for $text {
            fn kind() -> Kind {
                Kind::One($placeholder)
            }

            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                parsed(node, reader, $expected)
            }

            fn write(&self) -> Value {
                self.to_string().into()
            }
        }
    )*};
}

texts! {
    char: "LETTER", "one letter";
    IpAddr: "IP", "an IP address, like `10.0.0.1`";
    Ipv4Addr: "IP", "an IPv4 address, like `10.0.0.1`";
    Ipv6Addr: "IP", "an IPv6 address, like `fd00::1`";
    SocketAddr: "IP:PORT", "an address with a port, like `10.0.0.1:8080`";
    http::Uri: "URL", "a URL";
}

/// Parses a value with a text format.
pub(super) fn parsed<T: FromStr>(node: &Node, reader: &mut Reader, expected: impl Display) -> Option<T> {
    let value = node.value.as_str().and_then(|text| text.trim().parse().ok());
    value.or_else(|| reader.refuse(node, expected))
}

impl Setting for PathBuf {
    fn kind() -> Kind {
        Kind::One("PATH")
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let path = node.value.as_str().filter(|path| !path.is_empty()).map(PathBuf::from);
        path.or_else(|| reader.refuse(node, "a path"))
    }

    fn write(&self) -> Value {
        self.to_string_lossy().into_owned().into()
    }
}

impl<T: Setting> Setting for Secret<T> {
    const SECRET: bool = true;

    fn kind() -> Kind {
        T::kind()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.in_secret(|reader| T::read(node, reader)).map(Secret::new)
    }

    fn write(&self) -> Value {
        self.expose().write()
    }

    fn absent(reader: &mut Reader) -> Option<Self> {
        T::absent(reader).map(Secret::new)
    }
}

impl<T: Setting> Setting for Option<T> {
    const SECRET: bool = T::SECRET;

    fn kind() -> Kind {
        match T::kind() {
            Kind::Section(fields) => Kind::Optional(fields),
            kind => kind,
        }
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        // A variable or a flag cannot be null: an empty text takes its place.
        match &node.value {
            Value::Null => Some(None),
            Value::Text(text) if text.is_empty() => Some(None),
            _ => T::read(node, reader).map(Some),
        }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, Setting::write)
    }

    fn absent(_: &mut Reader) -> Option<Self> {
        Some(None)
    }
}
