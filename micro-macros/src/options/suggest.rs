//! Suggestions for misspelled names.

/// Returns the nearest candidate that differs from `written` by no more than a typo.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Formats names as messages list them: `` `a`, `b`, `c` ``.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Formats `expected one of ..`, with a suggestion on a second line.
pub(crate) fn expected(written: &str, choices: &[&str]) -> String {
    let all = listed(choices.iter().copied());
    let list = if choices.len() == 1 { format!("expected {all}") } else { format!("expected one of {all}") };
    match nearest(written, choices.iter().copied()) {
        Some(meant) => format!("{list}\ndid you mean `{meant}`?"),
        None => list,
    }
}

/// Returns the number of letters omitted, added, replaced or swapped with their neighbour (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right) = (letters(left), letters(right));
    let mut before_previous = vec![];
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (i, letter) in left.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, other) in right.iter().enumerate() {
            let changed = previous[j] + usize::from(letter != other);
            let mut best = changed.min(previous[j + 1] + 1).min(current[j] + 1);
            if i > 0 && j > 0 && letter == &right[j - 1] && &left[i - 1] == other {
                best = best.min(before_previous[j - 1] + 1);
            }
            current.push(best);
        }
        before_previous = std::mem::replace(&mut previous, current);
    }
    previous[right.len()]
}

// `Time-Out` and `time_out` have distance zero to `timeout`.
fn letters(name: &str) -> Vec<char> {
    name.chars().filter(|letter| !matches!(letter, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["name", "timeout", "idempotent", "no_side_effects"];

    #[test]
    fn slips_find_their_name() {
        for (written, meant) in [
            ("timout", "timeout"),
            ("tiemout", "timeout"),
            ("time_out", "timeout"),
            ("Name", "name"),
            ("nmae", "name"),
            ("idempotant", "idempotent"),
            ("noSideEffects", "no_side_effects"),
        ] {
            assert_eq!(nearest(written, NAMES), Some(meant), "{written}");
        }
    }

    #[test]
    fn other_words_find_nothing() {
        for written in ["retry", "deprecated", "x", ""] {
            assert_eq!(nearest(written, NAMES), None, "{written}");
        }
    }

    #[test]
    fn expectations_name_all_choices() {
        assert_eq!(expected("timout", &NAMES[..2]), "expected one of `name`, `timeout`\ndid you mean `timeout`?");
        assert_eq!(expected("retry", &NAMES[..1]), "expected `name`");
    }
}
