//! Topics, and patterns of them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::errors::{Error, Result};

/// Maximum length of a topic, in bytes.
const MAX_TOPIC: usize = 255;

/// Topic of an event: words separated by dots, `orders.placed`.
///
/// A word is of any letters but white space, control characters, `*`, `>` and the dot. All brokers carry such topics.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

/// Topics of a subscription: a topic, or a pattern in which `*` matches any word and `>` matches all words that follow, at least
/// one: `orders.*`, `orders.>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(Arc<str>);

impl Topic {
    /// The topic `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is none, with what is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        check(text, |word| !word.contains(['*', '>']))?;
        Ok(Topic(text.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the default dead-letter topic: `orders.placed.dlq`.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), for a topic that leaves no room for it.
    pub fn dead_letters(&self) -> Result<Self> {
        Self::parse(&format!("{self}.dlq"))
    }
}

impl Pattern {
    /// The pattern `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is none, with what is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        check(text, |word| matches!(word, "*" | ">") || !word.contains(['*', '>']))?;
        if text.split('.').rev().skip(1).any(|word| word == ">") {
            return Err(wrong(text, "`>` stands for what follows and comes last"));
        }
        Ok(Pattern(text.into()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one topic it is about, where it has no wildcards.
    pub fn topic(&self) -> Option<Topic> {
        Topic::parse(&self.0).ok()
    }

    /// Returns `true` if `topic` matches.
    pub fn matches(&self, topic: &Topic) -> bool {
        let mut words = topic.0.split('.');
        for wanted in self.0.split('.') {
            match (wanted, words.next()) {
                (">", Some(_)) => return true,
                ("*", Some(_)) => {}
                (wanted, Some(word)) if wanted == word => {}
                _ => return false,
            }
        }
        words.next().is_none()
    }
}

fn check(text: &str, is_word: impl Fn(&str) -> bool) -> Result<()> {
    let strange = |letter: char| letter.is_whitespace() || letter.is_control();
    if text.len() > MAX_TOPIC {
        return Err(wrong(text, &format!("it has more than {MAX_TOPIC} bytes")));
    }
    if text.split('.').any(str::is_empty) {
        return Err(wrong(text, "a word is missing"));
    }
    match text.split('.').find(|word| word.contains(strange) || !is_word(word)) {
        Some(word) => Err(wrong(text, &format!("`{}` is no word of a topic", word.escape_debug()))),
        None => Ok(()),
    }
}

fn wrong(text: &str, why: &str) -> Error {
    let end = text.floor_char_boundary(80);
    Error::invalid_argument(format!("`{}` is no topic: {why}", text[..end].escape_debug()))
}

impl From<Topic> for Pattern {
    fn from(topic: Topic) -> Self {
        Pattern(topic.0)
    }
}

impl FromStr for Topic {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_words_and_patterns_may_leave_some_open() {
        for topic in ["orders", "orders.placed", "größe.消息.😀", "a-b_c/d:e"] {
            assert_eq!(Topic::parse(topic).unwrap().as_str(), topic);
            assert!(Pattern::parse(topic).unwrap().topic().is_some());
        }
        let long = "x".repeat(256);
        for text in ["", ".", "a.", ".a", "a..b", "a b", "a\n", "a\u{0}", "*", "a.*", "a.>", "a*", &long] {
            assert!(Topic::parse(text).is_err(), "{text}");
        }
        for pattern in ["*", ">", "a.*", "*.b", "a.>", "a.*.c.>"] {
            assert!(Pattern::parse(pattern).unwrap().topic().is_none());
        }
        for text in ["", ">.a", "a.>.b", "a*", "a.b>", "a b.*"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_matches_word_by_word() {
        let matches = |pattern: &str, topic: &str| Pattern::parse(pattern).unwrap().matches(&topic.parse().unwrap());
        for (pattern, topic) in
            [("a.b", "a.b"), ("a.*", "a.b"), ("*.b", "a.b"), ("a.>", "a.b"), ("a.>", "a.b.c"), (">", "a"), ("*", "a")]
        {
            assert!(matches(pattern, topic), "{pattern} {topic}");
        }
        for (pattern, topic) in
            [("a.b", "a.c"), ("a.*", "a"), ("a.*", "a.b.c"), ("a.>", "a"), ("*", "a.b"), ("a.b", "a.b.c")]
        {
            assert!(!matches(pattern, topic), "{pattern} {topic}");
        }
    }
}
