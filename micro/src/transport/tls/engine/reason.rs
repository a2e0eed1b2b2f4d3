//! Reasons of failed TLS handshakes, in words for operators.

use std::error::Error as StdError;
use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Returns the reason of a TLS failure, if an error came from one.
pub(in crate::transport) fn reason(error: &(dyn StdError + 'static)) -> Option<String> {
    find(error).map(words)
}

/// The error of TLS behind another one.
pub(super) fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some(found);
        }
        // Of what it holds, such an error gives the source as its own.
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match held {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}

/// Returns the alert sent by the peer.
pub(super) fn alert(error: &Error) -> Option<AlertDescription> {
    match error {
        Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

fn words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(wrong) => of_certificate(wrong),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::InvalidMessage(_) => "it answers with something else".to_owned(),
        error => error.to_string(),
    }
}

fn of_certificate(wrong: &CertificateError) -> String {
    use CertificateError as Wrong;
    match wrong {
        Wrong::Expired | Wrong::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => "its certificate is not valid yet".to_owned(),
        Wrong::UnknownIssuer => "no authority that is believed here has signed its certificate".to_owned(),
        Wrong::Revoked => "its certificate was revoked".to_owned(),
        Wrong::NotValidForName => "its certificate is one of another name".to_owned(),
        Wrong::NotValidForNameContext { expected, presented } => {
            let presented = if presented.is_empty() { "no name".to_owned() } else { presented.join(", ") };
            format!("its certificate is not one of `{}`, but of {presented}", expected.to_str())
        }
        wrong => format!("its certificate cannot be used: {wrong}"),
    }
}

fn of_alert(alert: AlertDescription) -> String {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRequired => "it wants to see a certificate, and there is none to show".to_owned(),
        Alert::UnknownCA | Alert::BadCertificate | Alert::CertificateUnknown | Alert::AccessDenied => {
            "it does not accept the certificate it was shown".to_owned()
        }
        Alert::CertificateExpired => "the certificate it was shown has expired".to_owned(),
        alert => format!("it says `{alert:?}`"),
    }
}
