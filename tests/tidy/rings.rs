//! Layers: the modules that a module may refer to, and the restricted modules of `util`.

use crate::sources::{Source, sources_of};

/// Modules by layer, from the inside out. A module refers to modules of inner layers only.
const RINGS: &[&[&str]] = &[
    &["util", "errors", "metadata", "context"],
    &["message", "codec", "rpc", "plug", "link"],
    &["transport", "registry", "broker", "store", "cache", "sync", "config", "auth", "telemetry"],
    &["selector", "router", "tunnel", "debug"],
    &["client", "server"],
    &["bridge", "gateway", "proxy", "runtime", "dashboard"],
    &["app", "prelude", "testing", "cli", "__private"],
];

/// Layers in which a module may also refer to the modules listed before it; in other layers modules are independent.
const ORDERED: &[usize] = &[0, 1, 6];

/// Items at the crate root, with the module that defines them.
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
    ("inventory", "util"),
    ("scheme", "plug"),
    ("__micro_enumeration", "message"),
    ("__micro_contract", "testing"),
    ("__micro_suite", "testing"),
];

/// Functions and types that are used through a module of `util` only.
const DOORS: &[(&[&str], &str)] = &[
    (&["tokio", "time"], "clock"),
    (&["Instant", "now"], "clock"),
    (&["SystemTime", "now"], "clock"),
    (&["tokio", "spawn"], "spawn"),
    (&["tokio", "task", "spawn"], "spawn"),
    (&["tokio", "task", "spawn_blocking"], "spawn"),
    (&["thread", "spawn"], "spawn"),
    (&["tokio", "net"], "net"),
    (&["TcpListener", "bind"], "net"),
    (&["TcpStream", "connect"], "net"),
    (&["UdpSocket", "bind"], "net"),
    (&["rand"], "random"),
    (&["fastrand"], "random"),
    (&["RandomState"], "random"),
];

#[test]
fn rooms_name_only_rooms_further_in() {
    let mut wrong = Vec::new();
    for source in sources_of("micro") {
        let Some(room) = source.room() else { continue };
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
    for source in sources_of("micro").iter().filter(|source| source.room() != Some("util")) {
        for (line, names, door) in opened(source) {
            let what = names.join("::");
            wrong.push(format!("micro/src/{}:{line}: `{what}` outside of its door, `util::{door}`", source.path));
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
    let source = Source::read(
        "x/mod.rs",
        r#"
        use crate::{codec::Codec, rpc};
        // use crate::store::Store;
        const URL: &str = "https://crate::cache"; const AFTER: Kind = crate::broker::KIND;
        pub(crate) use crate::config::{self, load::{Load as Other, *}};
        #[micro_macros::config] struct Settings { at: ::micro::Result<()> }
        #[cfg(test)]
        mod tests { use crate::server; }
        "#,
    );
    let rooms: Vec<String> = arrows(&source).into_iter().map(|(_, room)| room).collect();
    assert_eq!(rooms, ["broker", "__private", "__private", "codec", "rpc", "config", "config", "config"]);
    let opens = |code: &str| !opened(&Source::read("x.rs", code)).is_empty();
    assert!(opens("fn x() { let now = Instant::now(); }"));
    assert!(!opens("fn x() { let now = clock::Instant::now(); }"));
    assert!(opens("use rand::Rng;") && !opens("use operand::x;") && !opens("use crate::util::random;"));
}

/// Checks that `room` may refer to `named`.
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

/// Returns every module a file refers to with `crate::`, with the line. The attributes of micro expand to paths in
/// `__private`.
fn arrows(source: &Source) -> Vec<(usize, String)> {
    let room = |names: &[String]| match names {
        [first, ..] if first == "micro" || first == "micro_macros" => Some("__private".to_owned()),
        [first, second, ..] if first == "crate" => {
            let root = ROOT.iter().find(|(known, _)| known == second);
            Some(root.map_or(second.as_str(), |(_, room)| room).to_owned())
        }
        _ => None,
    };
    source.named().filter_map(|named| Some((named.line, room(&named.names)?))).collect()
}

/// Returns the restricted names that a file uses directly, with the line and the module of `util` to use instead.
fn opened(source: &Source) -> Vec<(usize, Vec<String>, &'static str)> {
    let mut found = Vec::new();
    for named in source.named() {
        for (what, door) in DOORS {
            let at = named.names.windows(what.len()).position(|names| names == *what);
            if at.is_some_and(|at| at == 0 || named.names[at - 1] != *door) {
                found.push((named.line, named.names.clone(), *door));
            }
        }
    }
    found
}
