use std::net::{IpAddr, SocketAddr};

use http::Request;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;

use crate::util::net;

/// The names a server may be called by.
///
/// A web page can make its own name point at 127.0.0.1 and so talk to what a developer runs there. The browser then still
/// says the page's name, in `Host` and `Origin`; a server that listens on this machine only accepts no other's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts(Option<HostNames>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct HostNames {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Hosts {
    /// Any name: for servers that others reach by names micro does not know.
    pub fn any() -> Self {
        Hosts(None)
    }

    /// `localhost` and the loopback addresses.
    pub fn loopback() -> Self {
        Hosts(Some(HostNames::default()))
    }

    /// Returns the hosts and origins for a server that listens at `address`: those of this machine if only it can connect, else
    /// any.
    pub fn of(address: SocketAddr) -> Self {
        if net::is_loopback(address) { Self::loopback() } else { Self::any() }
    }

    /// Adds the host `name`, as a proxy in front may send it.
    #[must_use]
    pub fn with_host(mut self, name: impl Into<String>) -> Self {
        if let Some(names) = &mut self.0 {
            names.hosts.push(name.into());
        }
        self
    }

    /// Accepts calls from pages of `origin` too: `https://app.example.com`.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<String>) -> Self {
        if let Some(names) = &mut self.0 {
            names.origins.push(origin.into());
        }
        self
    }

    /// Checks a request's host and origin; returns the refusal otherwise.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), String> {
        let Some(names) = &self.0 else { return Ok(()) };
        let named = request.uri().authority().map(|authority| authority.as_str().as_bytes());
        let headers = request.headers().get_all(HOST).iter().map(|value| value.as_bytes());
        for host in headers.chain(named).filter(|host| !host.is_empty()) {
            if !names.has_host(host) {
                return Err(format!(
                    "this server listens on the loopback interface and may not be called as `{}`; call it as `localhost`, \
                     or allow that host\n",
                    host.escape_ascii()
                ));
            }
        }
        match request.headers().get_all(ORIGIN).iter().find(|origin| !names.has_origin(origin.as_bytes())) {
            None => Ok(()),
            Some(origin) => Err(format!(
                "pages of `{}` may not call this server, which listens on the loopback interface; allow that origin\n",
                origin.as_bytes().escape_ascii()
            )),
        }
    }
}

impl HostNames {
    fn has_host(&self, host: &[u8]) -> bool {
        let Ok(authority) = Authority::try_from(host) else { return false };
        let host = authority.host();
        is_this_machine(host) || self.hosts.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    // `null`, which any sandboxed page sends, is never accepted.
    fn has_origin(&self, origin: &[u8]) -> bool {
        let Ok(origin) = std::str::from_utf8(origin) else { return false };
        let host = origin.split_once("://").and_then(|(_, authority)| authority.parse::<Authority>().ok());
        host.is_some_and(|authority| is_this_machine(authority.host()))
            || self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(hosts: &Hosts, host: &str, origin: Option<&str>) -> bool {
        let mut request = Request::builder().uri("/a.B/C").header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        hosts.check(&request.body(()).unwrap()).is_ok()
    }

    #[test]
    fn a_page_cannot_rebind_its_name_to_this_machine() {
        let hosts = Hosts::loopback();
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080", "[::1]", ""] {
            assert!(allows(&hosts, host, None), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example:8080", "10.0.0.1", "127.0.0.1.evil.example", "a b", "a@[::1"]
        {
            assert!(!allows(&hosts, host, None), "{host}");
        }
        let absolute = Request::builder().uri("http://evil.example/a.B/C").header(HOST, "localhost").body(()).unwrap();
        assert!(hosts.check(&absolute).is_err());
        assert!(allows(&Hosts::any(), "evil.example", Some("null")));
    }

    #[test]
    fn pages_of_this_machine_and_of_allowed_origins_may_call() {
        let hosts = Hosts::loopback().with_host("proxy.example").with_origin("https://app.example");
        for origin in ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:5173", "https://app.example"] {
            assert!(allows(&hosts, "localhost", Some(origin)), "{origin}");
        }
        for origin in ["null", "", "http://evil.example", "https://app.example.evil", "http://app.example", "localhost"]
        {
            assert!(!allows(&hosts, "localhost", Some(origin)), "{origin}");
        }
        assert!(allows(&hosts, "Proxy.example:80", None));
    }
}
