use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::watch;

/// A struct of settings as it is now, and as it changes. It can be injected; cloning it is cheap.
///
/// ```
/// use micro::config::Config;
///
/// #[micro::config(prefix = "greeter")]
/// pub struct GreeterConfig {
///     /// How to greet.
///     #[config(default = "Hello")]
///     pub salutation: String,
/// }
///
/// # async fn example() -> micro::Result<()> {
/// let app = micro::app().registry(micro::registry::Registry::memory()).start().await?;
/// let config: Config<GreeterConfig> = app.get()?;
/// assert_eq!(config.get().salutation, "Hello");
///
/// let watching = config.watch(|old, new| println!("`{}` became `{}`", old.salutation, new.salutation));
/// let next = config.changed().await; // waits for a change
/// # Ok(()) }
/// ```
pub struct Config<T> {
    cell: Arc<ConfigCell<T>>,
    seen: AtomicU64,
}

/// Holds the value in force, and tells watchers of the next.
///
/// Counting who holds a value costs ten times as much as reading it, and most settings never change. So the value of the start
/// is lent without counting, and kept for as long as the cell; later ones are counted, and go with the last snapshot of them.
pub(super) struct ConfigCell<T> {
    initial: Arc<T>,
    /// The value in force, from the first change on.
    changed: OnceLock<ArcSwap<T>>,
    version: watch::Sender<u64>,
    watchers: Mutex<Vec<Weak<Watcher<T>>>>,
}

type Watcher<T> = dyn Fn(&T, &T) + Send + Sync;

/// The settings of one moment. They stay the same for as long as it is held, also over an `.await`.
///
/// To keep them for longer than the [`Config`] they came from, make an [`Arc`] of it with [`into_arc`](Self::into_arc).
pub struct Snapshot<'a, T>(ConfigRef<'a, T>);

enum ConfigRef<'a, T> {
    Initial(&'a Arc<T>),
    Changed(Guard<Arc<T>>),
}

impl<T> Config<T> {
    /// Settings that never change: for a test of what takes a `Config`.
    pub fn fixed(value: T) -> Self {
        Config::of(Arc::new(ConfigCell::new(value)))
    }

    pub(super) fn of(cell: Arc<ConfigCell<T>>) -> Self {
        let seen = AtomicU64::new(*cell.version.borrow());
        Config { cell, seen }
    }

    /// The settings in force. It costs a few nanoseconds, so ask again rather than keep what was got.
    pub fn get(&self) -> Snapshot<'_, T> {
        Snapshot(match self.cell.changed.get() {
            None => ConfigRef::Initial(&self.cell.initial),
            Some(current) => ConfigRef::Changed(current.load()),
        })
    }

    /// Waits until the settings are others than this handle has last told, and gives those.
    ///
    /// Each handle remembers by itself what it has told: a change between two calls is not missed, and of several changes
    /// in a row the last counts. What was in force when the handle was made or cloned counts as told. Where nothing can
    /// change any more it waits for ever. Dropping the future loses nothing.
    pub async fn changed(&self) -> Snapshot<'_, T> {
        let mut versions = self.cell.version.subscribe();
        // The sender lives in the cell, so the wait does not end otherwise.
        let version = versions.wait_for(|version| *version != self.seen.load(Ordering::Relaxed)).await.map(|v| *v);
        self.seen.store(version.unwrap_or_default(), Ordering::Relaxed);
        self.get()
    }

    /// Calls `react` with the old and the new settings at each change, until what is returned is dropped.
    ///
    /// It is called on the task that brings the change, one change after the other, and has to be quick: what takes its
    /// time belongs in a task of its own that waits for [`changed`](Self::changed). A panic in it is logged and nothing else
    /// happens.
    pub fn watch(&self, react: impl Fn(&T, &T) + Send + Sync + 'static) -> Watching
    where
        T: Send + Sync + 'static,
    {
        let watcher: Arc<Watcher<T>> = Arc::new(react);
        let mut watchers = self.cell.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|watcher| watcher.strong_count() > 0);
        watchers.push(Arc::downgrade(&watcher));
        Watching { _watcher: Box::new(watcher) }
    }
}

impl<T> ConfigCell<T> {
    pub(super) fn new(value: T) -> Self {
        let (version, watchers) = (watch::Sender::new(0), Mutex::default());
        ConfigCell { initial: Arc::new(value), changed: OnceLock::new(), version, watchers }
    }

    /// Puts `new` in force; one caller at a time. What is returned tells the watchers, and is to be called outside of all
    /// locks.
    pub(super) fn swap(self: &Arc<Self>, new: T) -> impl FnOnce() + use<T> {
        let new = Arc::new(new);
        let old = match self.changed.get() {
            Some(current) => current.swap(new.clone()),
            None => {
                // Empty, with one caller at a time.
                let _ = self.changed.set(ArcSwap::new(new.clone()));
                self.initial.clone()
            }
        };
        self.version.send_modify(|version| *version += 1);
        let cell = self.clone();
        move || cell.tell(&old, &new)
    }

    fn tell(&self, old: &T, new: &T) {
        let watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for watcher in watchers.iter().filter_map(Weak::upgrade) {
            if catch_unwind(AssertUnwindSafe(|| watcher(old, new))).is_err() {
                tracing::error!("a watcher of `{}` panicked", std::any::type_name::<T>());
            }
        }
    }
}

impl<T> Clone for Config<T> {
    fn clone(&self) -> Self {
        Config::of(self.cell.clone())
    }
}

impl<T> fmt::Debug for Config<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config<{}>", std::any::type_name::<T>())
    }
}

impl<T> Snapshot<'_, T> {
    /// Returns the settings as an `Arc`, to be kept.
    pub fn into_arc(self) -> Arc<T> {
        match self.0 {
            ConfigRef::Initial(value) => value.clone(),
            ConfigRef::Changed(value) => Guard::into_inner(value),
        }
    }
}

impl<T> Deref for Snapshot<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            ConfigRef::Initial(value) => value,
            ConfigRef::Changed(value) => value,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Snapshot<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Registration of a callback for changes. Dropping it ends the notifications.
#[must_use = "dropping it ends the watch"]
pub struct Watching {
    _watcher: Box<dyn std::any::Any + Send + Sync>,
}

impl Watching {
    /// Goes on for as long as the settings exist.
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watching")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn each_handle_is_told_of_what_it_has_not_seen() {
        let config = Config::fixed(1);
        let other = config.clone();
        config.cell.swap(2)();
        assert_eq!(*config.changed().await, 2);
        assert!(clock::timeout(Duration::from_secs(1), config.changed()).await.is_err());
        config.cell.swap(3)();
        config.cell.swap(4)();
        assert_eq!((*config.changed().await, *other.changed().await), (4, 4));
        assert!(clock::timeout(Duration::from_secs(1), config.clone().changed()).await.is_err());
    }

    #[test]
    fn watchers_are_told_old_and_new_until_they_are_dropped() {
        let config = Config::fixed(1);
        let told = Arc::new(Mutex::new(vec![]));
        let keep = told.clone();
        let clumsy = config.watch(|_, _| panic!("clumsy"));
        let watching = config.watch(move |old, new| keep.lock().unwrap().push((*old, *new)));
        let snapshot = config.get();
        config.cell.swap(2)();
        config.cell.swap(3)();
        drop((watching, clumsy));
        config.cell.swap(4)();
        assert_eq!(*told.lock().unwrap(), [(1, 2), (2, 3)]);
        assert_eq!((*snapshot, *config.get()), (1, 4));
    }

    #[test]
    fn a_value_that_was_replaced_goes_with_the_last_who_holds_it() {
        let config = Config::fixed(Arc::new(0));
        for n in 1..600 {
            let new = Arc::new(n);
            let old = Arc::downgrade(&new);
            config.cell.swap(new)();
            let held = config.get();
            config.cell.swap(Arc::new(n))();
            assert_eq!((**held, **config.get()), (n, n));
            drop(held);
            assert!(old.upgrade().is_none(), "{n}");
        }
    }

    #[test]
    fn any_number_of_snapshots_can_be_held_on_any_thread() {
        let config = Config::fixed(0);
        let held: Vec<_> = (1..100)
            .map(|n| {
                config.cell.swap(n)();
                (n, config.get())
            })
            .collect();
        std::thread::scope(|scope| {
            scope.spawn(|| held.iter().for_each(|(n, snapshot)| assert_eq!(**snapshot, *n)));
            scope.spawn(|| config.cell.swap(100)());
        });
        assert_eq!(held.len(), 99);
    }
}
