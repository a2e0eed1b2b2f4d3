//! Finding the word somebody meant.

/// The choice that `word` is most likely a slip of; `None` when nothing is close.
pub fn nearest<'a>(word: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may be wrong, one in the shortest words, and never so many that the lengths alone forbid it.
    let allowed = (word.chars().count() / 3).max(1);
    choices
        .into_iter()
        .filter(|choice| choice.len().abs_diff(word.len()) <= 4 * allowed)
        .map(|choice| (distance(word, choice), choice))
        .filter(|(distance, choice)| *distance <= allowed && *distance < choice.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, choice)| choice)
}

// Levenshtein's, one row at a time: insertions, deletions and replacements of letters.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let choices = ["memory", "local", "etcd"];
        assert_eq!(nearest("memroy", choices), Some("memory"));
        assert_eq!(nearest("locl", choices), Some("local"));
        assert_eq!(nearest("etc", choices), Some("etcd"));
        assert_eq!(nearest("consul", choices), None);
        assert_eq!(nearest("", choices), None);
        assert_eq!(nearest(&"x".repeat(100_000), choices), None);
    }
}
