//! Values built from files, and rebuilt when the files change.

use std::borrow::Cow;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::errors::{Error, Result};
use crate::transport::tls::Pem;
use crate::util::clock::{self, Instant};
use crate::util::spawn;

/// Minimum interval between two reads of the files, which happen when a connection is opened.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// One of the things it is made of, and what that is for.
pub(super) type Part = (Pem, &'static str);

type Build<T> = Box<dyn Fn(&[Cow<'_, [u8]>]) -> Result<T> + Send + Sync>;

/// A value made of files.
///
/// The files are read, rather than asked for their times: they are small, and links and mounts that are exchanged do not show in
/// those. Several files are hardly ever exchanged at one moment, so what cannot be used is looked at twice before it is said.
pub(super) struct Reloading<T> {
    parts: Vec<Part>,
    build: Build<T>,
    current: ArcSwap<T>,
    state: Mutex<ReloadState>,
}

/// Result of reading the files again.
enum ReloadOutcome {
    Nothing,
    New,
    /// The files cannot be used, which has not been logged before.
    Unfit(Error),
}

struct ReloadState {
    next: Instant,
    /// Fingerprint of the files of the current value, and of later ones that could not be used.
    used: u64,
    doubted: Option<u64>,
    refused: Option<u64>,
}

impl<T: Send + Sync + 'static> Reloading<T> {
    /// Reads the parts and makes the value of their texts.
    ///
    /// # Errors
    ///
    /// What reading and making fail with.
    pub(super) fn new(
        parts: Vec<Part>,
        build: impl Fn(&[Cow<'_, [u8]>]) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Self> {
        let texts = read(&parts)?;
        let (used, current) = (fingerprint(&Ok(&texts)), ArcSwap::from_pointee(build(&texts)?));
        drop(texts);
        let state = Mutex::new(ReloadState { next: clock::after(CHECK_INTERVAL), used, doubted: None, refused: None });
        Ok(Reloading { parts, build: Box::new(build), current, state })
    }

    /// The value as the files have it now, or had it when it last could be used.
    pub(super) async fn current(self: &Arc<Self>) -> Arc<T> {
        if self.is_due() {
            let this = self.clone();
            // Disks can be slow, and networks behind them.
            match spawn::blocking(move || this.look()).await {
                Ok(ReloadOutcome::New) => {
                    tracing::info!(files = ?self, "files of TLS have changed, and are used from now on")
                }
                Ok(ReloadOutcome::Unfit(error)) => {
                    tracing::warn!("files of TLS have changed, and what they had before stays in use: {error}");
                }
                Ok(ReloadOutcome::Nothing) | Err(_) => {}
            }
        }
        self.current.load_full()
    }

    fn is_due(&self) -> bool {
        let (mut state, now) = (self.state(), clock::now());
        let due = state.next <= now && self.parts.iter().any(|(pem, _)| pem.is_file());
        if due {
            state.next = now + CHECK_INTERVAL;
        }
        due
    }

    fn look(&self) -> ReloadOutcome {
        let texts = read(&self.parts);
        let seen = fingerprint(&texts.as_ref().map(Vec::as_slice).map_err(ToString::to_string));
        {
            let mut state = self.state();
            if seen == state.used {
                (state.doubted, state.refused) = (None, None);
                return ReloadOutcome::Nothing;
            }
            if state.refused == Some(seen) {
                return ReloadOutcome::Nothing;
            }
        }
        match texts.and_then(|texts| (self.build)(&texts)) {
            Ok(value) => {
                self.current.store(Arc::new(value));
                let mut state = self.state();
                (state.used, state.doubted, state.refused) = (seen, None, None);
                ReloadOutcome::New
            }
            Err(error) => {
                let mut state = self.state();
                if state.doubted.replace(seen) != Some(seen) {
                    return ReloadOutcome::Nothing;
                }
                state.refused = Some(seen);
                ReloadOutcome::Unfit(error)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, ReloadState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(parts: &[Part]) -> Result<Vec<Cow<'_, [u8]>>> {
    parts.iter().map(|(pem, what)| pem.read(what)).collect()
}

fn fingerprint(seen: &Result<&[Cow<'_, [u8]>], String>) -> u64 {
    let mut hasher = DefaultHasher::new();
    seen.hash(&mut hasher);
    hasher.finish()
}

impl<T> fmt::Debug for Reloading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parts.iter().map(|(pem, _)| pem)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(texts: &[Cow<'_, [u8]>]) -> Result<u32> {
        let text = String::from_utf8_lossy(&texts[0]).into_owned();
        text.trim().parse().map_err(|_| Error::invalid_argument("no number"))
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_used_changes_nothing_and_what_can_is_used_from_then_on() {
        let file = std::env::temp_dir().join(format!("micro-renewed-{}", std::process::id()));
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        write("1");
        let renewed = Arc::new(Reloading::new(vec![(Pem::file(&file), "the number")], number).unwrap());
        for (text, expected) in [("2", 2), ("broken", 2), ("broken", 2), ("3", 3), ("3", 3)] {
            write(text);
            let before = *renewed.current().await;
            clock::sleep(CHECK_INTERVAL).await;
            assert_eq!(*renewed.current().await, expected, "{before}, {text}");
        }
        std::fs::remove_file(&file).unwrap();
        clock::sleep(CHECK_INTERVAL).await;
        assert_eq!(*renewed.current().await, 3);
    }
}
