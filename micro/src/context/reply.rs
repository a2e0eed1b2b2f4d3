//! Reply metadata, and cancellation of a call.

use super::state::{CallState, Reply};
use super::{Completion, Context};
use crate::errors::{Error, Result};
use crate::metadata::Metadata;
use crate::util::clock;

/// Reply metadata.
impl Context {
    /// Sends a pair to the caller ahead of the answer. Has no effect once the first item of a stream is out.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the key or value cannot be metadata;
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) outside a call.
    pub fn reply_header(&self, key: &str, value: impl Into<String>) -> Result<()> {
        self.state()?.reply(|reply| reply.headers.insert(key, value))
    }

    /// Sends a pair to the caller behind the answer.
    ///
    /// # Errors
    ///
    /// As [`reply_header`](Self::reply_header).
    pub fn reply_trailer(&self, key: &str, value: impl Into<String>) -> Result<()> {
        self.state()?.reply(|reply| reply.trailers.insert(key, value))
    }

    /// The pairs that the handler sent, or the peer answered, ahead of the answer. On a client whose call was attempted more
    /// than once they are those of the last attempt.
    pub fn reply_headers(&self) -> Metadata {
        self.read_reply(|reply| reply.headers.clone())
    }

    /// The pairs that the handler sent, or the peer answered, behind the answer.
    pub fn reply_trailers(&self) -> Metadata {
        self.read_reply(|reply| reply.trailers.clone())
    }

    /// Takes the headers of the reply.
    pub(crate) fn take_reply_headers(&self) -> Metadata {
        self.read_reply(|reply| std::mem::take(&mut reply.headers))
    }

    /// Takes the trailers of the reply.
    pub(crate) fn take_reply_trailers(&self) -> Metadata {
        self.read_reply(|reply| std::mem::take(&mut reply.trailers))
    }

    /// Keeps the reply metadata of a peer, for the caller to read.
    pub(crate) fn received(&self, headers: Metadata, trailers: Metadata) {
        let Ok(state) = self.state() else { return };
        if headers.is_empty() && trailers.is_empty() {
            return;
        }
        let _ = state.reply(|reply| {
            reply.headers.append_all(headers);
            reply.trailers.append_all(trailers);
            Ok(())
        });
    }

    /// Forgets the reply metadata of an attempt that failed, before the next one begins.
    pub(crate) fn clear_reply(&self) {
        if let Ok(state) = self.state() {
            state.clear_reply();
        }
    }

    fn state(&self) -> Result<&CallState<Box<dyn Completion>>> {
        let inner = self.0.as_ref();
        Ok(inner.ok_or_else(|| Error::failed_precondition("no call to answer: the context is empty"))?.state())
    }

    fn read_reply(&self, read: impl FnOnce(&mut Reply) -> Metadata) -> Metadata {
        self.0.as_ref().map_or_else(Metadata::new, |inner| inner.state().read_reply(read))
    }
}

/// Cancellation and completion.
impl Context {
    /// Notifies those who wait for [`cancelled`](Self::cancelled) that the caller has given up. All copies of the context are
    /// cancelled with it.
    pub fn cancel(&self) {
        if let Some(inner) = &self.0 {
            inner.state().cancel();
        }
    }

    /// Returns `true` if the caller has given up or the deadline has passed.
    pub fn is_cancelled(&self) -> bool {
        let Some(inner) = &self.0 else { return false };
        inner.state().is_cancelled() || inner.deadline.is_some_and(|deadline| deadline <= clock::now())
    }

    /// Waits until the caller gives up or the deadline passes; for ever where neither can happen.
    ///
    /// A handler itself needs no such wait, because it is dropped then. Tasks it has started do.
    pub async fn cancelled(&self) {
        let Some(inner) = &self.0 else { return std::future::pending().await };
        let cancelled = inner.state().cancelled();
        match inner.deadline {
            Some(deadline) => drop(clock::timeout_at(deadline, cancelled).await),
            None => cancelled.await,
        }
    }

    /// Has `completion` notified of the end of the call, which is answered with a stream.
    pub(crate) fn push_completion(&self, completion: Box<dyn Completion>) {
        if let Some(inner) = &self.0 {
            inner.state().push_completion(completion);
        }
    }

    /// Takes back what was pushed last, for a call that ends without a stream; `None` once the stream has taken it.
    pub(crate) fn pop_completion(&self) -> Option<Box<dyn Completion>> {
        self.0.as_ref()?.state().pop_completion()
    }

    /// Takes all that are to be notified, for the stream of the reply.
    pub(crate) fn take_completions(&self) -> Vec<Box<dyn Completion>> {
        self.0.as_ref().map_or_else(Vec::new, |inner| inner.state().take_completions())
    }
}
