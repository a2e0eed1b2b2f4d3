//! The inputs that are kept: one file each, in a folder for each target.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::fuzzer::{Until, fuzz, shrunk};
use crate::{number, seconds};

/// Longer ones are not worth a file.
const LONGEST: usize = 1024;

/// The inputs of a target by the names of their files, in the order of these.
pub fn kept(target: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = folder(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |path: PathBuf| (path.file_name()?.to_str()?.to_owned(), fs::read(&path).ok()?).into();
    files.filter_map(|file| read(file.expect("listed").path())).collect()
}

/// Runs `target` over the files called `name`, and as long as it may over what can be made of them and `pieces`.
pub fn run(name: &str, pieces: &[&[u8]], target: impl Fn(&[u8]) -> String) {
    let corpus = kept(name).into_values().collect();
    let run = match fuzz(number("MICRO_FUZZ_SEED", 1), Until::After(seconds()), corpus, pieces, &target) {
        Ok(run) => run,
        Err(finding) => panic!("try {}: {:?}", finding.tries, Bytes::from(finding.input)),
    };
    println!("{} tries, {} inputs that ended as none before", run.tries, run.interesting.len());
    if std::env::var_os("MICRO_FUZZ_KEEP").is_none() {
        return;
    }
    for input in run.interesting {
        let input = shrunk(&input, &target);
        if input.len() <= LONGEST {
            let file = folder(name).join(format!("found-{:016x}", digest(&input)));
            fs::write(&file, input).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }
}

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// FNV-1a: the same input gets the same name everywhere.
fn digest(input: &[u8]) -> u64 {
    input.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
