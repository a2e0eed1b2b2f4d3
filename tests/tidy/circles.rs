//! Dependency cycles: no two files refer to each other, directly or through other files.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Named, Source, sources_of};

type Module = Vec<String>;

#[test]
fn no_file_names_one_that_names_it() {
    for package in ["micro", "micro-macros"] {
        let sources = sources_of(package);
        let files = by_module(&sources);
        let told: Vec<String> = circles(&files).iter().map(|circle| told(&files, circle)).collect();
        assert!(told.is_empty(), "{} circles of files in {package}:\n{}", told.len(), told.join("\n"));
    }
}

#[test]
fn a_circle_is_found_and_a_line_is_none() {
    let file = |path: &str, text: &str| Source::read(path, text);
    let line = [
        file("lib.rs", "mod a; mod b; pub use b::B;"),
        file("a/mod.rs", "mod inner; pub use inner::Inner; use crate::B;"),
        file("a/inner.rs", "use super::super::b::B; pub struct Inner(B);"),
        file("b.rs", "pub struct B;"),
    ];
    assert!(circles(&by_module(&line)).is_empty());
    let circle = [
        file("lib.rs", "mod a; mod b;"),
        file("a/mod.rs", "mod inner; pub use inner::Inner;"),
        file("a/inner.rs", "fn x() { crate::b::x() }"),
        file("b.rs", "use crate::a::Inner;"),
    ];
    assert_eq!(circles(&by_module(&circle)), [[vec!["a".to_owned(), "inner".to_owned()], vec!["b".to_owned()]]]);
}

fn by_module(sources: &[Source]) -> BTreeMap<Module, &Source> {
    sources.iter().map(|source| (source.module(), source)).collect()
}

/// Lists the references within a cycle, with their lines.
fn told(files: &BTreeMap<Module, &Source>, circle: &[Module]) -> String {
    let mut lines = vec!["a circle:".to_owned()];
    for module in circle {
        for (line, other) in neighbours(files, module).into_iter().filter(|(_, other)| circle.contains(other)) {
            lines.push(format!("    {}:{line} names {}", files[module].path, files[&other].path));
        }
    }
    lines.join("\n")
}

/// Returns the other files that a file refers to, with the lines.
fn neighbours(files: &BTreeMap<Module, &Source>, module: &Module) -> BTreeSet<(usize, Module)> {
    let source = files[module];
    let named = source.paths.iter().chain(&source.imports);
    let found = named.filter_map(|named| Some((named.line, file_of(files, module, &named.names, 0)?)));
    found.filter(|(_, other)| other != module).collect()
}

/// Returns every set of files that refer to each other, in order.
fn circles(files: &BTreeMap<Module, &Source>) -> Vec<Vec<Module>> {
    let mut reached: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
    for module in files.keys() {
        reached.insert(module, neighbours(files, module).into_iter().map(|(_, other)| other).collect());
    }
    // Transitive closure.
    loop {
        let before: usize = reached.values().map(BTreeSet::len).sum();
        for module in files.keys() {
            let further: BTreeSet<Module> =
                reached[module].iter().flat_map(|other| reached[other].iter().cloned()).collect();
            reached.get_mut(module).expect("of all files").extend(further);
        }
        if before == reached.values().map(BTreeSet::len).sum::<usize>() {
            break;
        }
    }
    let mut circles = BTreeSet::new();
    for module in files.keys().filter(|module| reached[*module].contains(*module)) {
        let circle = reached[module].iter().filter(|other| reached[*other].contains(module));
        circles.insert(circle.cloned().collect::<Vec<_>>());
    }
    circles.into_iter().collect()
}

/// Returns the file that defines a path used in `module`, if the file is one of ours. Re-exports and imports are followed.
fn file_of(files: &BTreeMap<Module, &Source>, module: &[String], names: &[String], depth: usize) -> Option<Module> {
    let mut at = module.to_vec();
    let mut names = names;
    match names.first()?.as_str() {
        "crate" => {
            at.clear();
            names = &names[1..];
        }
        "self" => names = &names[1..],
        "super" => {
            while names.first().is_some_and(|name| name == "super") {
                at.pop();
                names = &names[1..];
            }
        }
        child => {
            at.push(child.to_owned());
            files.get(&at)?;
            names = &names[1..];
        }
    }
    while let Some(name) = names.first() {
        at.push(name.clone());
        if !files.contains_key(&at) {
            at.pop();
            break;
        }
        names = &names[1..];
    }
    let source = files.get(&at)?;
    let passed = |known: &&Named| names.first().is_some_and(|name| *name == known.known_as);
    let Some(passed_on) = source.passed_on.iter().chain(&source.imports).find(passed).filter(|_| depth < 8) else {
        return Some(at);
    };
    // Names of other packages have no file here.
    let root = passed_on.names.first().is_some_and(|first| matches!(first.as_str(), "crate" | "self" | "super"));
    let followed = file_of(files, &at, &passed_on.names, depth + 1);
    if followed.is_none() && !root { None } else { followed.or(Some(at)) }
}
