//! Topics and topic patterns, in the syntax of `micro::broker`.

/// Maximum length of a topic, in bytes.
const LONGEST: usize = 255;

/// Checks a topic.
pub(crate) fn topic(text: &str) -> Result<(), String> {
    words(text)?;
    match text.split('.').find(|word| word.contains(['*', '>'])) {
        Some(word) => Err(format!("expected one topic, and `{word}` matches several")),
        None => Ok(()),
    }
}

/// Checks a topic or a pattern.
pub(crate) fn pattern(text: &str) -> Result<(), String> {
    words(text)?;
    let words: Vec<&str> = text.split('.').collect();
    for (i, word) in words.iter().enumerate() {
        match *word {
            "*" => {}
            ">" if i + 1 == words.len() => {}
            ">" => return Err("`>` matches all words that follow, so it comes last".to_owned()),
            // Valid words, which authors mean as wildcards.
            "#" | "**" => return Err(format!("`{word}` is not a wildcard: `>` matches all words that follow")),
            "+" | "?" => return Err(format!("`{word}` is not a wildcard: `*` matches one word")),
            word if word.contains(['*', '>']) => {
                return Err(
                    "`*` matches a whole word, and `>` all words that follow: `orders.*`, `orders.>`".to_owned()
                );
            }
            _ => {}
        }
    }
    Ok(())
}

fn words(text: &str) -> Result<(), String> {
    let strange = |letter: char| letter.is_whitespace() || letter.is_control();
    if text.is_empty() {
        return Err("expected words with dots between them: `orders.placed`".to_owned());
    }
    if text.len() > LONGEST {
        return Err(format!("it has more than {LONGEST} bytes"));
    }
    if text.split('.').any(str::is_empty) {
        return Err("a word is missing before or after a dot".to_owned());
    }
    match text.split('.').find(|word| word.contains(strange)) {
        Some(word) => Err(format!("white space is in `{}`", word.escape_debug())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_words_and_patterns_may_leave_some_open() {
        for text in ["orders", "orders.placed", "größe.消息.😀", "a-b_c/d:e#"] {
            assert_eq!((topic(text), pattern(text)), (Ok(()), Ok(())), "{text}");
        }
        for text in ["*", ">", "a.*", "*.b", "a.>", "a.*.c.>"] {
            assert!(topic(text).is_err(), "{text}");
            assert_eq!(pattern(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn everything_else_is_answered_with_the_reason() {
        let long = "x".repeat(256);
        for (text, reason) in [
            ("", "expected words with dots between them"),
            (".", "a word is missing"),
            ("a.", "a word is missing"),
            ("a..b", "a word is missing"),
            ("a b", "white space is in `a b`"),
            ("a.\n", "white space is in `\\n`"),
            (&long, "more than 255 bytes"),
            ("a.>.b", "so it comes last"),
            ("a*", "`*` matches a whole word"),
            ("orders.#", "`>` matches all words that follow"),
            ("orders.+", "`*` matches one word"),
        ] {
            let error = pattern(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
