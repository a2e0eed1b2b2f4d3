//! Latency of changes, and readings while a file is rewritten continuously.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::*;

/// Upper bound of the latency, which ends a hang on a machine that is busy with other tests. The latency itself is printed.
const BOUND: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_soon() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = -1");
    let mut followed = Followed::new(&Files::new(&path));
    followed.until(json!({"a": -1})).await;
    let mut taken = Vec::new();
    for round in 0..20 {
        let start = clock::now();
        if round % 2 == 0 {
            fs::write(&path, format!("a = {round}")).expect("in place");
        } else {
            let beside = scratch.write("beside", format!("a = {round}"));
            fs::rename(beside, &path).expect("writable");
        }
        followed.until(json!({"a": round})).await;
        taken.push(start.elapsed());
    }
    taken.sort();
    println!("a change is seen after {:?}, at most {:?}", taken[taken.len() / 2], taken[taken.len() - 1]);
    // The median: outliers wait for a busy machine.
    assert!(taken[taken.len() / 2] < BOUND, "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_gets_through_while_others_follow() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", good(0));
    // A file that is replaced almost without a pause, and a file that is rewritten in place.
    for (is_replaced, pause) in [(true, 1), (false, 30)] {
        let mut followed = Followed::new(&Files::new(&path));
        followed.next().await.expect("good");
        let (storm, beside) = (path.clone(), scratch.path(".app.toml.new"));
        // The writer continues for as long as the test waits for another change.
        let enough = Arc::new(AtomicBool::new(false));
        let told = enough.clone();
        let writer = std::thread::spawn(move || {
            let mut serial = 0;
            while !told.load(Ordering::Relaxed) {
                serial += 1;
                fs::write(if is_replaced { &beside } else { &storm }, good(serial)).expect("writable");
                if is_replaced {
                    fs::rename(&beside, &storm).expect("writable");
                }
                std::thread::sleep(Duration::from_millis(pause));
            }
        });
        let start = clock::now();
        for _ in 0..10 {
            followed.next().await.expect("good");
        }
        println!("ten shown in {:?}, replaced: {is_replaced}", start.elapsed());
        enough.store(true, Ordering::Relaxed);
        writer.join().expect("it writes");
    }
}

/// Returns a complete good file. All files have the same keys, which makes a mix of two files visible.
fn good(serial: usize) -> String {
    let filler = "#".repeat(serial * 37 % 500);
    format!("first = {serial}\n# {filler}\n[table]\nsecond = {serial}\n# {filler}\n[last]\nthird = {serial}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_storm_of_rewrites_only_good_files_are_seen() {
    storm(1_000, Pauses { between: 4_000, within: 3_000 }).await;
}

/// Slow enough for most files to be seen, and for readers to meet writers at every stage. The variable turns the test into a soak
/// test.
#[tokio::test(flavor = "multi_thread")]
async fn of_slow_rewrites_only_good_files_are_seen() {
    let rewrites = std::env::var("MICRO_TEST_REWRITES").ok().and_then(|number| number.parse().ok());
    storm(rewrites.unwrap_or(60), Pauses { between: 90_000, within: 120_000 }).await;
}

/// Maximum pauses, in microseconds.
#[derive(Clone, Copy)]
struct Pauses {
    between: u64,
    within: u64,
}

async fn storm(rewrites: usize, pauses: Pauses) {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", good(0));
    let mut followed = Followed::new(&Files::new(&path));
    followed.next().await.expect("good");
    let (storm, beside) = (path.clone(), scratch.path(".app.toml.new"));
    let end = rewrites + 1;
    let writer = std::thread::spawn(move || {
        for serial in 1..=rewrites {
            write_somehow(&storm, &beside, serial, pauses.within);
            std::thread::sleep(Duration::from_micros((serial as u64 * 7_919) % pauses.between));
        }
        fs::write(&storm, good(end)).expect("the last one is good");
        clock::now()
    });
    let (mut shown, mut errors, mut last) = (0, 0, 0);
    while last != end {
        let Ok(table) = followed.next().await else {
            errors += 1;
            continue;
        };
        let seen = json(&table);
        let serial = seen["first"].as_u64().expect("every good file has it");
        assert_eq!(seen, json!({"first": serial, "table": {"second": serial}, "last": {"third": serial}}));
        let serial = usize::try_from(serial).expect("small");
        assert!(serial >= last && (is_good(serial) || serial == end), "{serial} after {last}");
        (shown, last) = (shown + 1, serial);
    }
    let seen = clock::now();
    let written = writer.join().expect("it writes");
    let after = seen.saturating_duration_since(written);
    println!("of {rewrites} rewrites {shown} were shown and {errors} refused; the last was seen after {after:?}");
    assert!(after < BOUND, "{after:?}");
}

// Complete files are good; no part of the others may be seen.
fn is_good(serial: usize) -> bool {
    matches!(serial % 5, 0..=2)
}

fn write_somehow(path: &Path, beside: &Path, serial: usize, longest: u64) {
    let text = good(serial);
    let pause = || std::thread::sleep(Duration::from_micros((serial as u64 * 104_729) % longest));
    match serial % 5 {
        // A new file next to it, renamed over it.
        0 | 1 => {
            fs::write(beside, text).expect("writable");
            fs::rename(beside, path).expect("writable");
        }
        // In place, in two halves; the first half alone is a good but shorter file.
        2 => {
            let (first, second) = text.split_at(text.find("[table]").expect("in every good file"));
            let mut file = fs::File::create(path).expect("writable");
            file.write_all(first.as_bytes()).and_then(|()| file.flush()).expect("writable");
            pause();
            file.write_all(second.as_bytes()).expect("writable");
        }
        // Not TOML at all.
        3 => fs::write(path, text.replace('=', "")).expect("writable"),
        // Only the first part, which is cut off, then replaced with broken text.
        _ => {
            let mut file = fs::File::create(path).expect("writable");
            file.write_all(&text.as_bytes()[..text.find("[last]").expect("in every good file")]).expect("writable");
            pause();
            file.set_len(0).expect("writable");
            file.write_all(b"= broken").expect("writable");
        }
    }
}
