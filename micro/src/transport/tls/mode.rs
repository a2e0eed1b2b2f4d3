/// TLS mode of a call: whether it is encrypted, and which name the peer has to prove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsMode {
    /// Plaintext.
    #[default]
    Unencrypted,
    /// With TLS, and the peer proves that it is the host of the address.
    Host,
    /// With TLS, and the peer proves the name that all nodes have, where [`ClientTls::with_name`] says one; else as
    /// [`Host`](TlsMode::Host).
    ///
    /// [`ClientTls::with_name`]: super::ClientTls::with_name
    Node,
}

impl TlsMode {
    /// Returns `true` if the mode is TLS.
    pub fn is_tls(self) -> bool {
        self != TlsMode::Unencrypted
    }
}
