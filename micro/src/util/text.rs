//! Words that are almost right.

use std::borrow::Cow;

/// The candidate that is closest to `word`, if any is close enough to have been meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words forgive more; what comes from a peer is cut, because the work grows with the product of the lengths.
    let word: Vec<char> = word.chars().take(128).collect();
    let most = (word.len() / 3).clamp(1, 4);
    let distances = candidates.into_iter().map(|candidate| (distance(&word, candidate), candidate));
    distances.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, near)| near)
}

/// Returns the number of letters to change, add or remove, ignoring case.
fn distance(word: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (i, letter) in candidate.chars().take(128).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in word.iter().enumerate() {
            let change = diagonal + usize::from(!letter.eq_ignore_ascii_case(other));
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[word.len()]
}

/// The first forty letters of `text`, and an ellipsis where that is not all.
pub fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(40).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A text with the logins of URLs in it, and tokens and passwords among their options, masked.
pub fn without_logins(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    // A URL ends where a text goes on; commas stand between the servers of one URL too.
    for word in text.split_inclusive(char::is_whitespace) {
        let Some((scheme, rest)) = word.split_once("://") else {
            shown.push_str(word);
            continue;
        };
        let rest = match rest.rsplit_once('@') {
            Some((_, place)) => format!("***@{place}"),
            None => rest.to_owned(),
        };
        shown.extend([scheme, "://", &without_secret_options(&rest)]);
    }
    Cow::Owned(shown)
}

/// As much of `text` as an error message can take, with line breaks escaped and logins masked.
pub fn clipped(text: &str) -> String {
    const MAX_LETTERS: usize = 80;
    let text = without_logins(text);
    let mut shown: String = text.chars().take(MAX_LETTERS).collect::<String>().escape_debug().collect();
    if text.chars().nth(MAX_LETTERS).is_some() {
        shown.push('…');
    }
    shown
}

fn without_secret_options(url: &str) -> String {
    let Some((place, options)) = url.split_once('?') else { return url.to_owned() };
    let option = |option: &str| match option.split_once('=') {
        Some((name @ ("token" | "password" | "secret"), _)) => format!("{name}=***"),
        _ => option.to_owned(),
    };
    format!("{place}?{}", options.split('&').map(option).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_of_urls_are_masked() {
        for (text, shown) in [
            ("no url, a@b", "no url, a@b"),
            ("nats://host:4222/s", "nats://host:4222/s"),
            ("nats://user:p@ss@host/s?required=no", "nats://***@host/s?required=no"),
            ("app.toml,nats://token@a,b/s?token=canary&key=x", "app.toml,nats://***@a,b/s?token=***&key=x"),
            ("at postgres://u:p@h and redis://:p@h", "at postgres://***@h and redis://***@h"),
            ("a://x,b://u:canary@h", "a://***@h"),
        ] {
            assert_eq!(without_logins(text), shown);
        }
    }

    #[test]
    fn a_slip_finds_its_word_and_nonsense_does_not() {
        let known = ["timeout", "name", "idempotent"];
        assert_eq!(nearest("timout", known), Some("timeout"));
        assert_eq!(nearest("Name", known), Some("name"));
        assert_eq!(nearest("idempotant", known), Some("idempotent"));
        assert_eq!(nearest("port", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"x".repeat(100_000), known), None);
    }
}
