//! One step of a start or a stop: it has a name, a bound, and lines in the log.

use std::time::Duration;

use crate::errors::{Error, Result};
use crate::util::{clock, duration};

/// Runs a step called `name`, for at most `bound` where there is one.
///
/// # Errors
///
/// What `work` fails with; [`DeadlineExceeded`](crate::Code::DeadlineExceeded) with the name of the step after `bound`.
pub(super) async fn run<T>(
    name: &'static str,
    bound: Option<Duration>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tracing::trace!(step = name, "begins");
    let begun = clock::now();
    let done = match bound {
        None => work.await,
        Some(bound) => clock::timeout(bound, work).await.unwrap_or_else(|_| {
            Err(Error::deadline_exceeded(format!("`{name}` took longer than {}", duration::show(bound))))
        }),
    };
    let took = clock::now() - begun;
    match &done {
        Ok(_) => tracing::debug!(step = name, ?took, "done"),
        Err(error) => tracing::debug!(step = name, ?took, "failed: {error:#}"),
    }
    done
}
