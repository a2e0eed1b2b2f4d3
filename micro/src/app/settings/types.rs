//! Settings whose types are declared in other modules.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;

use crate::config::{ByteSize, Choice, Kind, Node, Reader, Setting, Value};
use crate::server::Plaintext;
use crate::telemetry::Format;
use crate::transport::Wire;
use crate::transport::http::Compress;
use crate::util::net;

/// An address with a port, `host:port`; `:8080` is that port on every interface.
///
/// ```
/// use micro::app::Address;
///
/// assert_eq!(&*Address::from("127.0.0.1:8080"), "127.0.0.1:8080");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Returns `true` if only this machine can connect to the address.
    pub(in crate::app) fn is_loopback(&self) -> bool {
        let named = |host: &str| host.eq_ignore_ascii_case("localhost");
        self.0.parse::<SocketAddr>().is_ok_and(net::is_loopback)
            || self.0.rsplit_once(':').is_some_and(|(host, _)| named(host))
    }
}

impl Deref for Address {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Validity is checked at start.
impl<T: Into<String>> From<T> for Address {
    fn from(text: T) -> Self {
        Address(text.into())
    }
}

impl Setting for Address {
    fn kind() -> Kind {
        Kind::One("HOST:PORT")
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let address = node.value.as_str().and_then(|text| address(text.trim()));
        address.map(Address).or_else(|| reader.refuse(node, "`host:port`, like `127.0.0.1:8080` or `0.0.0.0:8080`"))
    }

    fn write(&self) -> Value {
        self.0.as_str().into()
    }
}

fn address(text: &str) -> Option<String> {
    // Go Micro's users write `:8080` for every interface.
    if let Some(port) = text.strip_prefix(':') {
        return port.parse::<u16>().ok().map(|port| format!("0.0.0.0:{port}"));
    }
    let (host, port) = text.rsplit_once(':')?;
    let bare_v6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
    (!host.is_empty() && !bare_v6 && port.parse::<u16>().is_ok()).then(|| text.to_owned())
}

/// A name to list services under: in the place of another, or of the only one there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The name to replace; the only one there is where none is given.
    pub from: Option<String>,
    /// The name to list it under.
    pub to: String,
}

impl Setting for Rename {
    fn kind() -> Kind {
        Kind::One("NAME")
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = node.value.as_str().unwrap_or_default().trim();
        let (from, to) = match text.split_once('=') {
            Some((from, to)) => (Some(from.trim().to_owned()), to.trim()),
            None => (None, text),
        };
        if to.is_empty() || from.as_deref() == Some("") {
            return reader.refuse(node, "a name, or `OLD=NEW`");
        }
        Some(Rename { from, to: to.to_owned() })
    }

    fn write(&self) -> Value {
        match &self.from {
            Some(from) => format!("{from}={}", self.to).into(),
            None => self.to.as_str().into(),
        }
    }
}

impl Setting for Compress {
    fn kind() -> Kind {
        Kind::One("never|replies|BYTES")
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value.as_str().map(str::trim) {
            Some("never") => Some(Compress::Never),
            Some("replies") => Some(Compress::Replies),
            Some(size) if size.parse::<ByteSize>().is_err() => {
                reader.refuse(node, "`never`, `replies`, or the size from which on to compress, like `16KiB`")
            }
            _ => ByteSize::read(node, reader).map(|size| Compress::From(size.bytes())),
        }
    }

    fn write(&self) -> Value {
        match self {
            Compress::Never => "never".into(),
            Compress::Replies => "replies".into(),
            Compress::From(size) => ByteSize::new(*size).to_string().into(),
        }
    }
}

const WIRES: &[Choice] = &[
    Choice { name: "auto", doc: "`micro/1` with nodes that list it, HTTP with everybody else." },
    Choice { name: "native", doc: "`micro/1` with everybody." },
    Choice { name: "http", doc: "HTTP with everybody." },
];

impl Setting for Wire {
    fn kind() -> Kind {
        Kind::Choice(WIRES)
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.choice(node, WIRES).map(|at| [Wire::Auto, Wire::Native, Wire::Http][at])
    }

    fn write(&self) -> Value {
        match self {
            Wire::Auto => "auto".into(),
            Wire::Native => "native".into(),
            Wire::Http => "http".into(),
        }
    }
}

const PLAINTEXT: &[Choice] = &[
    Choice { name: "refuse", doc: "They are turned away." },
    Choice { name: "also", doc: "They are served as well." },
];

impl Setting for Plaintext {
    fn kind() -> Kind {
        Kind::Choice(PLAINTEXT)
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.choice(node, PLAINTEXT).map(|at| if at == 0 { Plaintext::Refuse } else { Plaintext::Also })
    }

    fn write(&self) -> Value {
        match self {
            Plaintext::Refuse => "refuse".into(),
            Plaintext::Also => "also".into(),
        }
    }
}

const FORMATS: &[Choice] = &[
    Choice { name: "text", doc: "A line for people, coloured on a terminal." },
    Choice { name: "json", doc: "An object a line, for machines." },
];

impl Setting for Format {
    fn kind() -> Kind {
        Kind::Choice(FORMATS)
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        reader.choice(node, FORMATS).map(|at| if at == 0 { Format::Text } else { Format::Json })
    }

    fn write(&self) -> Value {
        match self {
            Format::Text => "text".into(),
            Format::Json => "json".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_are_known_by_number_and_name() {
        for address in ["127.0.0.1:0", "127.8.8.8:80", "[::1]:80", "localhost:80", "LOCALHOST:80"] {
            assert!(Address::from(address).is_loopback(), "{address}");
        }
        for address in ["0.0.0.0:0", ":80", "[::]:80", "10.0.0.7:80", "example.com:80", "localhost.example.com:80"] {
            assert!(!Address::from(address).is_loopback(), "{address}");
        }
    }
}
