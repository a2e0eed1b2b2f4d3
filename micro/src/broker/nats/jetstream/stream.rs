//! The stream: made when it is missing, and given the subjects it needs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_nats::jetstream::{Context, ErrorCode};
use serde_json::{Value, json};

use super::api::ask;
use crate::broker::{Pattern, Topic};
use crate::errors::{Error, Result};
use crate::link::nats::jetstream_code;

/// Maximum number of attempts to update a stream while other processes change it.
const MAX_ATTEMPTS: usize = 5;

/// Name and subjects of a stream.
#[derive(Debug)]
pub(in crate::broker::nats) struct StreamSettings {
    pub name: String,
    pub subjects: Subjects,
}

/// Subjects of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::broker::nats) enum Subjects {
    /// The topics that are published and subscribed to.
    AsUsed,
    /// These.
    Given(Vec<Pattern>),
}

pub(super) struct Stream {
    settings: StreamSettings,
    /// Subjects of the stream at the last look.
    seen: Mutex<Vec<Pattern>>,
    /// One of this process changes it at a time.
    changing: tokio::sync::Mutex<()>,
}

impl Stream {
    pub(super) fn new(settings: StreamSettings) -> Self {
        Stream { settings, seen: Mutex::default(), changing: tokio::sync::Mutex::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    /// Sees to it that the stream is there and holds what `wanted` matches.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) when its subjects are given and do not cover it; else what the server
    /// says.
    pub(super) async fn take_in(&self, jetstream: &Context, wanted: &Pattern) -> Result<()> {
        if self.holds(wanted) {
            return Ok(());
        }
        let _one = self.changing.lock().await;
        if self.holds(wanted) {
            return Ok(());
        }
        for _ in 0..MAX_ATTEMPTS {
            match self.read(jetstream).await {
                Ok(config) => {
                    let Some(subjects) = self.joined(wanted)? else { return Ok(()) };
                    self.change(jetstream, config, subjects).await?;
                }
                Err(error) if jetstream_code(&error) == Some(ErrorCode::STREAM_NOT_FOUND) => {
                    self.create(jetstream, wanted).await?;
                }
                Err(error) => return Err(error),
            }
            // Others may have changed it in between, from the same state as we: what counts is what is there now.
        }
        match self.holds(wanted) {
            true => Ok(()),
            false => Err(Error::unavailable(format!("stream `{}` is changed by too many at a time", self.name()))),
        }
    }

    pub(super) async fn take_in_all<'a>(
        &self,
        jetstream: &Context,
        topics: impl Iterator<Item = &'a Topic>,
    ) -> Result<()> {
        for topic in topics {
            if !self.seen().iter().any(|subject| subject.matches(topic)) {
                // Rare, and large: in a box it is not part of every publishing.
                Box::pin(self.take_in(jetstream, &topic.clone().into())).await?;
            }
        }
        Ok(())
    }

    /// Forgets the cached subjects, because the stream was changed.
    pub(super) fn forget(&self) {
        self.seen().clear();
    }

    /// The configuration as the server has it.
    async fn read(&self, jetstream: &Context) -> Result<Value> {
        let (name, what) = (self.name(), format!("cannot read stream `{}`", self.name()));
        let mut info = ask(jetstream, &what, format!("STREAM.INFO.{name}"), &()).await?;
        let config = info["config"].take();
        let subjects = config["subjects"].as_array().into_iter().flatten();
        *self.seen() = subjects.filter_map(|subject| Pattern::parse(subject.as_str()?).ok()).collect();
        Ok(config)
    }

    async fn change(&self, jetstream: &Context, mut config: Value, subjects: Vec<Pattern>) -> Result<()> {
        let (name, what) = (self.name(), format!("cannot add a topic to stream `{}`", self.name()));
        config["subjects"] = subjects.iter().map(Pattern::as_str).collect();
        ask(jetstream, &what, format!("STREAM.UPDATE.{name}"), &config).await?;
        tracing::debug!(stream = name, ?subjects, "the stream holds more topics");
        Ok(())
    }

    async fn create(&self, jetstream: &Context, wanted: &Pattern) -> Result<()> {
        let (name, what) = (self.name(), format!("cannot make stream `{}`", self.name()));
        let subjects: Vec<&str> = match &self.settings.subjects {
            Subjects::Given(subjects) => subjects.iter().map(Pattern::as_str).collect(),
            // A stream holds something, its name for one, until there are topics.
            Subjects::AsUsed if wanted.as_str() == ">" => vec![name],
            Subjects::AsUsed => vec![wanted.as_str()],
        };
        let config = json!({
            "name": name,
            "subjects": subjects,
            "retention": "limits",
            "storage": "file",
            "discard": "old",
            "num_replicas": 1,
            "max_consumers": -1,
            "max_msgs": -1,
            "max_bytes": -1,
            "max_age": 0,
            "max_msgs_per_subject": -1,
            "max_msg_size": -1,
            "duplicate_window": 120_000_000_000_u64,
            "allow_direct": true,
        });
        match ask(jetstream, &what, format!("STREAM.CREATE.{name}"), &config).await {
            Ok(_) => {
                tracing::info!(stream = name, ?subjects, "made a stream, because there was none");
                Ok(())
            }
            // Another process was faster.
            Err(error) if jetstream_code(&error) == Some(ErrorCode::STREAM_NAME_EXIST) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns the subjects to set, if `wanted` is not covered yet.
    fn joined(&self, wanted: &Pattern) -> Result<Option<Vec<Pattern>>> {
        if self.holds(wanted) || wanted.as_str() == ">" {
            return Ok(None);
        }
        if self.settings.subjects != Subjects::AsUsed {
            return Err(Error::failed_precondition(format!("stream `{}` does not hold `{wanted}`", self.name())));
        }
        let mut subjects: Vec<Pattern> =
            self.seen().iter().filter(|subject| !covers(wanted, subject)).cloned().collect();
        subjects.push(wanted.clone());
        Ok(Some(subjects))
    }

    fn holds(&self, wanted: &Pattern) -> bool {
        let seen = self.seen();
        // Everything is whatever it holds.
        seen.iter().any(|subject| wanted.as_str() == ">" || covers(subject, wanted))
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Pattern>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns `true` if `wide` matches everything that `narrow` matches.
fn covers(wide: &Pattern, narrow: &Pattern) -> bool {
    let mut words = narrow.as_str().split('.');
    for wanted in wide.as_str().split('.') {
        match (wanted, words.next()) {
            (">", Some(_)) => return true,
            ("*", Some(word)) if word != ">" => {}
            (wanted, Some(word)) if wanted == word => {}
            _ => return false,
        }
    }
    words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_is_narrower() {
        let covers = |wide: &str, narrow: &str| covers(&wide.parse().unwrap(), &narrow.parse().unwrap());
        for (wide, narrow) in
            [("a", "a"), ("a.*", "a.b"), ("a.*", "a.*"), ("a.>", "a.*"), ("a.>", "a.>"), (">", "a.>"), ("a.>", "a.b.>")]
        {
            assert!(covers(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [("a", "b"), ("a.b", "a.*"), ("a.*", "a.>"), ("*.b", "a.*"), ("a.>", ">"), ("a.>", "a")] {
            assert!(!covers(wide, narrow), "{wide} {narrow}");
        }
    }
}
