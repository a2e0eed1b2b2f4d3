use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::{ClientConfig, ServerConfig};

/// A configuration, and the same with each list of protocols that was asked for.
pub(super) struct Variants<C> {
    base: C,
    // As many as there are protocols and ports in a program.
    made: Mutex<Vec<(Protocols, Arc<C>)>>,
}

type Protocols = Vec<Vec<u8>>;

/// A configuration that takes a list of protocols.
pub(super) trait WithAlpn: Clone {
    fn set_alpn(&mut self, protocols: Protocols);
}

impl WithAlpn for ClientConfig {
    fn set_alpn(&mut self, protocols: Protocols) {
        self.alpn_protocols = protocols;
    }
}

impl WithAlpn for ServerConfig {
    fn set_alpn(&mut self, protocols: Protocols) {
        self.alpn_protocols = protocols;
    }
}

impl<C: WithAlpn> Variants<C> {
    pub(super) fn new(base: C) -> Self {
        Variants { base, made: Mutex::default() }
    }

    /// The configuration with these protocols, the preferred one first.
    pub(super) fn with_alpn(&self, protocols: &[&[u8]]) -> Arc<C> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &[Vec<u8>]| known.iter().map(Vec::as_slice).eq(protocols.iter().copied());
        if let Some((_, config)) = made.iter().find(|(known, _)| same(known)) {
            return config.clone();
        }
        let protocols: Protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let mut config = self.base.clone();
        config.set_alpn(protocols.clone());
        let config = Arc::new(config);
        made.push((protocols, config.clone()));
        config
    }
}
