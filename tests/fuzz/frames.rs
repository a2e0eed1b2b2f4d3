//! The frames of `micro/1` and what stands in them, without a connection: whatever the bytes and however they are cut, the same
//! frames come out or the same violation, nothing panics, little memory is taken, and what was read can be written and read again.

use std::collections::BTreeSet;

use micro::__private::frames::read;

use crate::corpus::{self, kept};
use crate::native::PIECES;

/// What reading may hold at a time: the bytes, a frame as the readers give it and as it is written again, and its words.
fn most(input: &[u8]) -> u64 {
    16 * input.len() as u64 + 64 * 1024
}

/// What came of bytes that came in pieces: the frames, and the violation that ended them.
fn came<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> (Vec<String>, Result<(), String>) {
    let mut frames = Vec::new();
    let end = read(pieces, |frame| frames.push(frame));
    (frames, end)
}

fn outcome(input: &[u8]) -> String {
    let counted = allocation_counter::measure(|| drop(read([input], drop)));
    assert!(counted.bytes_max <= most(input), "{} bytes for {}", counted.bytes_max, input.len());

    let (frames, end) = came([input]);
    // Cuts everywhere, and some that depend on the bytes.
    let some = input.iter().fold(7_usize, |some, byte| some.wrapping_mul(31) ^ usize::from(*byte)) % 37 + 2;
    for size in [1, some] {
        assert_eq!(came(input.chunks(size)), (frames.clone(), end.clone()), "in pieces of {size}");
    }
    // Each frame is read by itself: those before the last say nothing new.
    let last = frames.last().and_then(|frame| frame.split(' ').next());
    format!("{last:?} {end:?}")
}

#[test]
fn frames_come_out_the_same_however_they_are_cut() {
    corpus::run("frames", PIECES, outcome);
}

#[test]
fn the_kept_frames_are_of_every_kind_and_every_violation() {
    let (mut kinds, mut ends) = (BTreeSet::new(), BTreeSet::new());
    for (name, input) in kept("frames") {
        let (frames, end) = came([&*input]);
        kinds.extend(frames.iter().filter_map(|frame| frame.split(' ').next().map(str::to_owned)));
        let refused = end.is_err();
        assert!(name.starts_with("found-") || name.starts_with("violation-") == refused, "{name}: {end:?}");
        ends.extend(end.err().map(|words| words.replace(|letter: char| letter.is_ascii_digit(), "")));
    }
    let all = [
        "Begin", "Bye", "Call", "Cancel", "Credit", "Done", "Drain", "End", "Hello", "Items", "Ping", "Pong",
        "Refused", "Reply",
    ];
    assert!(kinds.iter().eq(all), "{kinds:?}");
    for words in [
        "a frame of  bytes, of at most  (TooLong)",
        "a frame of unknown kind (Malformed)",
        "a frame that ends too early (Malformed)",
        "a varint longer than  bits (Malformed)",
        "text that is not UTF- (Malformed)",
        " bytes where  may be (TooLong)",
        "a message of  bytes, of at most  (TooLong)",
        "more than  pairs of metadata (TooLong)",
        "a method beyond all limits (OutOfOrder)",
        "bytes behind the head of a call (Malformed)",
        "more details than an error has (Malformed)",
    ] {
        assert!(ends.contains(words), "no kept input ends with `{words}`: {ends:#?}");
    }
}
