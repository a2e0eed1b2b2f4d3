//! Connections, and the table in which rooms share them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_nats::jetstream;
use async_nats::{Client, ConnectOptions};
use tokio::runtime;
use tokio::sync::OnceCell;

use super::REQUEST_TIMEOUT;
use super::error::failed;
use super::state::{Reported, State, StateReporter, StateWatch};
use super::url::{Login, NatsAddress, NatsTls};
use crate::errors::{Error, Result};
use crate::util::backoff::Backoff;
use crate::util::clock;

/// The bounds of the pause before servers are tried another time.
const MIN_PAUSE: Duration = Duration::from_millis(25);
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// Interval of pings. A connection that is cut without notice is noticed after two.
const PING_INTERVAL: Duration = Duration::from_secs(10);

/// A connection that rooms share. Clones are cheap; it ends with the last one.
#[derive(Clone)]
pub struct NatsConnection(Arc<Shared>);

struct Shared {
    runtime: runtime::Id,
    address: NatsAddress,
    dialled: OnceCell<Dialled>,
}

struct Dialled {
    client: Client,
    jetstream: jetstream::Context,
    reported: Reported,
}

/// Returns the connection to `address`, and makes it if this runtime has none.
///
/// # Errors
///
/// [`Unavailable`](crate::Code::Unavailable) when no server is reached within [`REQUEST_TIMEOUT`],
/// [`Unauthenticated`](crate::Code::Unauthenticated) when one refuses the login, and
/// [`InvalidArgument`](crate::Code::InvalidArgument) when the file with credentials or certificates cannot be read.
///
/// # Panics
///
/// Outside a tokio runtime.
pub async fn connect(address: &NatsAddress) -> Result<NatsConnection> {
    let shared = shared(address);
    let dialling = shared.dialled.get_or_try_init(|| dial(address));
    match clock::timeout(REQUEST_TIMEOUT, dialling).await {
        Ok(dialled) => dialled.map(|_| ())?,
        Err(late) => return Err(unreachable(address, "no answer in time").with_source(late)),
    }
    Ok(NatsConnection(shared))
}

impl NatsConnection {
    /// The driver's client. A clone of it keeps the connection open, but does not share it.
    pub fn client(&self) -> &Client {
        &self.dialled().client
    }

    /// The driver's JetStream on this connection. One for all rooms, because each has a task of its own.
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.dialled().jetstream
    }

    /// The address it was made with.
    pub fn address(&self) -> &NatsAddress {
        &self.0.address
    }

    /// Returns the current state.
    pub fn state(&self) -> State {
        self.dialled().reported.state.current()
    }

    /// Observes the state from now on.
    pub fn states(&self) -> StateWatch {
        self.dialled().reported.state.resubscribe()
    }

    /// The error to return while it is not connected.
    pub fn lost(&self) -> Error {
        let address = &self.0.address;
        if *self.dialled().reported.locked_out.borrow() {
            return Error::unauthenticated(format!(
                "the connection to `{address}` was lost, and the server refuses the login"
            ));
        }
        Error::unavailable(format!("the connection to `{address}` is lost"))
    }

    /// Waits for `request`, unless the server refuses a subject that is `name` or has it as one of its words.
    ///
    /// NATS does not answer a forbidden request, and reports the violation beside it.
    ///
    /// # Errors
    ///
    /// [`PermissionDenied`](crate::Code::PermissionDenied) when it is refused, [`Unavailable`](crate::Code::Unavailable) after
    /// [`REQUEST_TIMEOUT`], or the error of `request`.
    pub async fn permitted<T>(&self, name: &str, request: impl Future<Output = Result<T>>) -> Result<T> {
        let mut violations = self.dialled().reported.violation.clone();
        violations.mark_unchanged();
        let violation = async {
            while violations.changed().await.is_ok() {
                if violations.borrow_and_update().is_about(name) {
                    return;
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            answer = clock::timeout(REQUEST_TIMEOUT, request) => match answer {
                Ok(answer) => answer,
                Err(late) => Err(unreachable(&self.0.address, "no answer in time").with_source(late)),
            },
            () = violation => Err(Error::permission_denied(format!(
                "`{}` does not permit this login to use `{name}`", self.0.address
            ))),
        }
    }

    fn dialled(&self) -> &Dialled {
        self.0.dialled.get().expect("a connection is made after dialling")
    }
}

impl fmt::Debug for NatsConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({}, {:?})", self.0.address, self.state())
    }
}

fn shared(address: &NatsAddress) -> Arc<Shared> {
    static SHARED: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());
    // A connection is driven by the runtime that made it, and stands still with it.
    let runtime = runtime::Handle::current().id();
    let mut table = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    table.retain(|shared| shared.strong_count() > 0);
    let open = |shared: &Arc<Shared>| {
        shared.dialled.get().is_none_or(|dialled| dialled.reported.state.current() != State::Closed)
    };
    let same = |shared: &Arc<Shared>| shared.runtime == runtime && shared.address == *address && open(shared);
    if let Some(shared) = table.iter().filter_map(Weak::upgrade).find(same) {
        return shared;
    }
    let shared = Arc::new(Shared { runtime, address: address.clone(), dialled: OnceCell::new() });
    table.push(Arc::downgrade(&shared));
    shared
}

async fn dial(address: &NatsAddress) -> Result<Dialled> {
    let (reporter, reported) = StateReporter::new(address.clone());
    let options = options(address).await?.event_callback({
        // The driver owns this closure, so that the reporter is dropped when the driver's tasks have ended.
        let reporter = Arc::new(reporter);
        move |event| {
            let reporter = reporter.clone();
            async move { reporter.report(event) }
        }
    });
    let connecting = options.connect(&address.servers[..]).await;
    let client = connecting.map_err(|error| failed(&format!("cannot connect to `{address}`"), error))?;
    if reported.state.clone().settled().await == State::Closed {
        return Err(unreachable(address, "the connection ended at once"));
    }
    let jetstream = jetstream::new(client.clone());
    Ok(Dialled { client, jetstream, reported })
}

async fn options(address: &NatsAddress) -> Result<ConnectOptions> {
    // With two providers linked, rustls wants to be told which; the first to say so wins.
    let _ = async_nats::rustls::crypto::ring::default_provider().install_default();
    let servers = address.servers.len();
    let each = (REQUEST_TIMEOUT / u32::try_from(servers).unwrap_or(u32::MAX)).max(Duration::from_secs(1));
    let mut options = ConnectOptions::new()
        .name(connection_name())
        .connection_timeout(each)
        .request_timeout(Some(REQUEST_TIMEOUT))
        .ping_interval(PING_INTERVAL)
        .reconnect_delay_callback(move |attempt| pause(attempt, servers))
        .require_tls(address.tls == NatsTls::Always);
    if let Some(ca) = &address.ca {
        // The driver would not say which file it is.
        std::fs::File::open(ca).map_err(|error| {
            Error::invalid_argument(format!("cannot read the certificates in `{}`", ca.display())).with_source(error)
        })?;
        options = options.add_root_certificates(ca.clone());
    }
    match &address.login {
        Login::Anonymous => Ok(options),
        Login::Token(token) => Ok(options.token(token.clone())),
        Login::User { name, password } => Ok(options.user_and_password(name.clone(), password.clone())),
        Login::Credentials(file) => options.credentials_file(file).await.map_err(|error| {
            let kind = error.kind();
            // What the parser says of the file might quote it.
            Error::invalid_argument(format!("cannot use the credentials in `{}`: {kind}", file.display()))
        }),
    }
}

/// Name of the connection in the server's list: the program, and what connected it.
fn connection_name() -> String {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(|path| path.file_stem()).unwrap_or_default().to_string_lossy();
    format!("{program} (micro)")
}

/// The pause before attempt number `attempt` since the connection was lost, counted over all servers. The first round goes at
/// once, and later ones spread, so that a thousand clients do not come back as one.
fn pause(attempt: usize, servers: usize) -> Duration {
    let round = attempt.saturating_sub(1) / servers.max(1);
    match u32::try_from(round).unwrap_or(u32::MAX) {
        0 => Duration::ZERO,
        round => Backoff::new(MIN_PAUSE, MAX_PAUSE).delay_after(round),
    }
}

fn unreachable(address: &NatsAddress, why: &str) -> Error {
    Error::unavailable(format!("cannot reach `{address}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use crate::link::nats::NatsLocation;

    fn address(url: &str) -> NatsAddress {
        NatsLocation::parse(url, &[]).unwrap_or_else(|error| panic!("{url}: {error}")).address
    }

    #[tokio::test]
    async fn nobody_there_is_unavailable_and_leaves_nothing_behind() {
        // A port of this test's own, where no process listens any more.
        let free = crate::util::net::listen("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
        let address = address(&format!("nats://u:canary@{free}"));
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
            let error = connect(&address(&format!("nats://{}{servers}", silent.1))).await.unwrap_err();
            assert_eq!(error.code(), Code::Unavailable);
            assert!(begun.elapsed() <= REQUEST_TIMEOUT + Duration::from_millis(10), "{:?}", begun.elapsed());
        }
    }

    #[test]
    fn pauses_grow_by_rounds_and_stay_in_their_bounds() {
        assert_eq!((pause(1, 3), pause(3, 3)), (Duration::ZERO, Duration::ZERO));
        for attempt in 2..1_000 {
            let pause = pause(attempt, 1);
            assert!(pause >= MIN_PAUSE && pause <= MAX_PAUSE, "{attempt}: {pause:?}");
        }
        assert!((0..100).any(|_| pause(1_000, 1) > MAX_PAUSE / 2));
    }
}
