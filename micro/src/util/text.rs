//! Words that are almost right.

/// The candidate that is closest to `word`, if any is close enough to have been meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words forgive more; what comes from a peer is cut, because the work grows with the product of the lengths.
    let word: Vec<char> = word.chars().take(128).collect();
    let most = (word.len() / 3).clamp(1, 4);
    let distances = candidates.into_iter().map(|candidate| (distance(&word, candidate), candidate));
    distances.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, near)| near)
}

/// How many letters must be changed, added or removed, letter case aside.
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

#[cfg(test)]
mod tests {
    use super::*;

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
