//! Parsing of explicit destinations.

use crate::transport::TlsMode;

/// An explicit destination, which bypasses the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TargetAddr {
    /// `host:port`.
    pub(super) address: String,
    pub(super) security: TlsMode,
}

impl TargetAddr {
    /// Parses `host:port`, optionally with the scheme `http://` or `https://` (TLS). With a scheme the port may be omitted.
    ///
    /// The address is not validated here; an invalid address fails the call.
    pub(super) fn parse(text: &str) -> Self {
        let (rest, security, port) = match text.split_once("://") {
            Some(("https", rest)) => (rest, TlsMode::Host, Some(443)),
            Some(("http", rest)) => (rest, TlsMode::Unencrypted, Some(80)),
            _ => (text, TlsMode::Unencrypted, None),
        };
        let rest = if port.is_some() { rest.trim_end_matches('/') } else { rest };
        let bare = rest.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err());
        let address = match port {
            Some(port) if bare => format!("{rest}:{port}"),
            _ => rest.to_owned(),
        };
        TargetAddr { address, security }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_whether_it_is_tls() {
        for (text, address, security) in [
            ("10.0.0.7:8080", "10.0.0.7:8080", TlsMode::Unencrypted),
            ("http://10.0.0.7:8080/", "10.0.0.7:8080", TlsMode::Unencrypted),
            ("http://shop", "shop:80", TlsMode::Unencrypted),
            ("https://shop.example", "shop.example:443", TlsMode::Host),
            ("https://shop.example:8443/", "shop.example:8443", TlsMode::Host),
            ("https://[::1]", "[::1]:443", TlsMode::Host),
            ("https://[::1]:8443", "[::1]:8443", TlsMode::Host),
            ("nonsense", "nonsense", TlsMode::Unencrypted),
        ] {
            assert_eq!(TargetAddr::parse(text), TargetAddr { address: address.to_owned(), security }, "{text}");
        }
    }
}
