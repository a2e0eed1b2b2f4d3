//! One connection to NATS for all rooms that name the same servers and the same login.
//!
//! [`Location`] reads a URL, [`connect`] gives a [`Link`]. The connection ends with the last link, and until then comes back
//! by itself, for ever. Credentials are taken out of the URL before anything else sees it: the driver logs its addresses.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_nats::jetstream::{self, context, stream};
use async_nats::{
    Client, ClientError, ConnectError, ConnectErrorKind, ConnectOptions, Event, RequestErrorKind, ServerError,
};
use tokio::runtime;
use tokio::sync::{OnceCell, watch};

use crate::errors::{Code, Error, Result};
use crate::util::{clock, percent, random, text};

/// How long connecting, or asking for something, may take.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The longest pause between two tries to reach a server again.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How often the server is asked whether it is there: a connection that is cut without a word is noticed after two of these.
const PING: Duration = Duration::from_secs(10);

/// The options of a URL that say how to connect; a room has its own beside them.
const OPTIONS: [&str; 4] = ["token", "creds", "tls", "ca"];

/// A connection that is shared. Cloning it is cheap.
#[derive(Clone)]
pub struct Link(Arc<Shared>);

struct Shared {
    runtime: runtime::Id,
    address: Address,
    dialled: OnceCell<Dialled>,
}

struct Dialled {
    client: Client,
    jetstream: jetstream::Context,
    state: watch::Receiver<State>,
    refused: watch::Receiver<Arc<str>>,
    locked_out: watch::Receiver<bool>,
}

/// How a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It stands. The number is another each time, so that who remembers it knows whether it was lost in between.
    Connected(u64),
    /// It was lost, and is being made again.
    Disconnected,
    /// It is gone with the runtime that drove it: connect again.
    Closed,
}

/// Tells how a connection is doing, for as long as it is looked at.
#[derive(Clone, Debug)]
pub struct States(watch::Receiver<State>);

/// Which servers, and as whom. Equal addresses share a connection; what is a secret in it is shown nowhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    servers: Vec<String>,
    login: Login,
    tls: Tls,
    ca: Option<PathBuf>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Login {
    Nobody,
    Token(String),
    User { name: String, password: String },
    Credentials(PathBuf),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Tls {
    IfAsked,
    Always,
}

/// A URL of NATS, taken apart: where to connect, and what is left for the room that was given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Where to connect.
    pub address: Address,
    /// What stands after the servers, without the first `/`: a bucket, a stream.
    pub path: String,
    /// The room's own options, in the order they were written, each at most once.
    pub options: Vec<(String, String)>,
}

/// The connection to `address`; it is made if no one in this runtime holds it yet.
///
/// # Errors
///
/// [`Unavailable`](Code::Unavailable) when no server can be reached within [`PATIENCE`],
/// [`Unauthenticated`](Code::Unauthenticated) when one refuses the login, and
/// [`InvalidArgument`](Code::InvalidArgument) when the file with credentials or certificates cannot be read.
///
/// # Panics
///
/// Outside a tokio runtime.
pub async fn connect(address: &Address) -> Result<Link> {
    let shared = shared(address);
    let dialling = shared.dialled.get_or_try_init(|| dial(address));
    match clock::timeout(PATIENCE, dialling).await {
        Ok(dialled) => dialled.map(|_| ())?,
        Err(late) => return Err(unreachable(address, "no answer in time").from_source(late)),
    }
    Ok(Link(shared))
}

fn shared(address: &Address) -> Arc<Shared> {
    static SHARED: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());
    // A connection is driven by the runtime that made it, and stands still with it.
    let runtime = runtime::Handle::current().id();
    let mut table = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    table.retain(|shared| shared.strong_count() > 0);
    let open = |shared: &Arc<Shared>| shared.dialled.get().is_none_or(|dialled| dialled.state() != State::Closed);
    let same = |shared: &Arc<Shared>| shared.runtime == runtime && shared.address == *address && open(shared);
    if let Some(shared) = table.iter().filter_map(Weak::upgrade).find(same) {
        return shared;
    }
    let shared = Arc::new(Shared { runtime, address: address.clone(), dialled: OnceCell::new() });
    table.push(Arc::downgrade(&shared));
    shared
}

async fn dial(address: &Address) -> Result<Dialled> {
    let (told, mut state) = watch::channel(State::Disconnected);
    let (refusing, refused) = watch::channel(Arc::from(""));
    let (locking_out, locked_out) = watch::channel(false);
    let options = options(address).await?.event_callback({
        // The driver owns this closure, so that `told` is dropped when the driver's tasks have ended.
        let driver = Arc::new(Driver { address: address.clone(), told, refusing, locking_out });
        move |event| {
            let driver = driver.clone();
            async move { driver.hear(event) }
        }
    });
    let client = options.connect(&address.servers[..]).await.map_err(|error| {
        let cannot = format!("cannot connect to `{address}`");
        failed(&cannot, error)
    })?;
    let stands = state.wait_for(|state| matches!(state, State::Connected(_))).await.map(|_| ());
    stands.map_err(|gone| unreachable(address, "the connection ended at once").from_source(gone))?;
    let jetstream = jetstream::new(client.clone());
    Ok(Dialled { client, jetstream, state, refused, locked_out })
}

async fn options(address: &Address) -> Result<ConnectOptions> {
    // With two providers linked, rustls wants to be told which; the first to say so wins.
    let _ = async_nats::rustls::crypto::ring::default_provider().install_default();
    let servers = address.servers.len();
    let each = (PATIENCE / u32::try_from(servers).unwrap_or(u32::MAX)).max(Duration::from_secs(1));
    let mut options = ConnectOptions::new()
        .name(connection_name())
        .connection_timeout(each)
        .request_timeout(Some(PATIENCE))
        .ping_interval(PING)
        .reconnect_delay_callback(move |attempt| pause(attempt, servers))
        .require_tls(address.tls == Tls::Always);
    if let Some(ca) = &address.ca {
        // The driver would not say which file it is.
        std::fs::File::open(ca).map_err(|error| {
            Error::invalid_argument(format!("cannot read the certificates in `{}`", ca.display())).from_source(error)
        })?;
        options = options.add_root_certificates(ca.clone());
    }
    match &address.login {
        Login::Nobody => Ok(options),
        Login::Token(token) => Ok(options.token(token.clone())),
        Login::User { name, password } => Ok(options.user_and_password(name.clone(), password.clone())),
        Login::Credentials(file) => options.credentials_file(file).await.map_err(|error| {
            let kind = error.kind();
            // What the parser says of the file might quote it.
            Error::invalid_argument(format!("cannot use the credentials in `{}`: {kind}", file.display()))
        }),
    }
}

/// What operators see in the server's list of connections: the program, and what connected it.
fn connection_name() -> String {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(|path| path.file_stem()).unwrap_or_default().to_string_lossy();
    format!("{program} (micro)")
}

/// How long to wait before the n-th try since the connection stood, counted over all servers: the first round goes at once,
/// and later ones spread, so that a thousand clients do not come back as one.
fn pause(attempt: usize, servers: usize) -> Duration {
    let round = attempt.saturating_sub(1) / servers.max(1);
    if round == 0 {
        return Duration::ZERO;
    }
    let longest = Duration::from_millis(25).saturating_mul(1 << round.min(10)).min(LONGEST_PAUSE);
    longest.mul_f64(0.5 + random::fraction() / 2.0)
}

/// What the driver tells goes here.
struct Driver {
    address: Address,
    told: watch::Sender<State>,
    refusing: watch::Sender<Arc<str>>,
    locking_out: watch::Sender<bool>,
}

impl Driver {
    fn hear(&self, event: Event) {
        match event {
            Event::Connected => self.stands(),
            Event::Disconnected => {
                tracing::warn!(server = %self.address, "lost the connection to NATS, making it again");
                self.told.send_replace(State::Disconnected);
            }
            Event::ServerError(ServerError::Other(said)) => {
                tracing::warn!(server = %self.address, said, "NATS reports an error");
                if said.to_ascii_lowercase().contains("permissions violation") {
                    self.refusing.send_replace(said.into());
                }
            }
            Event::SlowConsumer(_) => {
                tracing::warn!(server = %self.address, "messages from NATS came faster than read")
            }
            // The only word the driver has for why it cannot come back.
            Event::ClientError(ClientError::Other(why))
                if why == ConnectErrorKind::AuthorizationViolation.to_string() =>
            {
                if !self.locking_out.send_replace(true) {
                    tracing::warn!(server = %self.address, "NATS refuses the login it took before");
                }
            }
            Event::ServerError(_) | Event::ClientError(_) => {
                tracing::debug!(server = %self.address, %event, "NATS reports an error");
            }
            Event::LameDuckMode | Event::Draining | Event::Closed => {
                tracing::debug!(server = %self.address, %event, "NATS says");
            }
        }
    }

    fn stands(&self) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        tracing::debug!(server = %self.address, "connected to NATS");
        self.locking_out.send_replace(false);
        self.told.send_replace(State::Connected(NEXT.fetch_add(1, Ordering::Relaxed)));
    }
}

impl Dialled {
    fn state(&self) -> State {
        // Without a sender nobody drives the connection any more.
        if self.state.has_changed().is_err() { State::Closed } else { *self.state.borrow() }
    }
}

impl Link {
    /// The driver's client. A clone of it keeps the connection open, but does not share it.
    pub fn client(&self) -> &Client {
        &self.dialled().client
    }

    /// The driver's JetStream, on this connection. One for all, because each has a task of its own.
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.dialled().jetstream
    }

    /// Where it leads.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// How it is doing.
    pub fn state(&self) -> State {
        self.dialled().state()
    }

    /// How it is doing from now on.
    pub fn states(&self) -> States {
        let mut state = self.dialled().state.clone();
        state.mark_unchanged();
        States(state)
    }

    /// Why it does not stand.
    pub fn lost(&self) -> Error {
        let address = &self.0.address;
        if *self.dialled().locked_out.borrow() {
            return Error::unauthenticated(format!(
                "the connection to `{address}` was lost, and the server refuses the login"
            ));
        }
        Error::unavailable(format!("the connection to `{address}` is lost"))
    }

    /// What `asked` comes to, unless the server refuses something that has `subject` in it: NATS answers a forbidden request
    /// with a remark beside it, and the request itself is never answered.
    ///
    /// # Errors
    ///
    /// [`PermissionDenied`](Code::PermissionDenied) when it is refused, [`Unavailable`](Code::Unavailable) after
    /// [`PATIENCE`], or what `asked` says.
    pub async fn permitted<T>(&self, subject: &str, asked: impl Future<Output = Result<T>>) -> Result<T> {
        let mut refused = self.dialled().refused.clone();
        refused.mark_unchanged();
        let refusal = async {
            while refused.changed().await.is_ok() {
                if refused.borrow_and_update().contains(subject) {
                    return;
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            answer = clock::timeout(PATIENCE, asked) => match answer {
                Ok(answer) => answer,
                Err(late) => Err(unreachable(&self.0.address, "no answer in time").from_source(late)),
            },
            () = refusal => Err(Error::permission_denied(format!(
                "`{}` does not permit this login to use `{subject}`", self.0.address
            ))),
        }
    }

    fn dialled(&self) -> &Dialled {
        self.0.dialled.get().expect("a link is made after dialling")
    }
}

impl States {
    /// How it is doing.
    pub fn current(&self) -> State {
        if self.0.has_changed().is_err() { State::Closed } else { *self.0.borrow() }
    }

    /// Waits until it is doing otherwise. Once closed, it is closed at once.
    pub async fn changed(&mut self) -> State {
        match self.0.changed().await {
            Ok(()) => *self.0.borrow_and_update(),
            Err(_) => State::Closed,
        }
    }

    /// Waits until it stands, or is closed.
    pub async fn settled(&mut self) -> State {
        match self.0.wait_for(|state| matches!(state, State::Connected(_))).await {
            Ok(state) => *state,
            Err(_) => State::Closed,
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({}, {:?})", self.0.address, self.state())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls == Tls::Always { "tls" } else { "nats" };
        write!(f, "{scheme}://{}", self.servers.join(","))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl Location {
    /// Takes a URL apart: `nats://user:password@a:4222,b:4222/path?token=…&creds=FILE&tls=true&ca=FILE`, or `tls://…`.
    ///
    /// A user without a password is a token. `known` are the options the room has beside those.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](Code::InvalidArgument), without anything that may be a secret.
    pub fn parse(url: &str, known: &[&str]) -> Result<Location> {
        let (tls, rest) = match url.split_once("://") {
            Some(("nats", rest)) => (Tls::IfAsked, rest),
            Some(("tls", rest)) => (Tls::Always, rest),
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
            None => (Login::Nobody, authority),
        };
        let servers = servers.split(',').map(server).collect::<Result<_>>()?;
        let mut address = Address { servers, login, tls, ca: None };
        let options = read_options(query, known, &mut address)?;
        Ok(Location { address, path: decoded(path.trim_end_matches('/'))?, options })
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

fn read_options(query: &str, known: &[&str], address: &mut Address) -> Result<Vec<(String, String)>> {
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
            "tls" if value == "true" => address.tls = Tls::Always,
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

/// The driver's failure, as ours: what was tried, and why it failed. Every failure of the driver comes through here.
pub fn failed(tried: &str, error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    let error = error.into();
    let first: &(dyn StdError + 'static) = &*error;
    let mut chain = std::iter::successors(Some(first), |error: &&'_ (dyn StdError + 'static)| StdError::source(*error));
    let (code, why) =
        chain.find_map(meaning).unwrap_or((Code::Unavailable, "the server could not be asked".to_owned()));
    Error::new(code, format!("{tried}: {why}")).from_source(error)
}

/// What one error of the driver means, if it says more than that something failed.
fn meaning(error: &(dyn StdError + 'static)) -> Option<(Code, String)> {
    if let Some(error) = error.downcast_ref::<ConnectError>() {
        return Some(match error.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                (Code::Unauthenticated, "the server refuses the login".to_owned())
            }
            ConnectErrorKind::ServerParse => (Code::InvalidArgument, "not the address of a server".to_owned()),
            kind => (Code::Unavailable, error.source().map_or_else(|| kind.to_string(), ToString::to_string)),
        });
    }
    if let Some(error) = error.downcast_ref::<jetstream::Error>() {
        return Some(answer(error));
    }
    if let Some(error) = error.downcast_ref::<context::GetStreamError>() {
        return match error.kind() {
            context::GetStreamErrorKind::JetStream(error) => Some(answer(&error)),
            context::GetStreamErrorKind::Request => None,
            kind => Some((Code::InvalidArgument, kind.to_string())),
        };
    }
    if let Some(error) = error.downcast_ref::<context::KeyValueError>() {
        return (error.kind() == context::KeyValueErrorKind::InvalidStoreName)
            .then(|| (Code::InvalidArgument, "not the name of a bucket".to_owned()));
    }
    if let Some(error) = error.downcast_ref::<stream::ConsumerError>() {
        return match error.kind() {
            stream::ConsumerErrorKind::JetStream(error) => Some(answer(&error)),
            stream::ConsumerErrorKind::TimedOut => Some((Code::Unavailable, "no answer in time".to_owned())),
            _ => None,
        };
    }
    if let Some(error) = error.downcast_ref::<async_nats::RequestError>() {
        return Some(match error.kind() {
            // A server that has just started says this too, until its JetStream is ready.
            RequestErrorKind::NoResponders => {
                (Code::Unavailable, "nobody answers there: is JetStream enabled (`nats-server -js`)?".to_owned())
            }
            RequestErrorKind::TimedOut => (Code::Unavailable, "no answer in time".to_owned()),
            RequestErrorKind::InvalidSubject => (Code::InvalidArgument, "not a subject".to_owned()),
            RequestErrorKind::MaxPayloadExceeded => {
                (Code::ResourceExhausted, "larger than the server takes".to_owned())
            }
            RequestErrorKind::Other => (Code::Unavailable, "the connection does not take it".to_owned()),
        });
    }
    if let Some(error) = error.downcast_ref::<async_nats::PublishError>() {
        return Some(match error.kind() {
            async_nats::PublishErrorKind::MaxPayloadExceeded => {
                (Code::ResourceExhausted, "larger than the server takes".to_owned())
            }
            async_nats::PublishErrorKind::InvalidSubject => (Code::InvalidArgument, "not a subject".to_owned()),
            async_nats::PublishErrorKind::Send => (Code::Unavailable, "the connection does not take it".to_owned()),
        });
    }
    if let Some(error) = error.downcast_ref::<context::PublishError>() {
        return match error.kind() {
            context::PublishErrorKind::MaxPayloadExceeded => {
                Some((Code::ResourceExhausted, "larger than the server takes".to_owned()))
            }
            context::PublishErrorKind::TimedOut => Some((Code::Unavailable, "no answer in time".to_owned())),
            _ => None,
        };
    }
    error.downcast_ref::<std::io::Error>().map(|error| (Code::Unavailable, error.to_string()))
}

/// What JetStream answers: it speaks in codes of HTTP.
fn answer(error: &jetstream::Error) -> (Code, String) {
    let code = match error.code() {
        400 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        408 | 503 => Code::Unavailable,
        409 => Code::FailedPrecondition,
        429 => Code::ResourceExhausted,
        _ => Code::Internal,
    };
    (code, error.to_string())
}

fn unreachable(address: &Address, why: &str) -> Error {
    Error::unavailable(format!("cannot reach `{address}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Location {
        Location::parse(url, &["prefix"]).unwrap_or_else(|error| panic!("{url}: {error}"))
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
        assert!(parsed("nats://a").address.login == Login::Nobody);
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
            let error = Location::parse(url, &["prefix"]).unwrap_err();
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

    #[tokio::test]
    async fn nobody_there_is_unavailable_and_leaves_nothing_behind() {
        // A port of this test's own, where nobody listens any more.
        let free = crate::util::net::listen("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
        let address = parsed(&format!("nats://u:canary@{free}")).address;
        for _ in 0..2 {
            let error = connect(&address).await.unwrap_err();
            assert_eq!(error.code(), Code::Unavailable);
            assert!(error.message().starts_with(&format!("cannot connect to `nats://{free}`: ")), "{error}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
        assert_eq!(Arc::strong_count(&shared(&address)), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_unavailable_in_time() {
        let silent = crate::util::net::listen("127.0.0.1:0").await.expect("a port");
        let silent = silent.local_addr().map(|address| (silent, address)).expect("bound");
        for servers in ["", ",127.0.0.1:1", ",127.0.0.1:1,127.0.0.1:1"] {
            let begun = clock::now();
            let error = connect(&parsed(&format!("nats://{}{servers}", silent.1)).address).await.unwrap_err();
            assert_eq!(error.code(), Code::Unavailable);
            assert!(begun.elapsed() <= PATIENCE + Duration::from_millis(10), "{:?}", begun.elapsed());
        }
    }

    #[test]
    fn pauses_grow_by_rounds_and_stay_below_the_longest() {
        assert_eq!((pause(1, 3), pause(3, 3)), (Duration::ZERO, Duration::ZERO));
        for attempt in 2..1_000 {
            let pause = pause(attempt, 1);
            assert!(pause >= Duration::from_millis(25) && pause <= LONGEST_PAUSE, "{attempt}: {pause:?}");
        }
        assert!(pause(1_000, 1) >= LONGEST_PAUSE / 2);
    }

    #[test]
    fn what_jetstream_answers_has_our_codes() {
        for (answer, code) in
            [(404, Code::NotFound), (403, Code::PermissionDenied), (503, Code::Unavailable), (500, Code::Internal)]
        {
            let json = format!(r#"{{"code": {answer}, "err_code": 1, "description": "why"}}"#);
            let error: jetstream::Error = serde_json::from_str(&json).expect("as the server writes it");
            let error = context::GetStreamError::new(context::GetStreamErrorKind::JetStream(error));
            let error =
                failed("cannot ask", context::KeyValueError::with_source(context::KeyValueErrorKind::GetBucket, error));
            assert_eq!(error.code(), code);
            assert!(error.message().starts_with("cannot ask: ") && error.message().contains("why"), "{error}");
        }
    }
}
