/// Whether a call is encrypted, and who has to prove what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// It is not.
    #[default]
    Unencrypted,
    /// With TLS, and the peer proves that it is the host of the address.
    Host,
    /// With TLS, and the peer proves the name that all nodes have, where [`ClientTls::with_name`] says one; else as
    /// [`Host`](Security::Host).
    ///
    /// [`ClientTls::with_name`]: super::ClientTls::with_name
    Node,
}

impl Security {
    /// Each of them, in their order.
    pub(in crate::transport) const ALL: [Security; 3] = [Security::Unencrypted, Security::Host, Security::Node];

    /// Whether it is TLS.
    pub fn is_tls(self) -> bool {
        self != Security::Unencrypted
    }
}
