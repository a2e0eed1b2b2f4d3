//! URLs of NATS, and the addresses and credentials in them.

use std::fmt;
use std::path::PathBuf;

use crate::errors::{Error, Result};
use crate::util::{percent, text};

/// Options of a URL that belong to the connection; a room has its own beside them.
const OPTIONS: [&str; 4] = ["token", "creds", "tls", "ca"];

/// Servers, and the login to them. Equal addresses share a connection; secrets in it are not printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NatsAddress {
    pub(super) servers: Vec<String>,
    pub(super) login: Login,
    pub(super) tls: NatsTls,
    pub(super) ca: Option<PathBuf>,
}

/// Credentials. Without `Debug`, so that they cannot be printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Login {
    Anonymous,
    Token(String),
    User { name: String, password: String },
    Credentials(PathBuf),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NatsTls {
    IfAsked,
    Always,
}

/// A URL of NATS, taken apart: where to connect, and what is left for the room that was given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatsLocation {
    /// Server addresses.
    pub address: NatsAddress,
    /// Path after the servers, without the first `/`: a bucket, a stream.
    pub path: String,
    /// The room's own options, in the order they were written, each at most once.
    pub options: Vec<(String, String)>,
}

impl NatsLocation {
    /// Takes a URL apart: `nats://user:password@a:4222,b:4222/path?token=…&creds=FILE&tls=true&ca=FILE`, or `tls://…`.
    ///
    /// A user without a password is a token. `known` are the options the room has beside those.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument), without anything that may be a secret.
    pub fn parse(url: &str, known: &[&str]) -> Result<NatsLocation> {
        let (tls, rest) = match url.split_once("://") {
            Some(("nats", rest)) => (NatsTls::IfAsked, rest),
            Some(("tls", rest)) => (NatsTls::Always, rest),
            _ => return Err(Error::invalid_argument("a URL of NATS begins with `nats://` or `tls://`")),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // A password with one of these in it would be cut there, and its end be shown as a path.
        if path.contains('@') || query.contains('@') || url.contains('#') {
            return Err(Error::invalid_argument(
                "in a URL of NATS `/`, `?`, `#` and `@` within a password or an option are written `%2F`, `%3F`, `%23`, `%40`",
            ));
        }
        let (login, servers) = match authority.rsplit_once('@') {
            Some((login, servers)) => (login_of(login)?, servers),
            None => (Login::Anonymous, authority),
        };
        let servers = servers.split(',').map(server).collect::<Result<_>>()?;
        let mut address = NatsAddress { servers, login, tls, ca: None };
        let options = read_options(query, known, &mut address)?;
        Ok(NatsLocation { address, path: decoded(path.trim_end_matches('/'))?, options })
    }
}

impl fmt::Display for NatsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls == NatsTls::Always { "tls" } else { "nats" };
        write!(f, "{scheme}://{}", self.servers.join(","))
    }
}

impl fmt::Debug for NatsAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

fn login_of(text: &str) -> Result<Login> {
    match text.split_once(':') {
        Some((name, password)) => Ok(Login::User { name: decoded(name)?, password: decoded(password)? }),
        None => Ok(Login::Token(decoded(text)?)),
    }
}

/// `host:port`, with the port written out. Says nothing of what it cannot read: it may be half a password.
fn server(text: &str) -> Result<String> {
    let wrong = || Error::invalid_argument("a server in a URL of NATS is not `host` or `host:port`");
    let (host, port) = match text.rsplit_once(':') {
        // The colons of `[::1]` are its own.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse::<u16>().map_err(|_| wrong())?),
        _ => (text, 4222),
    };
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let good = match v6 {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|letter| letter.is_alphanumeric() || "-._".contains(letter)),
    };
    if good { Ok(format!("{host}:{port}")) } else { Err(wrong()) }
}

fn read_options(query: &str, known: &[&str], address: &mut NatsAddress) -> Result<Vec<(String, String)>> {
    let mut seen: Vec<&str> = Vec::new();
    let mut left = Vec::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').ok_or_else(|| unknown_option("", known))?;
        if seen.contains(&name) {
            return Err(Error::invalid_argument(format!("option `{}` is there twice", shown(name))));
        }
        seen.push(name);
        let value = decoded(value)?;
        match name {
            "token" => address.login = Login::Token(value),
            "creds" => address.login = Login::Credentials(value.into()),
            "ca" => address.ca = Some(value.into()),
            "tls" if value == "true" => address.tls = NatsTls::Always,
            "tls" if value == "false" => {}
            "tls" => return Err(Error::invalid_argument("option `tls` is `true` or `false`")),
            name if known.contains(&name) => left.push((name.to_owned(), value)),
            name => return Err(unknown_option(name, known)),
        }
    }
    Ok(left)
}

fn unknown_option(name: &str, known: &[&str]) -> Error {
    let all = || known.iter().copied().chain(OPTIONS);
    let meant = text::nearest(name, all()).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    let all: Vec<String> = all().map(|name| format!("`{name}=`")).collect();
    Error::invalid_argument(format!("a URL of NATS has no option `{}`{meant} (known: {})", shown(name), all.join(", ")))
}

/// A name that may be shown: an unencoded `&` in a token would make its end look like one.
fn shown(name: &str) -> &str {
    let plain = name.len() <= 20 && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    if plain && !name.is_empty() { name } else { "…" }
}

/// Text whose `%xx` are read.
fn decoded(text: &str) -> Result<String> {
    percent::decode_strict(text)
        .ok_or_else(|| Error::invalid_argument("a URL of NATS has a `%` that is not followed by two digits of UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    fn parsed(url: &str) -> NatsLocation {
        NatsLocation::parse(url, &["prefix"]).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn a_url_is_taken_apart() {
        let location = parsed("nats://us%65r:p%40ss%2f@a,b:4333,[::1]:5,[::2]/bucket/?prefix=x%2E&ca=/ca.pem");
        let expected = ["a:4222", "b:4333", "[::1]:5", "[::2]:4222"];
        assert_eq!(location.address.servers, expected);
        assert!(location.address.login == Login::User { name: "user".into(), password: "p@ss/".into() });
        assert_eq!(location.address.ca, Some("/ca.pem".into()));
        assert_eq!(
            (location.path.as_str(), location.options),
            ("bucket", vec![("prefix".to_owned(), "x.".to_owned())])
        );

        assert!(parsed("nats://t0ken@a").address.login == Login::Token("t0ken".into()));
        assert!(parsed("nats://a?token=t0ken").address.login == Login::Token("t0ken".into()));
        assert!(parsed("nats://a?creds=/x.creds").address.login == Login::Credentials("/x.creds".into()));
        assert!(parsed("nats://a").address.login == Login::Anonymous);
        assert_eq!(parsed("tls://a").address, parsed("nats://a?tls=true").address);
        assert_eq!(parsed("tls://a/b").address.to_string(), "tls://a:4222");
    }

    #[test]
    fn who_logs_in_otherwise_has_another_connection() {
        let same = parsed("nats://u:p@a:4222/x").address;
        assert_eq!(same, parsed("nats://u:p@a/y?prefix=z").address);
        for other in ["nats://u:q@a", "nats://u@a", "nats://a", "tls://u:p@a", "nats://u:p@b", "nats://u:p@a,b"] {
            assert_ne!(same, parsed(other).address, "{other}");
        }
    }

    #[test]
    fn wrong_urls_are_refused_without_showing_secrets() {
        for (url, says) in [
            ("", "begins with `nats://`"),
            ("canary", "begins with `nats://`"),
            ("http://canary@a", "begins with `nats://`"),
            ("nats://", "not `host`"),
            ("nats://a:canary", "not `host`"),
            ("nats://a:99999", "not `host`"),
            ("nats://a,", "not `host`"),
            ("nats://[::x]", "not `host`"),
            ("nats://u:canary/x@a/b", "%2F"),
            ("nats://u:canary?x@a/b", "%3F"),
            ("nats://u:p#canary@a/b", "%23"),
            ("nats://u:canary%zz@a/b", "two digits"),
            ("nats://u:canary%e4@a/b", "UTF-8"),
            ("nats://u:canary%+1@a/b", "two digits"),
            ("nats://u:p%4", "not `host`"),
            ("nats://a?token=x&canary7", "known: `prefix=`, `token=`"),
            ("nats://a?token=x&canary7=y", "no option `…`"),
            ("nats://a?tokn=canary", "no option `tokn`, did you mean `token`?"),
            ("nats://a?tls=canary", "`true` or `false`"),
            ("nats://a?token=canary&token=canary", "`token` is there twice"),
        ] {
            let error = NatsLocation::parse(url, &["prefix"]).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument, "{url}");
            assert!(error.message().contains(says), "{url}: {error}");
            assert!(!format!("{error:?}").contains("canary"), "{url}: {error:?}");
        }
    }

    #[test]
    fn a_password_is_shown_nowhere() {
        for url in ["nats://u:canary@a", "nats://canary@a", "nats://a?token=canary", "nats://a?creds=/canary"] {
            let location = parsed(url);
            assert_eq!(location.address.to_string(), "nats://a:4222");
            assert!(!format!("{location:?}").contains("canary"), "{location:?}");
        }
    }
}
