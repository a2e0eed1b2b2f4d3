//! Requests to JetStream.

use async_nats::jetstream::Context;
use async_nats::jetstream::response::Response;
use serde::Serialize;
use serde_json::Value;

use crate::errors::Result;
use crate::link::nats::failed;

/// Asks the server for something. `what` says for what, if it fails. The answer is kept as it is: the server may be newer than the
/// driver, and have settings that the driver would leave out.
///
/// # Errors
///
/// As [`failed`] translates them; [`jetstream_code`](crate::link::nats::jetstream_code) has the server's own code.
pub(super) async fn ask(jetstream: &Context, what: &str, subject: String, question: &impl Serialize) -> Result<Value> {
    let answered = jetstream.request::<_, _, Response<Value>>(subject, question).await;
    match answered.map_err(|error| failed(what, error))? {
        Response::Ok(answer) => Ok(answer),
        Response::Err { error } => Err(failed(what, error)),
    }
}
