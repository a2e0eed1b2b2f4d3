//! Which room may name which, and who may open which door.

use crate::sources::{Source, sources};

/// The rooms, ring by ring, from the inside out. A room names rooms of the rings before its own.
const RINGS: &[&[&str]] = &[
    &["util", "errors", "metadata", "context"],
    &["message", "codec", "rpc", "plug", "link"],
    &["transport", "registry", "broker", "store", "cache", "sync", "config", "auth", "telemetry"],
    &["selector", "router", "tunnel", "debug"],
    &["client", "server"],
    &["bridge", "gateway", "proxy", "runtime", "dashboard"],
    &["app", "prelude", "testing", "cli", "__private"],
];

/// Within these rings a room may also name those that stand before it; in the others rooms are strangers to one another.
const ORDERED: &[usize] = &[0, 1, 6];

/// What stands at the crate root, and which room it comes from.
const ROOT: &[(&str, &str)] = &[
    ("Code", "errors"),
    ("Error", "errors"),
    ("Result", "errors"),
    ("Context", "context"),
    ("JoinSet", "context"),
    ("spawn", "context"),
    ("Streaming", "rpc"),
    ("CallOptions", "client"),
    ("App", "app"),
    ("__micro_enumeration", "message"),
    ("__micro_contract", "testing"),
    ("__micro_suite", "testing"),
];

/// What is reached through a door of `util` only.
const DOORS: &[(&str, &str)] = &[
    ("tokio::time::", "util::clock"),
    ("Instant::now(", "util::clock"),
    ("SystemTime::now(", "util::clock"),
    ("tokio::spawn(", "util::spawn"),
    ("tokio::task::spawn", "util::spawn"),
    ("thread::spawn(", "util::spawn"),
    ("tokio::net::", "util::net"),
    ("TcpListener::bind(", "util::net"),
    ("TcpStream::connect(", "util::net"),
    ("UdpSocket::bind(", "util::net"),
    ("rand::", "util::random"),
    ("fastrand::", "util::random"),
    ("RandomState::", "util::random"),
];

#[test]
fn rooms_name_only_rooms_further_in() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(room) = source.room() else { continue };
        for (line, code) in &source.lines {
            if code.trim_end().ends_with("crate::{") {
                wrong.push(format!("micro/src/{}:{line}: write one `use` for each room", source.path));
            }
        }
        for (line, named) in arrows(&source) {
            if let Err(why) = judge(room, &named) {
                wrong.push(format!("micro/src/{}:{line}: `{room}` names `{named}`: {why}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "wrong arrows between rooms:\n{}", wrong.join("\n"));
}

#[test]
fn time_tasks_chance_and_sockets_are_reached_through_their_doors() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.room() != Some("util")) {
        for (line, code) in &source.lines {
            for (what, door) in DOORS.iter().filter(|(what, door)| opens(code, what, door)) {
                wrong.push(format!("micro/src/{}:{line}: `{what}` outside of its door, `{door}`", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "closed doors:\n{}", wrong.join("\n"));
}

#[test]
fn the_judge_knows_right_from_wrong() {
    assert!(judge("client", "registry").is_ok());
    assert!(judge("rpc", "codec").is_ok());
    assert!(judge("codec", "rpc").is_err());
    assert!(judge("registry", "transport").is_err());
    assert!(judge("client", "server").is_err());
    assert!(judge("registry", "selector").is_err());
    assert!(judge("registry", "nowhere").is_err());
    let source = Source { path: "x/mod.rs".into(), lines: vec![(1, "use crate::{codec::Codec, rpc};".into())] };
    assert_eq!(arrows(&source), [(1, "codec".to_owned()), (1, "rpc".to_owned())]);
    assert!(opens("let now = Instant::now();", "Instant::now(", "util::clock"));
    assert!(!opens("let now = clock::Instant::now();", "Instant::now(", "util::clock"));
    assert!(!opens("operand::x()", "rand::", "util::random"));
}

/// Whether `room` may name `named`.
fn judge(room: &str, named: &str) -> Result<(), String> {
    if room == named {
        return Ok(());
    }
    let (from, at) = place(room)?;
    let (to, before) = place(named)?;
    match from.cmp(&to) {
        std::cmp::Ordering::Greater => Ok(()),
        std::cmp::Ordering::Less => Err(format!("ring {from} does not know ring {to}")),
        std::cmp::Ordering::Equal if ORDERED.contains(&from) && before < at => Ok(()),
        std::cmp::Ordering::Equal => Err(format!("both stand in ring {from}")),
    }
}

fn place(room: &str) -> Result<(usize, usize), String> {
    let places = RINGS.iter().enumerate();
    let mut found = places.filter_map(|(ring, rooms)| Some((ring, rooms.iter().position(|name| *name == room)?)));
    found.next().ok_or_else(|| format!("`{room}` is no room: add it to the table in tests/tidy/rings.rs"))
}

/// Every room a file names with `crate::`, with the line.
fn arrows(source: &Source) -> Vec<(usize, String)> {
    let mut arrows = Vec::new();
    for (line, code) in &source.lines {
        for (at, _) in code.match_indices("crate::") {
            // `$crate::` of a macro means the same; `some_crate::` does not.
            if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let rest = &code[at + "crate::".len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(group) => group.split(['{', '}', ',']).collect(),
                None => vec![rest],
            };
            arrows.extend(names.into_iter().filter_map(room_of).map(|room| (*line, room)));
        }
    }
    arrows
}

fn room_of(path: &str) -> Option<String> {
    let path = path.trim();
    let end = path.find(|letter: char| !(letter.is_alphanumeric() || letter == '_')).unwrap_or(path.len());
    let name = &path[..end];
    if name.is_empty() {
        return None;
    }
    let root = ROOT.iter().find(|(known, _)| *known == name);
    Some(root.map_or(name, |(_, room)| room).to_owned())
}

fn opens(code: &str, what: &str, door: &str) -> bool {
    let door = door.rsplit("::").next().unwrap_or(door);
    code.match_indices(what).any(|(at, _)| {
        let before = &code[..at];
        let part_of_a_word = before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        !part_of_a_word && !before.ends_with(&format!("{door}::"))
    })
}
