//! A small fuzzer: seeded mutation of a corpus, guided by what was said about the input.
//!
//! It needs no tool and no other compiler, and one seed is always one run. An input with an outcome that was not seen
//! before joins the corpus, so the fuzzer works its way from message to message through the decoder.

use std::collections::HashSet;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use crate::arbitrary::Dice;

/// When to stop.
pub enum Until {
    After(Duration),
    Tries(u64),
}

/// An input that made the target panic.
#[derive(Debug)]
pub struct Finding {
    pub input: Vec<u8>,
    pub tries: u64,
}

/// Runs `target` over mutations of `corpus`. The target says what came of the input, and panics if that is wrong.
pub fn fuzz(
    seed: u64,
    until: Until,
    mut corpus: Vec<Vec<u8>>,
    words: &[&[u8]],
    target: impl Fn(&[u8]) -> String,
) -> Result<u64, Finding> {
    let mut dice = Dice::new(seed);
    let start = Instant::now();
    let mut seen = HashSet::new();
    let mut tries = 0;
    loop {
        let done = match until {
            Until::After(time) => start.elapsed() >= time,
            Until::Tries(most) => tries >= most,
        };
        if done {
            return Ok(tries);
        }
        tries += 1;
        let input = mutated(&corpus, words, &mut dice);
        let Ok(outcome) = panic::catch_unwind(AssertUnwindSafe(|| target(&input))) else {
            return Err(Finding { input, tries });
        };
        if seen.insert(without_details(&outcome)) && corpus.len() < 5_000 {
            corpus.push(input);
        }
    }
}

/// An outcome without the numbers and names in it, of which there are many more than kinds.
fn without_details(outcome: &str) -> String {
    let mut quoted = false;
    let mut kind = String::new();
    for letter in outcome.chars() {
        match letter {
            '`' => quoted = !quoted,
            _ if quoted || letter.is_ascii_digit() => {}
            letter => kind.push(letter),
        }
    }
    kind
}

fn mutated(corpus: &[Vec<u8>], words: &[&[u8]], dice: &mut Dice) -> Vec<u8> {
    let mut input = pick(corpus, dice).clone();
    for _ in 0..=dice.below(4) {
        mutate(&mut input, corpus, words, dice);
    }
    input.truncate(1 << 16);
    input
}

fn mutate(input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&[u8]], dice: &mut Dice) {
    let at = dice.below(input.len() as u64 + 1) as usize;
    let end = (at + dice.below(16) as usize).min(input.len());
    match dice.below(8) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..end)),
        2 => {
            let again = input[at..end].to_vec();
            input.splice(at..at, again);
        }
        3 => {
            let other = pick(corpus, dice);
            let from = dice.below(other.len() as u64 + 1) as usize;
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        4 => drop(input.splice(at..at, pick(words, dice).iter().copied())),
        5 => drop(input.splice(at..end, pick(words, dice).iter().copied())),
        _ if at == input.len() => input.push(dice.roll() as u8),
        6 => input[at] ^= 1 << dice.below(8),
        _ => input[at] = dice.roll() as u8,
    }
}

fn pick<'t, T>(all: &'t [T], dice: &mut Dice) -> &'t T {
    &all[dice.below(all.len() as u64) as usize]
}
