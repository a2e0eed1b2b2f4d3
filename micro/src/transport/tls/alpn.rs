/// The protocol that a client asks for in the handshake of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alpn {
    /// The peer has to agree on it.
    Required(&'static [u8]),
    /// The peer may know nothing of ALPN: then it is taken to speak this.
    Optional(&'static [u8]),
}

impl Alpn {
    /// The id, as IANA lists it: `h2`.
    pub fn id(self) -> &'static [u8] {
        match self {
            Alpn::Required(id) | Alpn::Optional(id) => id,
        }
    }

    /// Returns `true` if a peer may have `agreed` to that protocol.
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "nothing is agreed on without TLS"))]
    pub(super) fn accepts(self, agreed: Option<&[u8]>) -> bool {
        agreed.map_or(matches!(self, Alpn::Optional(_)), |agreed| agreed == self.id())
    }
}
