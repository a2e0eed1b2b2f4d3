//! An authority, and what it signs.
#![allow(dead_code)] // Not all tests that include it need all of it.

use std::path::PathBuf;

use micro_tests::Folder;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};

/// A folder with the certificate of an authority and with those that it has signed. It goes when it is dropped.
pub struct Files {
    folder: Folder,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Files {
    /// With a certificate `server` for 127.0.0.1 and `localhost`.
    pub fn new() -> Self {
        let folder = Folder::new();
        let mut authority = params(&[], &folder.path().to_string_lossy());
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.path().join("authority.pem"), issuer.pem()).unwrap();
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
        self.path("authority.pem")
    }

    /// The certificate and the key of `file`.
    pub fn identity(&self, file: &str) -> (PathBuf, PathBuf) {
        (self.path(&format!("{file}.pem")), self.path(&format!("{file}-key.pem")))
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }
}

fn params(names: &[&str], common: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common);
    params
}
