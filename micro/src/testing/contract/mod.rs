//! The contract as a file that is committed beside the code, and a test that it is kept.
//!
//! ```no_run
//! # use micro::prelude::*;
//! # #[micro::message(package = "greeter")] pub struct Hello { pub name: String }
//! # #[micro::service(name = "greeter")] pub trait Greeter { async fn hello(&self, hello: Hello) -> Result<Hello>; }
//! // In a function with `#[test]`:
//! micro::testing::contract!("contract.proto");
//! ```
//!
//! The first run writes the file, below the folder of your `Cargo.toml`: commit it. From then on the test fails where the
//! code breaks what the file promises to peers that were built before, and says what broke and what to do. What is only
//! added is fine, and the file is brought up to date, for you to review and commit with the code. On CI, where the variable
//! `CI` is set, nothing is written, and a file that lacks what the code has fails the test: what was not committed was not
//! guards. Where no old peer is left, `MICRO_UPDATE_CONTRACT=1 cargo test` accepts a change that breaks.
//!
//! # What it covers
//!
//! Every contract that is linked into the test, except those micro brings, with every message that can be reached from
//! their methods. A contract in another crate is linked when the test names that crate: `use greeter_contract as _;`. A
//! `.proto` file holds one package:
//!
//! | Written | Covers |
//! |---|---|
//! | `contract!("contract.proto")` | the package of the contracts, which must be one |
//! | `contract!("contract.proto", packages = ["greeter"])` | that package, whatever else is linked |
//! | `contract!("proto")` | a folder with one file per package, which protoc compiles as it is |
//! | `contract!("proto", packages = ["shop", "billing"])` | the same, for the contracts of these packages |
//! | `contract!("proto", messages = [Greeted])` | also messages that no method names |
//!
//! With a single file, messages of other packages are only referred to; take a folder to guard them too.
//!
//! # What breaks
//!
//! A field or a variant with another number, name, type or name in JSON; a field that is gone without
//! `reserved(3, "name")`; a variant, a method or a service that is gone; a method that takes or gives something else, or may
//! no longer be repeated. A new variant in an enum without `Unknown(i32)` is only warned about: peers built before refuse
//! messages with it. A field that becomes required without having an empty value is not noticed.

mod compare;
mod disk;
mod parse;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use compare::{Changes, compare, promises};
use disk::{Contracted, read, remove, stale, write};
pub use parse::{ParseError, parse};

use crate::app::inject::ClientEntry;
use crate::errors::{Error, Result};
use crate::message::descriptor::without_known;
use crate::message::{Message, MessageDesc, descriptor, proto};
use crate::rpc::{ServiceDesc, schema};

/// A committed contract file, or a folder of them, and what it is compared with. Most tests say
/// [`contract!`](crate::testing::contract!) instead.
#[derive(Clone, Debug)]
pub struct Contract {
    path: PathBuf,
    services: Option<Vec<&'static ServiceDesc>>,
    packages: Option<Vec<String>>,
    messages: Vec<&'static MessageDesc>,
    update: Update,
}

/// Policy for a file that is behind the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// The file is written if nothing breaks.
    Additions,
    /// The file is written, whatever breaks.
    Everything,
    /// The file is left unchanged, and the test fails.
    Nothing,
}

impl Update {
    /// As the environment says: `MICRO_UPDATE_CONTRACT=1` for everything, `CI` for nothing, else additions.
    pub fn from_environment() -> Self {
        let set = |name| std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false" | "no"));
        match () {
            () if set("MICRO_UPDATE_CONTRACT") => Update::Everything,
            () if set("CI") => Update::Nothing,
            () => Update::Additions,
        }
    }
}

/// A contract that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// The files that were written, because they were behind the code.
    pub written: Vec<PathBuf>,
    /// Warnings: changes that old peers may notice, although every promise is kept.
    pub warnings: Vec<String>,
}

impl Contract {
    /// The file or folder `path` below `folder`, and the contracts that are linked into this program.
    pub fn new(folder: impl AsRef<Path>, path: impl AsRef<Path>) -> Self {
        Contract {
            path: folder.as_ref().join(path),
            services: None,
            packages: None,
            messages: vec![],
            update: Update::from_environment(),
        }
    }

    /// These contracts in the place of those that are linked.
    #[must_use]
    pub fn with_services(mut self, services: impl IntoIterator<Item = &'static ServiceDesc>) -> Self {
        self.services = Some(services.into_iter().collect());
        self
    }

    /// Only the contracts of these packages.
    #[must_use]
    pub fn with_packages<P: Into<String>>(mut self, packages: impl IntoIterator<Item = P>) -> Self {
        self.packages = Some(packages.into_iter().map(Into::into).collect());
        self
    }

    /// Also a message that no method names.
    #[must_use]
    pub fn with_message<M: Message>(mut self) -> Self {
        self.messages.push(M::DESC);
        self
    }

    /// Sets the policy for a file that is behind the code, whatever the environment says.
    #[must_use]
    pub fn with_update(mut self, update: Update) -> Self {
        self.update = update;
        self
    }

    /// Fails the test unless the contract is kept.
    ///
    /// # Panics
    ///
    /// With what [`check`](Self::check) has to say.
    #[track_caller]
    pub fn assert(&self) {
        match self.check() {
            Ok(kept) => kept.tell(),
            Err(error) => panic!("{}", error.message()),
        }
    }

    /// Compares the code with the files, and writes those that are behind.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) when the contract is broken, when there is none, or when a file
    /// is behind and must not be written; [`AlreadyExists`](crate::Code::AlreadyExists) when two types of different content have
    /// one full name; [`InvalidArgument`](crate::Code::InvalidArgument) when a file is not what was
    /// printed, with the line; else what reading and writing failed with.
    pub fn check(&self) -> Result<Kept> {
        let services = self.services()?;
        let current = self.files(&services)?;
        let mut committed = vec![];
        for (path, _) in &current {
            committed.extend(read(path)?);
        }
        if !self.is_file() {
            committed.extend(stale(&self.path, &current)?);
        }

        let closed = self.closed_enums(&services)?;
        let (before, now) = (committed.iter().map(|(_, file)| file), current.iter().map(|(_, file)| file));
        let changes = compare(before, now, |name| closed.contains(name));
        if !changes.breaking.is_empty() && self.update != Update::Everything {
            return Err(Error::failed_precondition(self.broken(&changes)));
        }
        let mut kept = Kept { written: vec![], warnings: changes.warnings };
        for (path, file) in &current {
            let before = committed.iter().find(|(other, _)| other == path).map(|(_, file)| file);
            if self.update != Update::Nothing {
                if write(path, &proto::print(file))? {
                    kept.written.push(path.clone());
                }
            } else if before.map(promises) != Some(promises(file)) {
                return Err(Error::failed_precondition(behind(path, before.is_some())));
            }
        }
        if self.update == Update::Everything {
            let gone = committed.iter().filter(|(path, _)| current.iter().all(|(other, _)| other != path));
            gone.into_iter().try_for_each(|(path, _)| remove(path))?;
        }
        Ok(kept)
    }

    fn services(&self) -> Result<Vec<&'static ServiceDesc>> {
        let mut services = self.services.clone().unwrap_or_else(linked);
        if let Some(packages) = &self.packages {
            let missing: Vec<_> = packages
                .iter()
                .filter(|package| services.iter().all(|desc| desc.package() != *package))
                .map(|package| format!("`{package}`"))
                .collect();
            if !missing.is_empty() {
                let missing = missing.join(", ");
                return Err(Error::failed_precondition(format!("no contract of package {missing} is linked: {LINK}")));
            }
            services.retain(|desc| packages.iter().any(|package| desc.package() == package));
        }
        if services.is_empty() && self.messages.is_empty() {
            return Err(Error::failed_precondition(format!("no contract is linked into this test: {LINK}")));
        }
        Ok(services)
    }

    /// Returns the contracts of the code, by their files.
    fn files(&self, services: &[&'static ServiceDesc]) -> Result<Vec<Contracted>> {
        let mut files = without_known(schema::descriptors_with(services, &self.messages)?);
        files.sort_by(|one, other| one.package().cmp(other.package()));
        if !self.is_file() {
            return Ok(files.into_iter().map(|file| (self.path.join(file.name()), file)).collect());
        }
        let messages = self.messages.iter().map(|desc| desc.package());
        let mut packages: Vec<_> = services.iter().map(|desc| desc.package()).chain(messages).collect();
        packages.sort_unstable();
        packages.dedup();
        let [package] = packages[..] else {
            let names = packages.iter().map(|package| format!("`{package}`")).collect::<Vec<_>>().join(", ");
            return Err(Error::failed_precondition(format!(
                "`{}` is one file, and the contracts linked into this test are of several packages: {names}; choose with \
                 `packages = [\"{}\"]`, or name a folder in its place",
                self.path.display(),
                packages[0]
            )));
        };
        let file = files.into_iter().find(|file| file.package() == package);
        Ok(file.map(|file| (self.path.clone(), file)).into_iter().collect())
    }

    fn is_file(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "proto")
    }

    /// The names of the enums that refuse numbers they do not know.
    fn closed_enums(&self, services: &[&'static ServiceDesc]) -> Result<BTreeSet<&'static str>> {
        let methods = services.iter().flat_map(|service| service.method_descs());
        let roots = methods.flat_map(|method| [method.request(), method.reply()]);
        let roots: Vec<_> = roots.chain(self.messages.iter().copied()).collect();
        Ok(descriptor::enums(&roots)?.iter().filter(|desc| !desc.open).map(|desc| desc.name).collect())
    }

    fn broken(&self, changes: &Changes) -> String {
        format!(
            "the code breaks the contract in `{}`:\n{}\nPeers built from the contract would be misread or refused. Keep what \
             it promises; or, where no such peer is left, accept the change with `MICRO_UPDATE_CONTRACT=1 cargo test`.",
            self.path.display(),
            changes.breaking_text()
        )
    }
}

impl Kept {
    fn tell(&self) {
        use std::io::Write as _;

        let written = self.written.iter().map(|path| format!("wrote `{}`: review and commit it", path.display()));
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        // What a test that passes prints is not shown; this is.
        let mut out = std::io::stderr().lock();
        for line in written.chain(warnings) {
            let _ = writeln!(out, "contract: {line}");
        }
    }
}

const LINK: &str = "where it lives in a crate of its own, name that crate in the test with `use that_crate as _;`";

/// Every contract that is linked into this program, except for those micro brings.
fn linked() -> Vec<&'static ServiceDesc> {
    let entries = inventory::iter::<ClientEntry>.into_iter();
    let own = env!("CARGO_CRATE_NAME");
    entries.filter(|entry| entry.out().home() != own).map(ClientEntry::desc).collect()
}

fn behind(path: &Path, exists: bool) -> String {
    let what = if exists { "is behind the code" } else { "is not there" };
    format!("`{}` {what}: run this test where `CI` is not set, and commit what it writes", path.display())
}

/// Fails the test unless the contracts linked into it keep what the committed file promises:
/// `contract!("contract.proto")`. See [`mod@crate::testing::contract`].
#[doc(hidden)]
#[macro_export]
macro_rules! __micro_contract {
    ($path:expr $(, packages = [$($package:expr),* $(,)?])? $(, messages = [$($message:ty),* $(,)?])? $(,)?) => {
        $crate::testing::contract::Contract::new(::core::env!("CARGO_MANIFEST_DIR"), $path)
            $(.with_packages([$($package),*]))?
            $($(.with_message::<$message>())*)?
            .assert()
    };
}
