//! Calls within calls of one process: how many may wait for one another, and on whose stack they run.
//!
//! A call within the process runs in the task of its caller, which is what makes it cheap. Handlers that call each other would
//! so use up the stack of that task, and a stack that overflows ends the process. Therefore every [`MAX_STACKED`] calls or streams that
//! are polled within one another the next one goes on in a task of its own, and a chain of more than [`MAX_NESTED_CALLS`] calls is
//! refused. The chain is counted in each process by itself: one that leaves the process begins anew where it arrives, and ends
//! with its deadline.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, StreamExt};

use super::service_error::ServiceError;
use super::streaming::Streaming;
use crate::context::{self, Caller, Context, Scoped};
use crate::errors::{Error, Result};
use crate::util::spawn;

/// Maximum number of calls of one process that wait for one another. Calls of a task started with [`micro::spawn`](crate::spawn)
/// belong to the chain of the call that started the task, as its deadline does.
pub const MAX_NESTED_CALLS: u32 = 100;

/// Maximum number of handlers and streams polled within one another on one stack.
///
/// In a debug build each takes about 10 KiB of the 2 MiB that a thread has, as long as it is small: the bound leaves twenty times as
/// much for those that are not.
pub(crate) const MAX_STACKED: u32 = 8;

/// Maximum number of method names of a chain that an error lists.
const MAX_CHAIN_NAMES: usize = 6;

/// Returns `true` if `limit` handlers and streams are polled within one another on this stack, so that the next one needs a stack
/// of its own.
pub(crate) fn is_deep(limit: u32) -> bool {
    context::depth() >= limit
}

/// Checks that `caller` may call `method` of `service` within the process.
///
/// # Errors
///
/// [`ResourceExhausted`](crate::Code::ResourceExhausted) where [`MAX_NESTED_CALLS`] calls wait for it already. It names them.
pub(crate) fn check(caller: &Caller, service: &str, method: &str) -> Result<()> {
    if caller.nesting < MAX_NESTED_CALLS {
        return Ok(());
    }
    let chain = caller.chain();
    let names = chain.iter().take(MAX_CHAIN_NAMES).map(|called| format!("{}.{} → ", called.service, called.method));
    let more = if chain.len() > MAX_CHAIN_NAMES { "… → " } else { "" };
    Err(Error::resource_exhausted(format!(
        "calls within this process are nested {MAX_NESTED_CALLS} deep: {}{more}{service}.{method}",
        names.collect::<String>()
    )))
}

/// Runs `work` in a task of its own, in the current context. Dropping the future ends the task.
///
/// # Errors
///
/// [`Internal`](crate::Code::Internal) when `work` panics.
pub(crate) async fn off_stack<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let work = Context::current().scope(AssertUnwindSafe(work).catch_unwind());
    match spawn::spawn(work).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(Error::panicked(&*panic)),
        Err(ended) => Err(Error::unavailable("the runtime shuts down").with_source(ended)),
    }
}

/// Moves a stream into a task of its own, which reads one item ahead. Dropping the returned stream ends the task.
pub(super) fn off_stack_stream<T: Send + 'static, E: ServiceError>(
    stream: Scoped<Streaming<T, E>>,
    context: &Context,
) -> Scoped<Streaming<T, E>> {
    let (sender, items) = Streaming::channel(1);
    let task = spawn::spawn(async move {
        let mut stream = stream;
        let error = loop {
            let item = match AssertUnwindSafe(stream.next()).catch_unwind().await {
                Ok(Some(Ok(item))) => item,
                Ok(Some(Err(error))) => break error,
                Ok(None) => return,
                Err(panic) => break E::from_error(Error::panicked(&*panic)),
            };
            if !sender.send(item).await {
                return;
            }
        };
        sender.fail(error).await;
    });
    let items = items.inspect(move |_| {
        let _reading = &task;
    });
    Scoped::stream(context.clone(), Streaming::new(items))
}
