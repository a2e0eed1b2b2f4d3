use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::watch;

/// A handle to the current settings of a struct, and to their changes. An app can inject the handle; cloning is cheap.
///
/// ```
/// use micro::config::Config;
///
/// #[micro::config(prefix = "greeter")]
/// pub struct GreeterConfig {
///     /// Salutation before the name.
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

/// The value in force, and its watchers.
///
/// Counting references costs ten times as much as reading the value, and most settings never change. The initial value is
/// therefore borrowed without counting, and kept for as long as the cell; later values are counted, and dropped with their last
/// snapshot.
pub(super) struct ConfigCell<T> {
    initial: Arc<T>,
    /// The value in force, after the first change.
    changed: OnceLock<ArcSwap<T>>,
    version: watch::Sender<u64>,
    watchers: Mutex<Vec<Weak<Watcher<T>>>>,
}

type Watcher<T> = dyn Fn(&T, &T) + Send + Sync;

/// The settings at one moment. The values stay the same while the snapshot is held, also across an `.await`.
///
/// To keep the settings for longer than their [`Config`], convert the snapshot to an [`Arc`] with [`into_arc`](Self::into_arc).
pub struct Snapshot<'a, T>(ConfigRef<'a, T>);

enum ConfigRef<'a, T> {
    Initial(&'a Arc<T>),
    Changed(Guard<Arc<T>>),
}

impl<T> Config<T> {
    /// Creates settings that never change, for tests of code that takes a `Config`.
    pub fn fixed(value: T) -> Self {
        Config::of(Arc::new(ConfigCell::new(value)))
    }

    pub(super) fn of(cell: Arc<ConfigCell<T>>) -> Self {
        let seen = AtomicU64::new(*cell.version.borrow());
        Config { cell, seen }
    }

    /// Returns the settings in force. A call costs a few nanoseconds, so call it again instead of keeping the result.
    pub fn get(&self) -> Snapshot<'_, T> {
        Snapshot(match self.cell.changed.get() {
            None => ConfigRef::Initial(&self.cell.initial),
            Some(current) => ConfigRef::Changed(current.load()),
        })
    }

    /// Waits for a change that this handle has not returned yet, and returns the settings in force.
    ///
    /// Each handle keeps track of changes separately: a change between two calls is not missed, and of several changes in a row
    /// only the last is returned. The settings in force when the handle was created or cloned count as returned. If the settings
    /// can no longer change, the future waits forever. Dropping the future loses no change.
    pub async fn changed(&self) -> Snapshot<'_, T> {
        let mut versions = self.cell.version.subscribe();
        // The sender lives in the cell, so the wait cannot fail.
        let version = versions.wait_for(|version| *version != self.seen.load(Ordering::Relaxed)).await.map(|v| *v);
        self.seen.store(version.unwrap_or_default(), Ordering::Relaxed);
        self.get()
    }

    /// Calls `react` with the old and the new settings at each change, until the returned guard is dropped.
    ///
    /// `react` runs on the task that applies the change, one change after the other, and must be quick: long work belongs in a
    /// separate task that waits for [`changed`](Self::changed). A panic in `react` is logged and has no other effect.
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

    /// Puts `new` in force; one caller at a time. The returned closure notifies the watchers, and must be called outside of all
    /// locks.
    pub(super) fn swap(self: &Arc<Self>, new: T) -> impl FnOnce() + use<T> {
        let new = Arc::new(new);
        let old = match self.changed.get() {
            Some(current) => current.swap(new.clone()),
            None => {
                // Cannot fail: the cell is empty, and there is one caller at a time.
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
    /// Converts the snapshot to an [`Arc`], which may outlive the [`Config`].
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

/// Registration of a callback for changes. Dropping the guard ends the notifications.
#[must_use = "dropping it ends the watch"]
pub struct Watching {
    _watcher: Box<dyn std::any::Any + Send + Sync>,
}

impl Watching {
    /// Keeps the registration for as long as the settings exist.
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
