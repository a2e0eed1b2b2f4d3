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

/// What a run that found nothing wrong has done.
#[derive(Debug)]
pub struct Run {
    pub tries: u64,
    /// The inputs that ended as none before them.
    pub interesting: Vec<Vec<u8>>,
}

/// Runs `target` over `corpus` and then over mutations of it. The target says what came of the input, and panics if that is wrong.
pub fn fuzz(
    seed: u64,
    until: Until,
    mut corpus: Vec<Vec<u8>>,
    words: &[&[u8]],
    target: impl Fn(&[u8]) -> String,
) -> Result<Run, Finding> {
    let mut dice = Dice::new(seed);
    let start = Instant::now();
    let mut seen = HashSet::new();
    let (mut tries, mut interesting) = (0, Vec::new());
    for input in &corpus {
        tries += 1;
        seen.insert(kind(&outcome(&target, input, tries)?));
    }
    loop {
        let done = match until {
            Until::After(time) => start.elapsed() >= time,
            Until::Tries(most) => tries >= most,
        };
        if done {
            return Ok(Run { tries, interesting });
        }
        tries += 1;
        let input = mutated(&corpus, words, &mut dice);
        if seen.insert(kind(&outcome(&target, &input, tries)?)) && corpus.len() < 5_000 {
            interesting.push(input.clone());
            corpus.push(input);
        }
    }
}

fn outcome(target: &impl Fn(&[u8]) -> String, input: &[u8], tries: u64) -> Result<String, Finding> {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| target(input)));
    outcome.map_err(|_| Finding { input: input.to_vec(), tries })
}

/// A shorter input with the same kind of outcome.
pub fn shrunk(input: &[u8], target: impl Fn(&[u8]) -> String) -> Vec<u8> {
    let (mut input, wanted) = (input.to_vec(), kind(&target(input)));
    let mut piece = input.len() / 2;
    while piece > 0 {
        let mut at = 0;
        while at < input.len() {
            let mut shorter = input.clone();
            shorter.drain(at..(at + piece).min(input.len()));
            if kind(&target(&shorter)) == wanted {
                input = shorter;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    input
}

/// An outcome without the numbers and names in it, of which there are many more than kinds.
fn kind(outcome: &str) -> String {
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
