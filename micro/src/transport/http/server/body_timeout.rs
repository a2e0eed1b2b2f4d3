//! A request that stops in its middle.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body as AxumBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::util::clock::{self, Sleep};

/// A body that fails when nothing more of it comes for a while. There is no timer while something does.
#[derive(Debug)]
pub(super) struct TimeoutBody {
    body: AxumBody,
    silence: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl TimeoutBody {
    pub(super) fn new(body: AxumBody, silence: Duration) -> Self {
        TimeoutBody { body, silence, timer: None }
    }
}

impl Body for TimeoutBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.timer = None;
            return Poll::Ready(frame);
        }
        let silence = this.silence;
        let timer = this.timer.get_or_insert_with(|| Box::pin(clock::sleep(silence)));
        timer.as_mut().poll(cx).map(|()| {
            let silent = io::Error::new(io::ErrorKind::TimedOut, format!("nothing more came within {silence:?}"));
            Some(Err(axum::Error::new(silent)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
