//! Under which names, as which node and as which version a program is listed.

use std::collections::BTreeMap;

use super::{Rename, Settings};
use crate::errors::{Error, Result};
use crate::registry::Node;
use crate::rpc::{Service, schema};
use crate::transport::{TLS, WIRE};
use crate::util::{random, text};

/// Identity of the program to others.
pub(super) struct Identity {
    pub(super) id: String,
    /// The services with the names they are listed under.
    pub(super) services: Vec<(String, Service)>,
    version: Option<String>,
    metadata: BTreeMap<String, String>,
    /// The names of the protocols that are spoken beside HTTP.
    wires: String,
    tls: bool,
}

impl Identity {
    /// Applies the settings to the services.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the settings rename what is not there.
    pub(super) fn of(settings: &Settings, mut services: Vec<(String, Service)>) -> Result<Self> {
        for rename in &settings.server_name {
            rename_in(&mut services, rename)?;
        }
        Ok(Identity {
            id: settings.server_id.clone().unwrap_or_else(random::id),
            services,
            version: settings.server_version.clone(),
            metadata: settings.server_metadata.clone(),
            wires: String::new(),
            tls: false,
        })
    }

    /// Marks the nodes as speaking TLS.
    pub(super) fn with_tls(self, tls: bool) -> Self {
        Identity { tls, ..self }
    }

    /// Lists the protocols spoken in addition to HTTP, by their names and in this order.
    pub(super) fn with_wires<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        Identity { wires: names.into_iter().collect::<Vec<_>>().join(","), ..self }
    }

    /// One node per name, with every method served under it.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](crate::Code::AlreadyExists) when two types of the contracts have one full name.
    pub(super) fn nodes(&self, address: &str) -> Result<Vec<Node>> {
        let mut nodes: Vec<Node> = Vec::new();
        for (name, service) in &self.services {
            let desc = service.desc();
            let at = match nodes.iter().position(|node| node.service == *name) {
                Some(at) => at,
                None => {
                    let fingerprint = format!("{:016x}", self.fingerprint(name)?);
                    nodes.push(self.node(name, desc.service_version(), address).with_metadata("schema", fingerprint));
                    nodes.len() - 1
                }
            };
            nodes[at].endpoints.extend(desc.method_descs().iter().map(|method| method.path().to_owned()));
        }
        Ok(nodes)
    }

    /// Of all contracts that are served under one name.
    fn fingerprint(&self, name: &str) -> Result<u64> {
        let same = self.services.iter().filter(|(other, _)| other == name);
        schema::fingerprint(&same.map(|(_, service)| service.desc()).collect::<Vec<_>>())
    }

    /// This program at `address` as a node of the service `name`.
    pub(super) fn node(&self, name: &str, version: &str, address: &str) -> Node {
        let version = self.version.as_deref().unwrap_or(version);
        let mut node = Node::new(name, address).with_id(&self.id).with_version(version);
        node.metadata = self.metadata.clone();
        if !self.wires.is_empty() {
            node = node.with_metadata(WIRE, &*self.wires);
        }
        if self.tls {
            node = node.with_metadata(TLS, "yes");
        }
        node.with_metadata("micro", env!("CARGO_PKG_VERSION"))
    }
}

fn rename_in(services: &mut [(String, Service)], rename: &Rename) -> Result<()> {
    let mut names: Vec<String> = services.iter().map(|(name, _)| name.clone()).collect();
    names.dedup();
    let from = match &rename.from {
        Some(from) => from.clone(),
        None if names.len() == 1 => names[0].clone(),
        None => {
            return Err(Error::invalid_argument(format!(
                "`--server-name {to}` does not say which of `{names}` it renames: write `--server-name OLD={to}`",
                to = rename.to,
                names = names.join("`, `")
            )));
        }
    };
    if !names.contains(&from) {
        let near = text::nearest(&from, names.iter().map(String::as_str));
        let hint = near
            .map_or_else(|| format!("there are `{}`", names.join("`, `")), |near| format!("did you mean `{near}`?"));
        return Err(Error::invalid_argument(format!("`--server-name` renames `{from}`, which is not served: {hint}")));
    }
    for (name, _) in services.iter_mut().filter(|(name, _)| *name == from) {
        name.clone_from(&rename.to);
    }
    Ok(())
}
