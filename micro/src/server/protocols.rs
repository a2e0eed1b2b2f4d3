//! The protocols of a port.

use std::fmt;
use std::sync::Arc;

use crate::errors::{Error, Result};
use crate::transport::Protocol;

/// The first byte of a handshake of TLS.
const TLS_HANDSHAKE: u8 = 0x16;
/// Maximum length of a protocol's claim to the first bytes, and so the number of bytes inspected.
pub(super) const MAX_PREFIX: usize = 32;
/// The protocols of HTTP, which is what a connection speaks that nothing else claims.
const HTTP: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The protocols of a port beside HTTP, by what they claim.
#[derive(Clone, Default)]
pub(super) struct Protocols(Vec<Arc<dyn Protocol>>);

/// Owner of a plaintext connection, by its first bytes.
#[derive(Clone, Debug)]
pub(super) enum Owner {
    /// A handshake of TLS.
    Tls,
    /// A protocol that claims them.
    Protocol(Arc<dyn Protocol>),
    /// None: it is HTTP.
    Http,
    /// More of them have to be there.
    Undecided,
}

impl Protocols {
    /// Adds a protocol.
    ///
    /// # Errors
    ///
    /// [`Code::AlreadyExists`](crate::Code::AlreadyExists) when it claims what another does,
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) when it claims nothing, or something that is too long.
    pub(super) fn add(&mut self, protocol: Arc<dyn Protocol>) -> Result<()> {
        let (name, prefixes, alpn) = (protocol.name(), protocol.prefixes(), protocol.alpn());
        if prefixes.is_empty() && alpn.is_empty() {
            let words =
                format!("the protocol `{name}` claims neither first bytes nor an id in TLS: nothing reaches it");
            return Err(Error::invalid_argument(words));
        }
        if prefixes.iter().any(|prefix| prefix.is_empty() || prefix.len() > MAX_PREFIX) {
            let words = format!("the protocol `{name}` claims first bytes that are not 1 to {MAX_PREFIX}");
            return Err(Error::invalid_argument(words));
        }
        let clashes = |one: &[u8], other: &[u8]| one.starts_with(other) || other.starts_with(one);
        for prefix in prefixes {
            if prefix[0] == TLS_HANDSHAKE {
                return Err(taken(name, prefix, "TLS"));
            }
            if let Some(owner) = self.0.iter().find(|known| known.prefixes().iter().any(|taken| clashes(prefix, taken)))
            {
                return Err(taken(name, prefix, owner.name()));
            }
        }
        for id in alpn {
            if HTTP.contains(id) {
                return Err(taken(name, id, "HTTP"));
            }
            if let Some(owner) = self.0.iter().find(|known| known.alpn().contains(id)) {
                return Err(taken(name, id, owner.name()));
            }
        }
        self.0.push(protocol);
        Ok(())
    }

    /// The owner of a connection that begins with `first`.
    pub(super) fn owner(&self, first: &[u8]) -> Owner {
        if first.first() == Some(&TLS_HANDSHAKE) {
            return Owner::Tls;
        }
        let mut owner = if first.is_empty() { Owner::Undecided } else { Owner::Http };
        for protocol in &self.0 {
            for prefix in protocol.prefixes() {
                if first.starts_with(prefix) {
                    return Owner::Protocol(protocol.clone());
                }
                if prefix.starts_with(first) {
                    owner = Owner::Undecided;
                }
            }
        }
        owner
    }

    /// The protocol that was agreed on in TLS; `None` for HTTP.
    pub(super) fn agreed(&self, alpn: Option<&[u8]>) -> Option<Arc<dyn Protocol>> {
        let alpn = alpn?;
        self.0.iter().find(|protocol| protocol.alpn().contains(&alpn)).cloned()
    }

    /// Returns the ALPN identifiers offered in TLS, the preferred first.
    pub(super) fn alpn(&self) -> Vec<&'static [u8]> {
        let added = self.0.iter().flat_map(|protocol| protocol.alpn().iter().copied());
        added.chain(HTTP).collect()
    }

    /// Returns the number of bytes to inspect.
    pub(super) fn longest(&self) -> usize {
        let prefixes = self.0.iter().flat_map(|protocol| protocol.prefixes());
        prefixes.map(|prefix| prefix.len()).max().unwrap_or(1)
    }
}

fn taken(name: &str, claim: &[u8], owner: &str) -> Error {
    let claim = claim.escape_ascii();
    Error::already_exists(format!("the protocol `{name}` claims `{claim}`, which is what `{owner}` is known by"))
}

impl fmt::Debug for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|protocol| protocol.name())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::Code;
    use crate::rpc::BoxFuture;
    use crate::transport::Accepted;

    #[derive(Debug)]
    struct Claims(&'static str, &'static [&'static [u8]], &'static [&'static [u8]]);

    impl Protocol for Claims {
        fn name(&self) -> &'static str {
            self.0
        }

        fn prefixes(&self) -> &'static [&'static [u8]] {
            self.1
        }

        fn alpn(&self) -> &'static [&'static [u8]] {
            self.2
        }

        fn serve(&self, _: Accepted) -> BoxFuture<'_, ()> {
            Box::pin(async {})
        }
    }

    fn table() -> Protocols {
        let mut protocols = Protocols::default();
        protocols.add(Arc::new(Claims("zero", &[b"\0"], &[b"zero/1"]))).unwrap();
        protocols.add(Arc::new(Claims("line", &[b"LINE ", b"line "], &[b"line/2", b"line/1"]))).unwrap();
        protocols
    }

    #[test]
    fn first_bytes_have_one_owner_whatever_the_order() {
        let protocols = table();
        let owner = |first: &[u8]| match protocols.owner(first) {
            Owner::Tls => "TLS",
            Owner::Protocol(protocol) => protocol.name(),
            Owner::Http => "HTTP",
            Owner::Undecided => "undecided",
        };
        for (first, expected) in [
            (&b""[..], "undecided"),
            (b"\0", "zero"),
            (b"\0\x16", "zero"),
            (b"\x16\x03", "TLS"),
            (b"L", "undecided"),
            (b"LINE", "undecided"),
            (b"LINE ", "line"),
            (b"line /x", "line"),
            (b"LINK /x HTTP/1.1", "HTTP"),
            (b"GET / HTTP/1.1", "HTTP"),
            (b"\xff", "HTTP"),
        ] {
            assert_eq!(owner(first), expected, "{}", first.escape_ascii());
        }
        assert_eq!(protocols.longest(), 5);
    }

    #[test]
    fn tls_offers_what_was_added_in_its_order_and_http_last() {
        let protocols = table();
        assert_eq!(protocols.alpn(), [&b"zero/1"[..], b"line/2", b"line/1", b"h2", b"http/1.1"]);
        assert_eq!(protocols.agreed(Some(b"line/1")).unwrap().name(), "line");
        assert!(protocols.agreed(Some(b"h2")).is_none() && protocols.agreed(None).is_none());
    }

    #[test]
    fn what_another_claims_is_refused_with_both_names() {
        let mut protocols = table();
        for (claims, code, words) in [
            (Claims("a", &[b"LI"], &[]), Code::AlreadyExists, "`line`"),
            (Claims("a", &[b"LINE /"], &[]), Code::AlreadyExists, "`line`"),
            (Claims("a", &[b"\x16"], &[]), Code::AlreadyExists, "`TLS`"),
            (Claims("a", &[b"A"], &[b"h2"]), Code::AlreadyExists, "`HTTP`"),
            (Claims("a", &[b"A"], &[b"zero/1"]), Code::AlreadyExists, "`zero`"),
            (Claims("a", &[], &[]), Code::InvalidArgument, "neither"),
            (Claims("a", &[b""], &[]), Code::InvalidArgument, "1 to 32"),
            (Claims("a", &[&[b'a'; 33]], &[]), Code::InvalidArgument, "1 to 32"),
        ] {
            let error = protocols.add(Arc::new(claims)).unwrap_err();
            assert!(error.code() == code && error.message().contains(words), "{error}");
        }
        assert_eq!(protocols.0.len(), 2);
    }
}
