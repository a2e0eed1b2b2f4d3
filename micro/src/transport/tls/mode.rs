/// Whether a call is encrypted, and who has to prove what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsMode {
    /// It is not.
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
    /// Whether it is TLS.
    pub fn is_tls(self) -> bool {
        self != TlsMode::Unencrypted
    }
}
