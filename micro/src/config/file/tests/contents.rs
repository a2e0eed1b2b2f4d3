//! Contents of files that do not change.

use serde_json::json;

use super::*;

/// Returns the place of each leaf, by path.
fn places(table: &Table) -> BTreeMap<String, String> {
    fn collect(node: &Node, path: &str, places: &mut BTreeMap<String, String>) {
        let place = node.origin.to_string();
        places.insert(path.to_owned(), place.rsplit('/').next().expect("never empty").to_owned());
        match &node.value {
            Value::Table(table) => table.iter().for_each(|(key, node)| collect(node, &format!("{path}/{key}"), places)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, node)| collect(node, &format!("{path}/{at}"), places));
            }
            _ => {}
        }
    }
    let mut places = BTreeMap::new();
    for (key, node) in table {
        collect(node, key, &mut places);
    }
    places
}

const TOML: &str = "# first\nname = 'x'\n[db]\nsize = 0x10\nratio = -1.5\non = true\nday = 2024-01-31\n\
    list = [\n  1,\n  { a = 2 },\n]\n[[db.peer]]\nhost = \"\"\"\nlong\"\"\"\n[db.deep]\nx.y = 1\n";
const JSON: &str = "{\n \"name\": \"x\",\n \"db\": {\n  \"size\": 16, \"ratio\": -1.5,\n  \"on\": true,\n  \"none\": null,\n  \
    \"list\": [\n   1,\n   {\"a\":\n2}\n  ]\n }\n}";
#[cfg(feature = "config-yaml")]
const YAML: &str = "# first\nname: x\ndb:\n  size: 0x10\n  ratio: -1.5\n  on: true\n  none: ~\n  list:\n  - 1\n  - a: 2\n  \
    word: yes\n  base: &base\n    k: v\n  copy: *base\n  merged:\n    <<: *base\n    l: |\n      long\n";

#[tokio::test]
async fn toml_is_read_with_its_lines() {
    let scratch = Scratch::new();
    let table = read(&Files::new(scratch.write("app.toml", TOML))).await.unwrap();
    let expected = json!({"name": "x", "db": {"size": 16, "ratio": -1.5, "on": true, "day": "2024-01-31",
        "list": [1, {"a": 2}], "peer": [{"host": "long"}], "deep": {"x": {"y": 1}}}});
    assert_eq!(json(&table), expected);
    let places = places(&table);
    for (path, place) in [
        ("name", "app.toml:2"),
        ("db", "app.toml:3"),
        ("db/size", "app.toml:4"),
        ("db/day", "app.toml:7"),
        ("db/list", "app.toml:8"),
        ("db/list/0", "app.toml:9"),
        ("db/list/1/a", "app.toml:10"),
        ("db/peer/0/host", "app.toml:13"),
        ("db/deep/x/y", "app.toml:16"),
    ] {
        assert_eq!(places[path], place, "{path}");
    }
}

#[tokio::test]
async fn json_is_read_with_its_lines() {
    let scratch = Scratch::new();
    let table = read(&Files::new(scratch.write("app.json", JSON))).await.unwrap();
    let db = json!({"size": 16, "ratio": -1.5, "on": true, "none": null, "list": [1, {"a": 2}]});
    assert_eq!(json(&table), json!({"name": "x", "db": db}));
    let places = places(&table);
    for (path, line) in [("name", 2), ("db", 3), ("db/ratio", 4), ("db/on", 5), ("db/list/0", 8), ("db/list/1/a", 10)] {
        assert_eq!(places[path], format!("app.json:{line}"), "{path}");
    }
    let wide = scratch.write("wide.json", r#"{"a": 170141183460469231731687303715884105727, "b": 1e3}"#);
    let wide = read(&Files::new(wide)).await.unwrap();
    assert!(wide["a"].value == Value::Integer(i128::MAX) && wide["b"].value == Value::Float(1000.0));
}

#[cfg(feature = "config-yaml")]
#[tokio::test]
async fn yaml_is_read_with_its_lines() {
    let scratch = Scratch::new();
    let table = read(&Files::new(scratch.write("app.yml", YAML))).await.unwrap();
    let db = json!({"size": 16, "ratio": -1.5, "on": true, "none": null, "list": [1, {"a": 2}], "word": "yes",
        "base": {"k": "v"}, "copy": {"k": "v"}, "merged": {"k": "v", "l": "long\n"}});
    assert_eq!(json(&table), json!({"name": "x", "db": db}));
    let places = places(&table);
    for (path, line) in [
        ("name", 2),
        ("db", 3),
        ("db/size", 4),
        ("db/none", 7),
        ("db/list", 8),
        ("db/list/0", 9),
        ("db/list/1/a", 10),
        ("db/base", 12),
        ("db/merged/l", 17),
    ] {
        assert_eq!(places[path], format!("app.yml:{line}"), "{path}");
    }
}

#[cfg(feature = "config-yaml")]
#[tokio::test]
async fn aliases_of_yaml_do_not_fill_the_memory() {
    let scratch = Scratch::new();
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let large = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), vec!["*a"; 1_000].join(", "));
    for text in [laughs, large, "a: &a [*a]\n".to_owned()] {
        let error = read(&Files::new(scratch.write("app.yaml", text))).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("alias") || error.message().contains("itself"), "{error}");
    }
}

#[cfg(not(feature = "config-yaml"))]
#[tokio::test]
async fn a_build_without_yaml_names_the_feature() {
    let scratch = Scratch::new();
    let error = read(&Files::new(scratch.write("app.yaml", "a: 1"))).await.unwrap_err();
    let expected = "`app.yaml`: this program cannot read YAML: build it with the feature `config-yaml` of micro";
    assert_eq!(scratch.plain(&error), expected);
}

#[tokio::test]
async fn an_empty_file_holds_nothing_and_a_mark_at_the_start_is_fine() {
    let scratch = Scratch::new();
    let files =
        [("a.toml", ""), ("b.toml", "# nothing\n"), ("c.json", " \n"), ("d.toml", "\u{feff}"), ("e.json", "{}")];
    for (name, text) in files {
        assert_eq!(json(&read(&Files::new(scratch.write(name, text))).await.unwrap()), json!({}), "{name}");
    }
    #[cfg(feature = "config-yaml")]
    for (name, text) in [("a.yaml", ""), ("b.yaml", "\u{feff}\n# nothing\n"), ("c.yml", "{}")] {
        assert_eq!(json(&read(&Files::new(scratch.write(name, text))).await.unwrap()), json!({}), "{name}");
    }
    let marked = read(&Files::new(scratch.write("m.json", "\u{feff}{\"a\": 1}"))).await.unwrap();
    assert_eq!(json(&marked), json!({"a": 1}));
}

/// The value in broken files, which no error may contain.
const CANARY: &str = "hunter2";

#[tokio::test]
async fn what_is_wrong_is_told_with_its_line_and_without_a_value() {
    let scratch = Scratch::new();
    let deep_toml = format!("a = '{CANARY}'\nb = {}{}", "[".repeat(70), "]".repeat(70));
    let deep_json = format!("{{\"a\":\n{}\"{CANARY}\"{}}}", "[".repeat(70), "]".repeat(70));
    let very_deep_json = "[".repeat(1_000_000);
    let cases = [
        ("a.toml", format!("x = 1\n\npassword {CANARY}"), "`a.toml`:3: "),
        ("b.toml", format!("x = '{CANARY}'\nx = '{CANARY}'"), "`b.toml`:2: duplicate key"),
        ("c.toml", format!("x = \"{CANARY}"), "`c.toml`:1: "),
        ("d.toml", format!("x = {CANARY}"), "`d.toml`:1: "),
        ("e.toml", format!("x = '{CANARY}' {CANARY}"), "`e.toml`:1: "),
        ("f.toml", deep_toml, "`f.toml`:2: "),
        ("a.json", format!("{{\n\"x\": \"{CANARY}\"\n\"y\": 1}}"), "`a.json`:3: expected `,` or `}`"),
        ("b.json", format!("{{\"x\": \"{CANARY}\",\n\"x\": \"{CANARY}\"}}"), "`b.json`:2: duplicate key"),
        ("c.json", format!("\n[\"{CANARY}\"]"), "`c.json`:2: expected keys and values at the top, found a list"),
        ("d.json", format!("\"{CANARY}\""), "`d.json`:1: expected keys and values at the top, found text"),
        ("e.json", format!("{{\"x\": {CANARY}}}"), "`e.json`:1: expected value"),
        ("f.json", format!("{{\"{CANARY}\": 1e999}}"), "`f.json`:1: number out of range"),
        ("g.json", format!("{{\n\"x\": \"{CANARY}\\ud800\"}}"), "`g.json`:2: "),
        ("h.json", deep_json, "`h.json`:2: objects and lists are nested more than 64 deep"),
        ("i.json", very_deep_json, "`i.json`:1: "),
        ("j.json", "null".into(), "`j.json`:1: expected keys and values at the top, found nothing"),
        ("k.json", format!("{{\"x\": \"{CANARY}\"}} {CANARY}"), "`k.json`:1: trailing characters"),
        ("a.ini", CANARY.into(), "`a.ini`: unknown format: expected `.toml`, `.json` or `.yaml`"),
    ];
    #[cfg(feature = "config-yaml")]
    let cases = cases.into_iter().chain([
        ("a.yaml", format!("x: '{CANARY}"), "`a.yaml`:1: "),
        ("b.yaml", format!("x: {CANARY}\nx: {CANARY}"), "`b.yaml`:2: duplicate key"),
        ("c.yaml", format!("- {CANARY}"), "`c.yaml`:1: expected keys and values at the top, found a list"),
        ("d.yaml", CANARY.to_owned(), "`d.yaml`:1: expected keys and values at the top, found text"),
        ("e.yaml", format!("a: 1\n---\nb: {CANARY}"), "`e.yaml`:"),
        ("f.yaml", format!("a: *{CANARY}"), "`f.yaml`:1: "),
        ("g.yaml", format!("a: 1\n b: {CANARY}"), "`g.yaml`:2: "),
        ("h.yaml", format!("a: !!binary {CANARY}"), "`h.yaml`"),
        ("i.yaml", format!("a: !!int {CANARY}"), "`i.yaml`"),
        ("j.yaml", format!("a: !{CANARY} {CANARY}\n{CANARY}: {{"), "`j.yaml`"),
        ("k.yaml", format!("a: \"\\{CANARY}\""), "`k.yaml`:1: "),
        ("l.yaml", "[".repeat(100_000), "`l.yaml`"),
        ("m.yaml", format!("? [{CANARY}]\n: 1"), "`m.yaml`"),
        ("n.yaml", "~".into(), "`n.yaml`:1: expected keys and values at the top, found nothing"),
    ]);
    for (name, text, expected) in cases {
        let error = read(&Files::new(scratch.write(name, text))).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{name}");
        let shown = scratch.plain(&error);
        assert!(shown.starts_with(expected), "{shown}");
        assert!(!format!("{error:?} {error:#}").contains(CANARY), "{error:?}");
        assert!(!shown.contains('\n') && shown.len() < 160, "{shown}");
    }
}

#[tokio::test]
async fn what_is_no_text_of_a_reasonable_size_is_refused() {
    let scratch = Scratch::new();
    scratch.write("latin.toml", b"x = '\xe4'");
    fs::File::create(scratch.path("large.toml")).and_then(|file| file.set_len(5 << 20)).expect("writable");
    fs::create_dir(scratch.path("sub")).expect("writable");
    scratch.write("ref.toml", "a = '${file:sub}'\nb = '${file:latin.toml}'\nc = '${file:large.toml}'");
    for (name, expected) in [
        ("latin.toml", "`latin.toml`: is not UTF-8"),
        ("large.toml", "`large.toml`: is larger than 4 MiB"),
        (
            "ref.toml",
            "`ref.toml`:1: `a`: `${file:sub}` is a directory, not a file\n\
             `ref.toml`:2: `b`: `${file:latin.toml}` is not UTF-8\n\
             `ref.toml`:3: `c`: `${file:large.toml}` is larger than 4 MiB",
        ),
    ] {
        let error = read(&Files::new(scratch.path(name))).await.unwrap_err();
        assert_eq!((error.code(), scratch.plain(&error).as_str()), (Code::InvalidArgument, expected));
    }
    let error = read(&Files::new(scratch.path("nowhere.toml"))).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(scratch.plain(&error), "`nowhere.toml`: cannot be read now: no such file");
    #[cfg(unix)]
    {
        let made = std::process::Command::new("mkfifo").arg(scratch.path("pipe.toml")).status();
        assert!(made.expect("`mkfifo` is there").success());
        let error = read(&Files::new(scratch.path("pipe.toml"))).await.unwrap_err();
        assert_eq!(scratch.plain(&error), "`pipe.toml`: is not a regular file");
    }
}

#[tokio::test]
async fn a_profile_is_laid_over_its_base() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 1\nb = 1\n[t]\nx = 1");
    scratch.write("app.dev.toml", "b = 2\n[t]\ny = 2");
    let table = read(&Files::new(&path).with_profile("dev")).await.unwrap();
    assert_eq!(json(&table), json!({"a": 1, "b": 2, "t": {"x": 1, "y": 2}}));
    assert_eq!(table["b"].origin.place(), scratch.path("app.dev.toml").to_str().unwrap());
    let base = json!({"a": 1, "b": 1, "t": {"x": 1}});
    assert_eq!(json(&read(&Files::new(&path)).await.unwrap()), base);
    assert_eq!(json(&read(&Files::new(&path).with_profile("prod")).await.unwrap()), base);
    let error = read(&Files::new(&path).with_profile("../dev")).await.unwrap_err();
    assert_eq!(scratch.plain(&error), "`app.toml`: `../dev` is not a profile: expected letters, digits, `-` and `_`");
}

#[tokio::test]
async fn a_directory_is_all_its_files_in_order() {
    let scratch = Scratch::new();
    for (name, text) in [
        ("20.json", r#"{"a": 2, "gone": null, "t": {"x": null}}"#),
        ("10.toml", "a = 1\nb = 1\n[t]\ny = 1"),
        ("10.dev.toml", "b = 3"),
        (".hidden.toml", "broken"),
        ("10.toml~", "broken"),
        ("#10.toml#", "broken"),
        (".10.toml.swp", "broken"),
        ("README", "broken"),
        ("sub.d/x.toml", "broken"),
    ] {
        scratch.write(name, text);
    }
    let expected = json!({"a": 2, "b": 1, "gone": null, "t": {"x": null, "y": 1}});
    assert_eq!(json(&read(&Files::new(&scratch.0)).await.unwrap()), expected);
    let expected = json!({"a": 2, "b": 3, "gone": null, "t": {"x": null, "y": 1}});
    assert_eq!(json(&read(&Files::new(&scratch.0).with_profile("dev")).await.unwrap()), expected);
    fs::create_dir(scratch.path("empty")).expect("writable");
    assert_eq!(json(&read(&Files::new(scratch.path("empty"))).await.unwrap()), json!({}));
}

#[tokio::test]
async fn references_are_filled_in() {
    let scratch = Scratch::new();
    scratch.write("secrets/token", "s3cret\r\n");
    let absolute = scratch.write("absolute", "two\nlines\n\n");
    let text = format!(
        "port = '${{PORT}}'\nurl = 'http://${{HOST:-localhost}}:${{PORT}}/'\nempty = '${{EMPTY:-full}}'\n\
         none = '${{EMPTY}}'\nplain = '$${{PORT}}'\ntoken = '${{file:secrets/token}}'\nlist = ['a', '${{PORT}}']\n\
         all = '${{file:{}}}'\nodd = '${{ODD}}'\n'${{PORT}}' = 1\n",
        absolute.display()
    );
    let environment = |name: &str| match name {
        "PORT" => Some("8080".to_owned()),
        "EMPTY" => Some(String::new()),
        "ODD" => Some("${PORT}".to_owned()),
        _ => None,
    };
    let files = Files::new(scratch.write("app.toml", text)).with_environment(environment);
    let table = read(&files).await.unwrap();
    let expected = json!({"port": "8080", "url": "http://localhost:8080/", "empty": "full", "none": "", "plain": "${PORT}",
        "token": "s3cret", "list": ["a", "8080"], "all": "two\nlines\n", "odd": "${PORT}", "${PORT}": 1});
    assert_eq!(json(&table), expected);
    assert!(table["port"].value == Value::Text("8080".into()), "it may be a number");
    assert!(table["plain"].value == Value::Str("${PORT}".into()), "it is what was written");
    let secrets: Vec<_> = table.iter().filter(|(_, node)| node.secret).map(|(key, _)| key.as_str()).collect();
    assert_eq!(secrets, ["all", "token"]);
    assert_eq!(table["token"].to_string(), "***");
}

#[tokio::test]
async fn all_that_is_missing_is_told_at_once() {
    let scratch = Scratch::new();
    scratch.write("10.toml", "a = '${ONE} ${TWO}'\n\n[t]\n'x y' = ['', '${file:gone}']\n");
    scratch.write("20.json", "{\n\"b\": \"hunter2 ${ pass\",\n\"c\": \"${A B}\"}");
    scratch.write("30.toml", "=");
    let error = read(&Files::new(&scratch.0).with_environment(|_| None)).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    let lines: Vec<String> = scratch.plain(&error).lines().map(str::to_owned).collect();
    let expected = [
        "`10.toml`:1: `a`: the variable `ONE` is not set; set it, or write `${ONE:-…}` with a default",
        "`10.toml`:1: `a`: the variable `TWO` is not set; set it, or write `${TWO:-…}` with a default",
        "`10.toml`:4: `t.\"x y\"[1]`: `${file:gone}` cannot be read now: no such file",
        "`20.json`:2: `b`: `${` has no `}`; write `$${` for a plain `${`",
        "`20.json`:3: `c`: `${…}` is not one of `${NAME}`, `${NAME:-default}` and `${file:path}`; write `$${` for a plain `${`",
    ];
    assert_eq!(lines[..5], expected);
    assert!(lines[5].starts_with("`30.toml`:1: ") && lines.len() == 6, "{lines:?}");
}

#[test]
fn no_depth_is_too_much_for_the_stack() {
    use super::format::FileFormat;
    const DEPTH: usize = 200_000;
    let origin = Origin::new(Layer::File, "deep");
    let repeat = |part: &str| part.repeat(DEPTH);
    let cases = [
        (FileFormat::Toml, format!("a = {}{}", repeat("["), repeat("]"))),
        (FileFormat::Toml, format!("a = {}1{}", repeat("{a="), repeat("}"))),
        (FileFormat::Toml, format!("{}a = 1", repeat("a."))),
        (FileFormat::Toml, format!("[{}a]", repeat("a."))),
        (FileFormat::Toml, format!("[a]\nb = {{ {}a = 1 }}", repeat("a."))),
        (FileFormat::Json, format!("{{\"a\":{}{}}}", repeat("["), repeat("]"))),
        (FileFormat::Json, format!("{}1{}", repeat("{\"a\":"), repeat("}"))),
        (FileFormat::Yaml, format!("a: {}{}", repeat("["), repeat("]"))),
        (FileFormat::Yaml, format!("a: {}1{}", repeat("{a: "), repeat("}"))),
        (FileFormat::Yaml, format!("a:\n  {}1", repeat("- "))),
        (FileFormat::Yaml, format!("? {}1", repeat("? "))),
        (
            FileFormat::Yaml,
            (1..60).fold("a0: &a0 1\n".into(), |text, level| format!("{text}a{level}: &a{level} [*a{}]\n", level - 1)),
        ),
        (FileFormat::Yaml, (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect()),
    ];
    for (format, text) in cases {
        let start = clock::now();
        assert!(format.parse(&text, &origin).is_err(), "{}", &text[..20]);
        assert!(start.elapsed() < Duration::from_secs(5), "{}", &text[..20]);
    }
}

#[test]
fn nothing_makes_a_parser_panic() {
    use super::format::FileFormat;
    let origin = Origin::new(Layer::File, "fuzz");
    #[cfg(feature = "config-yaml")]
    let yaml = YAML;
    #[cfg(not(feature = "config-yaml"))]
    let yaml = "";
    // A generator of our own, with the same numbers each time.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut dice = move |sides: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % sides as u64).expect("below a usize")
    };
    let all = [(FileFormat::Toml, TOML), (FileFormat::Json, JSON), (FileFormat::Yaml, yaml)];
    for (format, text) in all {
        for end in 0..text.len() {
            let _ = format.parse(&String::from_utf8_lossy(&text.as_bytes()[..end]), &origin);
        }
        for _ in 0..300 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..=dice(4) {
                if !bytes.is_empty() {
                    let at = dice(bytes.len());
                    bytes[at] = b"[]{}\"'=:,&*\n -0\xff\0"[dice(17)];
                }
            }
            let _ = format.parse(&String::from_utf8_lossy(&bytes), &origin);
            let noise: Vec<u8> = (0..dice(60)).map(|_| u8::try_from(dice(256)).expect("a byte")).collect();
            let _ = format.parse(&String::from_utf8_lossy(&noise), &origin);
        }
    }
}
