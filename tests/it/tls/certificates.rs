//! An authority, and what it signs.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};

/// A folder with the certificate of an authority and with those that it has signed. It goes when it is dropped.
pub struct Files {
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Files {
    /// With a certificate `server` for 127.0.0.1 and `localhost`.
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("micro-tls-{}-{next}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut authority = params(&[], &format!("authority {next}"));
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.join("authority.pem"), issuer.pem()).unwrap();
        let files = Files { folder, issuer };
        files.sign("server", &["127.0.0.1", "localhost"]);
        files
    }

    /// Signs a certificate for `names`, in the place of what `file` had before.
    pub fn sign(&self, file: &str, names: &[&str]) {
        self.sign_as(file, params(names, file));
    }

    /// The same for one whose time is over.
    pub fn sign_expired(&self, file: &str, names: &[&str]) {
        let mut expired = params(names, file);
        expired.not_before = rcgen::date_time_ymd(2001, 1, 1);
        expired.not_after = rcgen::date_time_ymd(2002, 1, 1);
        self.sign_as(file, expired);
    }

    fn sign_as(&self, file: &str, params: CertificateParams) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let (to, key_to) = self.identity(file);
        std::fs::write(key_to, key.serialize_pem()).unwrap();
        std::fs::write(to, certificate.pem()).unwrap();
    }

    pub fn authority(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// The certificate and the key of `file`.
    pub fn identity(&self, file: &str) -> (PathBuf, PathBuf) {
        (self.folder.join(format!("{file}.pem")), self.folder.join(format!("{file}-key.pem")))
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn params(names: &[&str], common: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common);
    params
}
