//! Settings of a whole program, as an operator sees them: the example `config-reload`, run as a newcomer would.

use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use micro_tests::{Folder, Program, World, eventually, example, output, root};

/// Appears in nothing that a program says.
const CANARY: &str = "c4n4ry";

/// A world with a settings file in it.
struct Place {
    world: World,
    folder: Folder,
}

impl Place {
    fn new(toml: &str) -> Self {
        let place = Place { world: World::new(), folder: Folder::new() };
        place.write(toml);
        place
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("app.toml")
    }

    /// Replaces the file as editors do: written beside it, then moved over it.
    fn write(&self, toml: &str) {
        let beside = self.folder.path().join("app.toml.new");
        fs::write(&beside, toml).expect("the folder is ours");
        fs::rename(&beside, self.file()).expect("the folder is ours");
    }

    fn run(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut command = self.world.command(example("config-reload"));
        command.envs(environment.iter().copied()).arg("--config").arg(self.file()).args(arguments);
        output(&mut command)
    }

    fn serve(&self, arguments: &[&str]) -> Program {
        let mut command = self.world.command(example("config-reload"));
        command.arg("--config").arg(self.file()).args(arguments);
        Program::start(command)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn curl(arguments: &[&str]) -> String {
    text(&output(std::process::Command::new("curl").arg("-sS").args(arguments)).stdout)
}

fn greeting(greeter: &Program) -> String {
    let url = format!("http://{}/greeter.Greeter/Hello", greeter.address());
    curl(&["-H", "content-type: application/json", "-d", r#"{"name":"Ada"}"#, &url])
}

fn readiness(greeter: &Program) -> String {
    curl(&["-w", "%{http_code}", &format!("http://{}/readyz", greeter.address())])
}

#[test]
fn help_has_a_section_for_each_struct_as_the_guide_shows() {
    let help = World::new().run(example("config-reload"), &["--help"]);
    assert!(help.status.success());
    let help = text(&help.stdout);
    let (own, _) = help.split_once("\nSettings of micro:").expect("the settings of micro follow those of the program");
    let shown = format!("```text\n{}\nSettings of micro:\n  ...\n```\n", own.trim_end().to_owned() + "\n");
    let file = root().join("micro/src/guide/help.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &shown).expect("the guide can be written");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == shown,
        "the guide shows another help: run `UPDATE_DOCS=1 cargo test -p micro-tests --test it`\n{help}"
    );
}

#[test]
fn a_file_is_changed_and_the_next_call_knows_within_half_a_second() {
    let place = Place::new("greeter.salutation = 'Hello'");
    let greeter = place.serve(&[]);
    assert_eq!(greeting(&greeter), r#"{"greeting":"Hello, Ada!"}"#);
    for (toml, expected) in [
        ("greeter.salutation = 'Servus'", "Servus, Ada!"),
        ("[greeter]\nsalutation = 'Servus'\ntone = 'loud'\nknown.Ada = 'Griaß di'", "GRIASS DI, ADA!"),
        ("", "Hello, Ada!"),
    ] {
        place.write(toml);
        let begun = Instant::now();
        eventually(expected, || greeting(&greeter).contains(expected).then_some(()));
        // A call by way of curl is a process of its own, on a machine that has other things to do.
        println!("seen after {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
    eventually("the watcher speaks", || greeter.said().contains("people are greeted differently").then_some(()));
}

#[test]
fn what_is_wrong_with_a_change_is_logged_and_shown_and_nothing_changes() {
    let place = Place::new("greeter.salutation = 'Hello'");
    let greeter = place.serve(&[]);
    for (toml, words) in [
        ("greeter.salutation = ''", "expected at least 1 and at most 40 characters"),
        ("limits.most = 0\ngreeter.salutation = 'Hi'", "with `most = 0` nobody is greeted"),
        ("greeter = ", "app.toml`:1: "),
    ] {
        place.write(toml);
        eventually(words, || readiness(&greeter).contains(words).then_some(()));
        assert!(readiness(&greeter).starts_with("ready\n") && readiness(&greeter).ends_with("200"));
        assert!(greeter.said().contains(words), "{}", greeter.said());
        assert_eq!(greeting(&greeter), r#"{"greeting":"Hello, Ada!"}"#);
    }
    fs::remove_file(place.file()).expect("it is there");
    eventually("it says so", || readiness(&greeter).contains("cannot be read").then_some(()));
    place.write("greeter.salutation = 'Hi'\nmail.server = 'elsewhere:25'");
    eventually("it recovers", || greeting(&greeter).contains("Hi, Ada!").then_some(()));
    eventually("it says what waits", || {
        readiness(&greeter).contains("waits for a restart: `mail.server`").then_some(())
    });
}

#[test]
fn what_is_logged_changes_while_the_program_runs() {
    let place = Place::new("micro.log = 'warn'");
    let greeter = place.serve(&[]);
    place.write("micro.log = 'info'\nmicro.check_intervall = '1s'");
    eventually("it says so", || greeter.said().contains("what is logged changes").then_some(()));
    place.write("micro.log = 'info,[call{service=greeter}]=debug'");
    eventually("it says why not", || greeter.said().contains("filters with spans take effect").then_some(()));
    eventually("slips are noticed later too", || {
        greeter.said().contains("did you mean `check_interval`?").then_some(())
    });
    place.write("micro.log = 'info,micro=debugg'");
    eventually("a filter that is none is not used", || {
        let said = greeter.said();
        (said.contains("values stay in force") && said.contains("`debugg` is not a level, did you mean `debug`?"))
            .then_some(())
    });
    let refused = place.run(&[], &["--log", "debugg"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("`--log` is `debugg`: expected `off`"), "{}", text(&refused.stderr));
}

#[test]
fn all_problems_of_all_places_come_at_once_and_the_program_does_not_start() {
    let place = Place::new("[greeter]\nsalutation = 5\ntone = 'shrill'\n[limits]\npause = '1d'\n");
    let failed = place.run(&[("LIMITS_MOST", "few")], &["--address", "here", "--config", "gone.toml"]);
    assert_eq!(failed.status.code(), Some(1));
    let said = text(&failed.stderr);
    let file = place.file().display().to_string();
    for part in [
        format!("`greeter.salutation` ({file}:2) is `5`: expected text"),
        format!("`greeter.tone` ({file}:3) is `shrill`: expected `normal` or `loud`"),
        format!("`limits.pause` ({file}:5) is `1d`: expected a time, like `30s`"),
        "`LIMITS_MOST` is `few`: expected a whole number from 0 to 4294967295".to_owned(),
        "`--address` is `here`: expected `host:port`".to_owned(),
        "cannot read the configuration `gone.toml`".to_owned(),
    ] {
        assert!(said.contains(&part), "{part}\nin {said}");
    }
}

#[test]
fn settings_are_printed_checked_and_questioned() {
    let place = Place::new("greeter.salutation = 'Hi'\n");
    let good = place.run(&[], &["--check-config"]);
    assert_eq!((good.status.code(), &*text(&good.stdout)), (Some(0), "the settings are in order\n"));

    let printed = text(&place.run(&[("GREETER_TONE", "loud")], &["--print-config"]).stdout);
    assert!(printed.contains("tone = \"loud\""), "{printed}");
    assert!(printed.contains("# GREETER_TONE, over \"normal\" (default)"), "{printed}");
    // What is printed is a file too.
    let copy = Place::new(&printed.replace(&format!("[{:?}]", place.file()), "[]"));
    let again = copy.run(&[], &["--check-config"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));

    place.write("greeter.salutaion = 'Hi'\n[gretter]\ntone = 'loud'");
    let slips = ["`greeter.salutaion`", "did you mean `salutation`?", "`gretter`", "did you mean `greeter`?"];
    let doubtful = place.run(&[], &["--check-config"]);
    let refused = place.run(&[], &["--unknown-keys", "refuse"]);
    for failed in [doubtful, refused] {
        assert_eq!(failed.status.code(), Some(1));
        let said = text(&failed.stderr);
        assert!(slips.iter().all(|slip| said.contains(slip)), "{said}");
    }
    let warned = place.serve(&[]);
    assert!(slips.iter().all(|slip| warned.said().contains(slip)), "{}", warned.said());
}

#[test]
fn a_source_that_is_not_there_ends_the_start_or_comes_later() {
    let place = Place::new("");
    fs::remove_file(place.file()).expect("it is there");
    let failed = place.run(&[], &[]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("cannot read the configuration"), "{}", text(&failed.stderr));

    let mut command = place.world.command(example("config-reload"));
    let greeter = Program::start({
        command.arg("--config").arg(format!("{}?required=no", place.file().display()));
        command
    });
    assert!(greeting(&greeter).contains("Hello, Ada!"));
    assert!(greeter.said().contains("the program starts with what it has"), "{}", greeter.said());
    assert!(readiness(&greeter).contains("cannot be read"), "{}", readiness(&greeter));
    place.write("greeter.salutation = 'At last'");
    eventually("it is taken in", || greeting(&greeter).contains("At last, Ada!").then_some(()));
    eventually("all is well", || (readiness(&greeter) == "ready\n200").then_some(()));

    let unknown = place.run(&[], &["--config", "ntas://10.0.0.1/settings"]);
    assert!(text(&unknown.stderr).contains("no configuration source `ntas`"), "{}", text(&unknown.stderr));
}

#[test]
fn a_secret_is_in_nothing_the_program_says() {
    let toml = format!("[mail]\npassword = '{CANARY}'\nserver = 'smtp://user:{CANARY}@mail:25'");
    let place = Place::new(&toml);
    let variables = [("MAIL_PASSWORD", CANARY)];
    let wrong = format!("mail.password=[\"{CANARY}\", 1]");
    let mut said = String::new();
    for arguments in [
        vec!["--print-config"],
        vec!["--check-config"],
        vec!["--help"],
        vec!["--set", &*wrong, "--address", "here"],
        vec!["--config", "nats://user:c4n4ry@127.0.0.1:1/settings?required=maybe"],
        vec!["--config", "nats://user:c4n4ry@127.0.0.1:1/settings"],
        vec!["--config", "nats://user:c4n4ry@127.0.0.1:1/settings", "--print-config"],
    ] {
        let output = place.run(&variables, &arguments);
        said += &(text(&output.stdout) + &text(&output.stderr));
    }
    // A field that is not marked as a secret is shown by its struct, so this one has no login any more.
    place.write(&format!("[mail]\npassword = '{CANARY}'"));
    let greeter = place.serve(&["--log", "trace"]);
    greeting(&greeter);
    assert!(greeter.said().contains("ready to greet"), "{}", greeter.said());
    place.write(&format!("mail.password = ['{CANARY}', {CANARY}]"));
    eventually("it is refused", || readiness(&greeter).contains("config").then_some(()));
    place.write(&format!("mail.password = {{ {CANARY} = '{CANARY}' }}"));
    eventually("it is refused", || readiness(&greeter).contains("mail.password").then_some(()));
    said += &readiness(&greeter);
    said += &greeter.said();
    assert!(said.contains("***"), "{said}");
    assert!(!said.contains(CANARY), "{said}");
}
