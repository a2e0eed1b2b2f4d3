//! Options of a broker URL for NATS.

use super::envelope::Envelope;
use super::jetstream::{StreamSettings, Subjects};
use crate::broker::Pattern;
use crate::errors::{Error, Result};
use crate::link::nats::{NatsAddress, NatsLocation};

const OPTIONS: [&str; 3] = ["stream", "subjects", "envelope"];

#[derive(Debug)]
pub(super) struct Options {
    pub address: NatsAddress,
    pub stream: Option<StreamSettings>,
    pub envelope: Envelope,
}

impl Options {
    pub(super) fn parse(url: &str) -> Result<Self> {
        let NatsLocation { address, path, options } = NatsLocation::parse(url, &OPTIONS)?;
        if !path.is_empty() {
            return Err(Error::invalid_argument(
                "nothing stands after the servers in a URL of events in NATS: a stream is named by `?stream=NAME`",
            ));
        }
        let option = |name: &str| options.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
        let subjects = option("subjects").map(patterns).transpose()?;
        let stream = match (option("stream"), subjects) {
            (Some(name), subjects) => Some(StreamSettings {
                name: stream(name)?,
                subjects: subjects.map_or(Subjects::AsUsed, Subjects::Given),
            }),
            (None, Some(_)) => {
                return Err(Error::invalid_argument("option `subjects` is for a stream, which `stream` names"));
            }
            (None, None) => None,
        };
        let envelope = match option("envelope") {
            None => Envelope::None,
            Some("go-micro") => Envelope::GoMicro,
            Some(_) => {
                return Err(Error::invalid_argument("option `envelope` knows no such envelope (known: go-micro)"));
            }
        };
        Ok(Options { address, stream, envelope })
    }
}

fn stream(name: &str) -> Result<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if name.is_empty() || name.len() > 100 || !name.chars().all(plain) {
        return Err(Error::invalid_argument("option `stream` is a name of up to 100 letters, digits, `_` and `-`"));
    }
    Ok(name.to_owned())
}

fn patterns(list: &str) -> Result<Vec<Pattern>> {
    list.split(',').map(Pattern::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn a_url_says_where_and_how() {
        let core = Options::parse("nats://u:p@a,b").unwrap();
        assert!(core.stream.is_none() && core.envelope == Envelope::None);
        let stream = Options::parse("nats://a?stream=shop").unwrap().stream.unwrap();
        assert_eq!((stream.name.as_str(), stream.subjects), ("shop", Subjects::AsUsed));
        let given = Options::parse("nats://a/?stream=s&subjects=orders.%3E,audit&envelope=go-micro").unwrap();
        assert_eq!(given.envelope, Envelope::GoMicro);
        let subjects = ["orders.>", "audit"].map(|subject| subject.parse().unwrap());
        assert_eq!(given.stream.unwrap().subjects, Subjects::Given(subjects.to_vec()));
    }

    #[test]
    fn a_wrong_url_is_told_what_would_be_right() {
        for (url, says) in [
            ("nats://a/shop", "`?stream=NAME`"),
            ("nats://a?steam=x", "did you mean `stream`?"),
            ("nats://a?stream=a.b", "letters, digits"),
            ("nats://a?stream=", "letters, digits"),
            ("nats://a?subjects=a", "which `stream` names"),
            ("nats://a?stream=s&subjects=a..b", "a word is missing"),
            ("nats://a?envelope=x", "known: go-micro"),
            ("nats", "begins with `nats://`"),
        ] {
            let error = Options::parse(url).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument, "{url}");
            assert!(error.message().contains(says), "{url}: {error}");
        }
    }
}
