//! Settings from a bucket of NATS.

mod bucket;
mod entries;
mod format;

use self::format::BucketFormat;
use super::Source;
use crate::errors::{Error, Result};
use crate::link::nats::{NatsAddress, NatsLocation};
use crate::util::text;

/// A source of settings in a key-value bucket of NATS, with live updates.
///
/// ```no_run
/// use micro::config::Nats;
///
/// # fn main() -> micro::Result<()> {
/// // nats kv add settings
/// // nats kv put settings greeter.salutation Servus
/// let settings = Nats::new("nats://10.0.0.1:4222/settings")?;
/// # Ok(()) }
/// ```
///
/// # The URL
///
/// `nats://10.0.0.1:4222/BUCKET`, or several servers of one cluster: `nats://a:4222,b:4222/BUCKET`.
///
/// | Part | Meaning |
/// |---|---|
/// | `nats://user:password@…`, `nats://token@…` | the login; characters other than letters and digits are percent-encoded, as in `%40` |
/// | `?token=…` | a token, as an option |
/// | `?creds=FILE` | a file with credentials, as written by `nsc` |
/// | `tls://…`, `?tls=true` | requires TLS; `nats://` uses TLS if the server requires it |
/// | `?ca=FILE` | trusted certificates, instead of those of the system |
/// | `?prefix=app.` | reads only the keys below `app.`, without this prefix |
/// | `?key=NAME` | reads only this key, which holds a whole document |
/// | `?format=json` | format of the document |
///
/// # Layout
///
/// Every key of the bucket is the path of a setting, and its value is the text of the setting: `greeter.salutation` is
/// `salutation` of the table `greeter`. A value that starts with `{` or `[` and parses as JSON is a table or a list. If a key
/// holds text and other keys are below it, the keys below win. A key that was deleted or purged is absent.
///
/// With `?key=`, one key holds all settings, as a JSON object. Go Micro writes its settings to the key `micro_config` of the
/// bucket `default`, and `nats://10.0.0.1:4222/default?key=micro_config` reads them.
///
/// # Failures and changes
///
/// A server that does not answer within 5 s is [`Unavailable`](crate::Code::Unavailable); a bucket that does not exist is
/// [`NotFound`](crate::Code::NotFound), and is not created; a value that is not UTF-8, or a document that cannot be parsed, is
/// [`InvalidArgument`](crate::Code::InvalidArgument) with the name of its key. Each error is reported once, and the stream
/// continues: it retries after a pause that grows to 5 s, and sends the current values as soon as they can be read.
///
/// Changes arrive within milliseconds, many changes in a burst as one update. Changes made while the connection was lost,
/// deletions included, arrive when it is restored; a connection that appears open but is dead is detected after 10 s. The bucket
/// is read again every 30 s, which recovers from a watch that the server has lost, and removes values that expired without a
/// message. All modules that name the same servers and login share one connection.
#[derive(Clone, Debug)]
pub struct Nats {
    address: NatsAddress,
    bucket: String,
    shape: BucketShape,
}

/// Layout of the settings in the bucket.
#[derive(Clone, Debug, PartialEq)]
enum BucketShape {
    /// One key for each setting, below a prefix that is empty or ends with a dot.
    Keys { prefix: String },
    /// One key that holds all settings.
    Document { key: String, format: BucketFormat },
}

crate::scheme!(Box<dyn Source>, "nats", "nats://10.0.0.1:4222/settings", |connect| {
    Box::pin(async move { Ok(Box::new(Nats::new(connect.url())?) as Box<dyn Source>) })
});

const OPTIONS: [&str; 3] = ["prefix", "key", "format"];

impl Nats {
    /// Creates a source for the bucket that a URL names. Does not connect yet.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when the URL is not valid, or has an unknown option.
    pub fn new(url: &str) -> Result<Self> {
        let NatsLocation { address, path: bucket, options } = NatsLocation::parse(url, &OPTIONS)?;
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        if bucket.is_empty() || !bucket.chars().all(plain) {
            return Err(Error::invalid_argument(
                "after the servers, a URL of settings in NATS names a bucket of letters, digits, `_` and `-`: \
                 `nats://10.0.0.1:4222/settings`",
            ));
        }
        Ok(Nats { address, bucket, shape: BucketShape::of(&options)? })
    }
}

impl BucketShape {
    fn of(options: &[(String, String)]) -> Result<Self> {
        let option = |name: &str| options.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
        for key in [option("key"), option("prefix")].into_iter().flatten() {
            check_key(key.trim_end_matches('.'))?;
        }
        match (option("key"), option("prefix"), option("format")) {
            (Some(_), Some(_), _) => {
                Err(Error::invalid_argument("option `key` and option `prefix` exclude each other"))
            }
            (Some(key), None, format) => Ok(BucketShape::Document {
                key: key.to_owned(),
                format: format.map_or(Ok(BucketFormat::Json), format_of)?,
            }),
            (None, _, Some(_)) => Err(Error::invalid_argument("option `format` needs a document, which `key` names")),
            (None, None, None) => Ok(BucketShape::Keys { prefix: String::new() }),
            (None, Some(prefix), None) => {
                Ok(BucketShape::Keys { prefix: format!("{}.", prefix.trim_end_matches('.')) })
            }
        }
    }
}

fn format_of(name: &str) -> Result<BucketFormat> {
    let format = BucketFormat::ALL.into_iter().find(|format| format.as_str() == name);
    format.ok_or_else(|| {
        let names = BucketFormat::ALL.map(BucketFormat::as_str);
        let meant = text::nearest(name, names).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        Error::invalid_argument(format!("option `format` is not a known format{meant} (known: {})", names.join(", ")))
    })
}

/// Checks that NATS accepts a key. Wildcards are rejected: they would select other keys.
fn check_key(key: &str) -> Result<()> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-/_=.".contains(letter);
    if key.chars().all(plain) && key.split('.').all(|part| !part.is_empty()) {
        return Ok(());
    }
    Err(Error::invalid_argument(format!(
        "`{}` is not a key of NATS: expected letters, digits, `-`, `_`, `/` and `=`, with dots between",
        key.chars().take(80).collect::<String>()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use crate::config::Layer;

    fn nats(url: &str) -> Nats {
        Nats::new(url).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[tokio::test]
    async fn a_url_says_which_settings() {
        assert_eq!(nats("nats://host/settings").shape, BucketShape::Keys { prefix: String::new() });
        for url in ["nats://host/settings?prefix=app", "nats://host/settings?prefix=app."] {
            assert_eq!(nats(url).shape, BucketShape::Keys { prefix: "app.".into() });
            assert_eq!(nats(url).name(), "nats://host:4222/settings?prefix=app.");
        }
        let document = nats("nats://u:p@a,b:4333/default?key=micro_config");
        assert_eq!(document.shape, BucketShape::Document { key: "micro_config".into(), format: BucketFormat::Json });
        assert_eq!(document.name(), "nats://a:4222,b:4333/default?key=micro_config");
        let opened = crate::plug::connect::<Box<dyn Source>>("nats://host/settings").await.unwrap();
        assert_eq!(opened.layer(), Layer::Remote);
    }

    #[test]
    fn a_wrong_url_is_told_what_would_be_right() {
        for (url, says) in [
            ("nats://host", "names a bucket"),
            ("nats://host/a/b", "names a bucket"),
            ("nats://host/set.tings", "names a bucket"),
            ("nats://host/s?prefx=a", "no option `prefx`, did you mean `prefix`? (known: `prefix=`, `key=`,"),
            ("nats://host/s?key=a&prefix=b", "exclude each other"),
            ("nats://host/s?format=json", "`key` names"),
            ("nats://host/s?key=a&format=jsn", "did you mean `json`?"),
            ("nats://host/s?prefix=a.*", "`a.*` is not a key"),
            ("nats://host/s?prefix=", "is not a key"),
            ("nats://host/s?key=%3E", "`>` is not a key"),
            ("nats://host/s?key=a&key=b", "twice"),
        ] {
            let error = Nats::new(url).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument, "{url}");
            assert!(error.message().contains(says), "{url}: {error}");
        }
    }
}
