//! The ways into a program.

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use super::settings::Answered;
use super::{App, Running};
use crate::config::load::ProcessEnv;
use crate::errors::{Error, Result};
use crate::rpc::ServiceError;

/// Serves everything that is linked into the program, as the environment and the command line set it, until SIGTERM or
/// ctrl-c.
///
/// ```no_run
/// #[micro::main]
/// async fn main() -> micro::Result<()> {
///     micro::run().await
/// }
/// ```
///
/// # Errors
///
/// As [`App::run`].
pub async fn run() -> Result<()> {
    App::new().linked().environment().run().await
}

/// The whole of `main`: [`run`] on a runtime of its own.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     micro::main()
/// }
/// ```
pub fn main() -> ExitCode {
    block_on(Runtime::default(), run())
}

/// An app that serves nothing yet: the explicit road. [`App`] has an example.
pub fn app() -> App {
    App::new()
}

/// A program that only calls: no handler is collected, nothing listens. It reads the environment, and leaves the command
/// line to the program.
///
/// ```no_run
/// # use micro::prelude::*;
/// # #[micro::message] pub struct HelloRequest { pub name: String }
/// # #[micro::message] pub struct HelloReply { pub greeting: String }
/// # #[micro::service] pub trait Greeter { async fn hello(&self, req: HelloRequest) -> Result<HelloReply>; }
/// # async fn example() -> Result<()> {
/// let app = micro::client().await?;
/// let greeter: GreeterClient = app.get()?;
/// let reply = greeter.hello(HelloRequest { name: "Ada".into() }).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As [`App::start`].
pub async fn client() -> Result<Running> {
    let mut app = App::new();
    app.sources.environment = Some(ProcessEnv::environment());
    app.start().await
}

/// Time a failed program waits for work that blocks a thread.
const FAILED_SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

/// The runtime of a program, as `#[micro::main]` was told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Runtime {
    /// All on one thread.
    pub current_thread: bool,
    /// Number of worker threads of a multi-threaded runtime. Default: the number of processors.
    pub worker_threads: Option<usize>,
}

/// Runs `program` to its end, and turns how it ended into what the process exits with.
pub fn block_on<T: Termination>(runtime: Runtime, program: impl Future<Output = T>) -> ExitCode {
    let mut builder = if runtime.current_thread {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    if let Some(threads) = runtime.worker_threads {
        builder.worker_threads(threads.max(1));
    }
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start the runtime: {error}")),
    };
    let ended = runtime.block_on(program).into_exit_code();
    if ended != ExitCode::SUCCESS {
        // What went wrong may be a handler that blocks its thread, and dropping the runtime would wait for that.
        runtime.shutdown_timeout(FAILED_SHUTDOWN_TIMEOUT);
    }
    ended
}

/// Return type of `main`: `()`, or a `Result` of `()`.
#[diagnostic::on_unimplemented(
    message = "`main` cannot return `{Self}`",
    label = "expected nothing or `Result<()>`",
    note = "to choose the exit code, write a `fn main` without the attribute"
)]
pub trait Termination {
    /// Returns the exit code; an error is written to stderr.
    fn into_exit_code(self) -> ExitCode;
}

impl Termination for () {
    fn into_exit_code(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

impl<E: ServiceError> Termination for Result<(), E> {
    fn into_exit_code(self) -> ExitCode {
        match self {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => match error.into_error() {
                error if Answered::is_source_of(&error) => ExitCode::SUCCESS,
                error => failed(&words(&error)),
            },
        }
    }
}

// A report of several lines speaks for itself; one line can do with what else is known.
fn words(error: &Error) -> String {
    if error.message().contains('\n') { error.message().trim_end().to_owned() } else { format!("{error:#}") }
}

fn failed(text: &str) -> ExitCode {
    eprintln!("error: {text}");
    ExitCode::FAILURE
}
