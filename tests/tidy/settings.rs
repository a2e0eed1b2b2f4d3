//! The table of micro's own settings in the guide matches the code.

use std::fmt::Write as _;
use std::fs;

use micro::config::{Configuration, Row, rows};

use crate::sources::root;

const TABLE: &str = "micro/src/guide/settings.md";

#[test]
fn the_guide_has_every_setting_of_micro() {
    let table = table(rows(&Configuration::new()).into_iter().filter(|row| row.key.starts_with("micro.")));
    let file = root().join(TABLE);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &table).expect("the guide can be written");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == table,
        "{TABLE} is not what the code says: run `UPDATE_DOCS=1 cargo test -p micro-tests --test tidy`"
    );
}

fn table(rows: impl Iterator<Item = Row>) -> String {
    let mut table = "| Setting | Flag | Variable | Default | |\n|---|---|---|---|---|\n".to_owned();
    for Row { key, flag, env, default, doc, live } in rows {
        let code =
            |name: &str| if name == "alias" { name.to_owned() } else { format!("`{}`", name.trim_end_matches(',')) };
        let env = env.split_whitespace().map(code).collect::<Vec<_>>().join(" ");
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        let live = if live { " *Live.*" } else { "" };
        let doc = doc.replace('|', "\\|");
        writeln!(table, "| `{key}` | `{flag}` | {env} | {default} | {doc}{live} |").expect("to memory");
    }
    table
}
