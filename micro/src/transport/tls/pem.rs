//! Certificates and keys, as they are handed in.

use std::borrow::Cow;
use std::path::PathBuf;
use std::{fmt, fs, io};

use crate::errors::{Code, Error, Result};

/// PEM text, or the file that contains it.
///
/// A file is read again when it changes. `Debug` shows no text, for it may be a key.
///
/// ```
/// use micro::transport::tls::Pem;
///
/// assert_eq!(format!("{:?}", Pem::file("tls/key.pem")), "`tls/key.pem`");
/// assert_eq!(format!("{:?}", Pem::text("-----BEGIN PRIVATE KEY-----")), "text in PEM");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pem(PemSource);

#[derive(Clone, PartialEq, Eq)]
enum PemSource {
    File(PathBuf),
    Text(Vec<u8>),
}

impl Pem {
    /// Reads the file, now and whenever it changes.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Pem(PemSource::File(path.into()))
    }

    /// This text.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Pem(PemSource::Text(text.into()))
    }

    #[cfg_attr(not(feature = "tls"), allow(dead_code))]
    pub(super) fn is_file(&self) -> bool {
        matches!(self.0, PemSource::File(_))
    }

    /// The text, which `what` says the purpose of.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`], [`Code::PermissionDenied`] or [`Code::Unavailable`], with the path, when the file cannot be read.
    #[cfg_attr(not(feature = "tls"), allow(dead_code))]
    pub(super) fn read(&self, what: &str) -> Result<Cow<'_, [u8]>> {
        let path = match &self.0 {
            PemSource::Text(text) => return Ok(Cow::Borrowed(text)),
            PemSource::File(path) => path,
        };
        fs::read(path).map(Cow::Owned).map_err(|error| {
            let code = match error.kind() {
                io::ErrorKind::NotFound => Code::NotFound,
                io::ErrorKind::PermissionDenied => Code::PermissionDenied,
                _ => Code::Unavailable,
            };
            Error::new(code, format!("cannot read {what}, `{}`: {}", path.display(), error.kind())).with_source(error)
        })
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            PemSource::File(path) => write!(f, "`{}`", path.display()),
            PemSource::Text(_) => f.write_str("text in PEM"),
        }
    }
}

/// A certificate and its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsIdentity {
    /// Certificate, followed by those that lead to an authority.
    pub certificate: Pem,
    /// The private key of the first of them.
    pub key: Pem,
}

impl TlsIdentity {
    /// Uses the contents of these two files.
    pub fn files(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        TlsIdentity { certificate: Pem::file(certificate), key: Pem::file(key) }
    }
}
