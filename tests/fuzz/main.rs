//! Whatever the bytes and whatever the text: reading a message ends in a value or an error, and what was read can be
//! written and read again.
//!
//! Each target runs for two seconds, or as long as `MICRO_FUZZ_SECONDS` says (`tests/run.sh` says ten); `MICRO_FUZZ_SEED` makes it
//! another run. An hour of one of them, which keeps what it finds:
//!
//! ```sh
//! MICRO_FUZZ_SECONDS=3600 MICRO_FUZZ_SEED=$RANDOM MICRO_FUZZ_KEEP=1 cargo test -p micro-tests --release --test fuzz frames
//! ```
//!
//! Those of `micro/1` begin with the files of `corpus/`, one input each. With `MICRO_FUZZ_KEEP` an input that ended as none before
//! it is made as short as that allows and becomes a file there, to be looked at and committed; otherwise nothing is written. An
//! input that fails is printed: as a file of the corpus it stays a test.

#![allow(unreachable_pub, reason = "messages are declared as a library would declare them")]

#[path = "../messages/arbitrary.rs"]
mod arbitrary;
mod corpus;
#[path = "../messages/declared.rs"]
mod declared;
mod frames;
mod fuzzer;
mod native;
#[path = "../conformance/types.rs"]
mod types;

use std::time::Duration;

use bytes::Bytes;
use micro::message::{Dialect, Message, json};

use arbitrary::{Arbitrary, Dice};
use declared::{Everything, Node};
use fuzzer::{Until, fuzz};
use types::TestAllTypesProto3;

/// Pieces of bytes that mean something: keys, lengths, ends of groups, numbers at the edges.
const RECORDS: &[&[u8]] = &[
    &[0x00],
    &[0x0a, 0x00],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0x0b, 0x0c],
    &[0xf2, 0x02, 0x02, 0x08, 0x01],
    &[0x82, 0x01, 0x7f],
];

/// Pieces of JSON.
const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"\"\"",
    b"-1",
    b"1e400",
    b"18446744073709551616",
    b"\"NaN\"",
    b"\\ud800\\udc00",
    b"\"1970-01-01T00:00:00Z\"",
    b"\"1.5s\"",
    b"{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1s\"}",
    b"\"optionalAny\":",
    b"\"optionalValue\":",
    b"\"recursiveMessage\":{",
];

fn seconds() -> Duration {
    Duration::from_secs(number("MICRO_FUZZ_SECONDS", 2))
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let Ok(text) = std::env::var(variable) else { return otherwise };
    text.parse().unwrap_or_else(|_| panic!("`{variable}` is no number: {text}"))
}

fn run(corpus: Vec<Vec<u8>>, words: &[&[u8]], target: impl Fn(&[u8]) -> String) {
    match fuzz(number("MICRO_FUZZ_SEED", 1), Until::After(seconds()), corpus, words, target) {
        Ok(run) => println!("{} tries", run.tries),
        Err(finding) => panic!("try {}: {:?}", finding.tries, Bytes::from(finding.input)),
    }
}

fn messages() -> impl Iterator<Item = Everything> {
    (0..40).map(|seed| Everything::arbitrary(&mut Dice::new(seed)))
}

/// Reads bytes; what can be read is written, read again, and then the same.
fn read_bytes<M: Message>(input: &[u8]) -> String {
    let message = match M::decode_shared(&Bytes::copy_from_slice(input)) {
        Ok(message) => message,
        Err(error) => return error.text().to_owned(),
    };
    let bytes = message.encode_to_vec();
    let again = M::decode(&bytes).expect("our own bytes");
    assert_eq!(again.encode_to_vec(), bytes);
    match json::to_vec(&message) {
        Ok(text) => drop(json::from_slice::<M>(&text).expect("our own JSON")),
        Err(error) => return error.text().to_owned(),
    }
    format!("{} bytes", bytes.len())
}

fn read_json<M: Message>(input: &[u8]) -> String {
    let message = match json::from_slice::<M>(input) {
        Ok(message) => message,
        Err(error) => return error.text().to_owned(),
    };
    for dialect in [Dialect::PROTO3, Dialect::PLAIN] {
        let Ok(text) = json::to_vec_with(&message, &dialect) else { continue };
        let again: M = json::from_slice(&text).expect("our own JSON");
        assert_eq!(json::to_vec_with(&again, &dialect).expect("it was written before"), text);
    }
    "read".to_owned()
}

#[test]
fn bytes_end_in_a_value_or_an_error() {
    run(messages().map(|message| message.encode_to_vec()).collect(), RECORDS, |input| {
        let theirs = read_bytes::<TestAllTypesProto3>(input);
        read_bytes::<Everything>(input) + &theirs
    });
}

#[test]
fn json_ends_in_a_value_or_an_error() {
    let corpus = messages().map(|message| json::to_vec(&message).expect("everything has its place in JSON")).collect();
    run(corpus, TOKENS, |input| {
        let theirs = read_json::<TestAllTypesProto3>(input);
        read_json::<Everything>(input) + &theirs
    });
}

#[test]
fn a_planted_panic_is_found() {
    let planted = |input: &[u8]| match Node::decode(input) {
        Ok(node) => {
            let inner = node.next.filter(|_| node.value != 0).and_then(|node| node.children.into_iter().next());
            assert!(inner.is_none_or(|node| node.value % 251 != 17), "planted");
            "read".to_owned()
        }
        Err(error) => error.text().to_owned(),
    };
    let corpus: Vec<_> = (0..5).map(|seed| Node::arbitrary(&mut Dice::new(seed)).encode_to_vec()).collect();
    assert!(corpus.iter().all(|input| planted(input) == "read"), "none of the seeds does it by itself");
    let finding = fuzz(1, Until::Tries(1_000_000), corpus, RECORDS, planted).expect_err("the fuzzer finds it");
    assert!(Node::decode(&finding.input).is_ok());
}
