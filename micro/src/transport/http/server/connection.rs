//! One connection: which version of HTTP it speaks, its timers, and its end.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};

use super::HttpServerOptions;
use super::response_body::ResponseBody;
use crate::transport::http::counting_io::{CountingIo, ReadCounter};
use crate::transport::http::executor::Executor;
use crate::transport::http::frame_coalescing::CONNECTION_WINDOW;
use crate::transport::http::metadata::MAX_HEADERS;
use crate::transport::http::write_coalescing::{CoalescingIo, InFlight};
use crate::util::clock;

/// Length of HTTP/2's preface: once it is read hyper knows which version the peer speaks.
const PREFACE_SIZE: usize = 24;
/// Time a drain waits for the preface. Asked to shut down earlier, hyper gives up on the connection and the data sent on it.
const PREFACE_TIMEOUT: Duration = Duration::from_millis(500);

/// Number of late bytes tolerated for a call that was answered before its request had ended: they are not an attack. h2 counts
/// them for the lifetime of the connection, and keeps no more of each than it does of a call.
const MAX_IGNORED_BYTES: usize = 16 * 1024;

pub(super) async fn serve<I, F>(
    io: I,
    answer: impl Fn(Request<Incoming>) -> F + Send + 'static,
    options: &HttpServerOptions,
    drain: impl Future<Output = ()>,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = Response<ResponseBody>> + Send + 'static,
{
    let seen = Arc::new(ReadCounter::new(PREFACE_SIZE));
    let calls = InFlight::default();
    let io = TokioIo::new(CoalescingIo::new(CountingIo::new(io, seen.clone()), calls.clone()));
    let service = service_fn({
        let seen = seen.clone();
        move |request| {
            // There are requests shorter than the preface.
            seen.add(PREFACE_SIZE);
            let busy = calls.one_more();
            // Boxed where it begins: hyper moves it several times until it is a task.
            let answer = Box::pin(answer(request));
            async move { Ok::<_, Infallible>(answer.await.map(|sent| sent.keeping(busy))) }
        }
    });
    let builder = builder(options);
    let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));

    let mut drain = pin!(async {
        drain.await;
        let _ = clock::timeout(PREFACE_TIMEOUT, seen.enough()).await;
    });
    // hyper's own timer does not run while it waits for the preface.
    let mut silence = pin!(clock::timeout(options.header_timeout, seen.enough()));
    let (mut draining, mut listening) = (false, false);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection ended");
                }
                return;
            }
            () = drain.as_mut(), if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
            activity = silence.as_mut(), if !listening => match activity {
                Ok(()) => listening = true,
                Err(_) => return tracing::debug!("connection closed: no request came"),
            },
        }
    }
}

fn builder(options: &HttpServerOptions) -> auto::Builder<Executor> {
    let mut builder = auto::Builder::new(Executor);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(MAX_HEADERS as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.streams)
        // Callers that give up in numbers are no attack: as many may be undone before we get to them as may be open.
        .max_pending_accept_reset_streams(options.streams as usize)
        .max_local_error_reset_streams(MAX_IGNORED_BYTES)
        .max_header_list_size(MAX_HEADERS)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(options.keepalive)
        .keep_alive_timeout(options.keepalive / 2);
    builder
}
