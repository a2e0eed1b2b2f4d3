//! Names that servers take, out of any text.

use std::fmt::Write as _;

use crate::broker::Pattern;

/// Longer ones are cut: they are names of files in the server's store.
const MAX_NAME: usize = 160;

/// Any text as one word of letters, digits, `-`, `_` and `=xx`: `größe 1` is `gr=C3=B6=C3=9Fe=201`, a dot is `_`. Different
/// texts have different words.
pub(super) fn escaped(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => word.push(byte.into()),
            b'.' => word.push('_'),
            _ => drop(write!(word, "={byte:02X}")),
        }
    }
    bounded(word)
}

/// The consumer that a queue has for what it subscribes to: `billing@orders_placed`. A queue that subscribes to several
/// topics has one for each.
pub(super) fn consumer(queue: &str, topics: &Pattern) -> String {
    bounded(format!("{}@{}", escaped(queue), escaped(topics.as_str())))
}

/// A word that is not too long; the end of a longer one is a hash of it.
fn bounded(word: String) -> String {
    if word.len() <= MAX_NAME {
        return word;
    }
    // FNV-1a, in 128 bits: collisions do not happen by accident.
    let hash = word.bytes().fold(0x6c62272e07bb014262b821756295c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000000001000000000000000000013b)
    });
    format!("{}={hash:032x}", &word[..MAX_NAME - 33])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_a_word() {
        assert_eq!(escaped("größe 1_x"), "gr=C3=B6=C3=9Fe=201=5Fx");
        assert_eq!(consumer("billing", &"orders.*.>".parse().unwrap()), "billing@orders_=2A_=3E");
        assert_ne!(escaped("a.b"), escaped("a_b"));
        let (one, other) = (escaped(&"ü".repeat(500)), escaped(&"ü".repeat(501)));
        assert!(one.len() == MAX_NAME && one != other, "{one} {other}");
    }
}
