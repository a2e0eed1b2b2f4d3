//! Failures of the driver and of the server, as errors of ours.

use std::error::Error as StdError;

use async_nats::jetstream::{self, ErrorCode, context, stream};
use async_nats::{ConnectError, ConnectErrorKind, RequestErrorKind};

use crate::errors::{Code, Error};

/// The driver's failure, as ours: what was tried, and why it failed. Every failure of the driver comes through here.
pub fn failed(tried: &str, error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    let error = error.into();
    let first: &(dyn StdError + 'static) = &*error;
    let mut chain = std::iter::successors(Some(first), |error: &&'_ (dyn StdError + 'static)| StdError::source(*error));
    let (code, why) =
        chain.find_map(meaning).unwrap_or((Code::Unavailable, "the server could not be asked".to_owned()));
    Error::new(code, format!("{tried}: {why}")).with_source(error)
}

/// The code of JetStream that an error made by [`failed`] comes from, if the server answered with one.
pub fn jetstream_code(error: &Error) -> Option<ErrorCode> {
    let first = error.source().map(|source| source as &(dyn StdError + 'static));
    let mut chain = std::iter::successors(first, |error| StdError::source(*error));
    chain.find_map(answer).map(|answer| answer.error_code())
}

/// Returns JetStream's response, if an error of the driver is about one.
fn answer(error: &(dyn StdError + 'static)) -> Option<jetstream::Error> {
    if let Some(error) = error.downcast_ref::<jetstream::Error>() {
        return Some(error.clone());
    }
    if let Some(error) = error.downcast_ref::<context::GetStreamError>() {
        let context::GetStreamErrorKind::JetStream(answer) = error.kind() else { return None };
        return Some(answer);
    }
    match error.downcast_ref::<stream::ConsumerError>()?.kind() {
        stream::ConsumerErrorKind::JetStream(answer) => Some(answer),
        _ => None,
    }
}

/// Returns the meaning of a driver error, if it is more specific than a failure.
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
    if let Some(answer) = answer(error) {
        return Some((code_of(&answer), answer.to_string()));
    }
    if let Some(error) = error.downcast_ref::<context::GetStreamError>() {
        return match error.kind() {
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

/// The code of an answer of JetStream, which speaks in those of HTTP.
fn code_of(answer: &jetstream::Error) -> Code {
    match answer.code() {
        400 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        408 | 503 => Code::Unavailable,
        409 => Code::FailedPrecondition,
        429 => Code::ResourceExhausted,
        _ => Code::Internal,
    }
}

/// A subject that the server does not let a login use.
///
/// NATS has no code for this. It is a line of the protocol, `-ERR 'Permissions Violation for Publish to "orders"'`, which
/// arrives beside the request it is about; the request is not answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Violation {
    subject: String,
}

impl Violation {
    /// Reads what stands between the quotes of a line of `-ERR`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        const PREFIX: &str = "permissions violation for ";
        // Servers have changed the case of these words.
        let rest = line.get(..PREFIX.len()).filter(|prefix| prefix.eq_ignore_ascii_case(PREFIX))?;
        let subject = line[rest.len()..].split('"').nth(1)?;
        Some(Violation { subject: subject.to_owned() })
    }

    /// Returns `true` if the error is about `name`: a subject, or one word of it.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.subject == name || self.subject.split('.').any(|word| word == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jetstream_answers_has_our_codes() {
        for (answer, code) in
            [(404, Code::NotFound), (403, Code::PermissionDenied), (503, Code::Unavailable), (500, Code::Internal)]
        {
            let json = format!(r#"{{"code": {answer}, "err_code": 10059, "description": "why"}}"#);
            let error: jetstream::Error = serde_json::from_str(&json).expect("as the server writes it");
            let error = context::GetStreamError::new(context::GetStreamErrorKind::JetStream(error));
            let error =
                failed("cannot ask", context::KeyValueError::with_source(context::KeyValueErrorKind::GetBucket, error));
            assert_eq!(error.code(), code);
            assert_eq!(jetstream_code(&error), Some(ErrorCode::STREAM_NOT_FOUND));
            assert!(error.message().starts_with("cannot ask: ") && error.message().contains("why"), "{error}");
        }
    }

    #[test]
    fn what_jetstream_did_not_answer_has_no_code_of_it() {
        assert_eq!(jetstream_code(&Error::not_found("stream not found")), None);
        let lost = context::GetStreamError::new(context::GetStreamErrorKind::Request);
        assert_eq!(jetstream_code(&failed("cannot ask", lost)), None);
    }

    #[test]
    fn a_violation_names_its_subject() {
        for (line, subject) in [
            (r#"Permissions Violation for Publish to "$JS.API.STREAM.INFO.shop""#, Some("$JS.API.STREAM.INFO.shop")),
            (r#"Permissions Violation for Subscription to "orders.*" using queue "audit""#, Some("orders.*")),
            (r#"permissions violation for publish to "orders""#, Some("orders")),
            ("Permissions Violation for ", None),
            ("Authorization Violation", None),
            ("größe", None),
        ] {
            assert_eq!(Violation::parse(line).map(|violation| violation.subject).as_deref(), subject, "{line}");
        }
        let violation = Violation { subject: "$JS.API.STREAM.INFO.shop".into() };
        assert!(violation.is_about("shop") && violation.is_about("$JS.API.STREAM.INFO.shop"));
        assert!(!violation.is_about("sho") && !violation.is_about("INFO.shop"));
    }
}
