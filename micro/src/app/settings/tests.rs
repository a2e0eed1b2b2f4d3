use std::sync::Arc;
use std::time::Duration;

use super::{Settings, UnknownKeys};
use crate::app::Rename;
use crate::config::args::Action;
use crate::config::load::{LoadReport, ProcessEnv};
use crate::config::{Configuration, Layer, rows};
use crate::errors::{Code, Result};
use crate::server::Plaintext;
use crate::telemetry::Format;
use crate::transport::http::Compress;

fn surrounded(environment: &[(&str, &str)], arguments: &[&str]) -> (Configuration, LoadReport) {
    let environment = environment.iter().map(|(key, value)| (key.into(), value.into())).collect();
    let arguments = std::iter::once("greeter").chain(arguments.iter().copied()).map(Into::into).collect();
    let configuration = Configuration::new();
    let found =
        configuration.surround(&ProcessEnv { environment, prefix: Some("SHOP".into()), arguments: Some(arguments) });
    (configuration, found)
}

fn from(environment: &[(&str, &str)], arguments: &[&str]) -> Result<Arc<Settings>> {
    let (configuration, mut found) = surrounded(environment, arguments);
    configuration.check(&mut found, |entry| entry.prefix() == "micro")?;
    Ok(configuration.of::<Settings>()?.get().into_arc())
}

fn settings(environment: &[(&str, &str)], arguments: &[&str]) -> Arc<Settings> {
    from(environment, arguments).unwrap()
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_default() {
    assert_eq!(*settings(&[], &[]), Settings::default());
    assert_eq!(&*settings(&[("MICRO_ADDRESS", "127.0.0.1:7")], &[]).address, "127.0.0.1:7");
    assert_eq!(&*settings(&[("MICRO_ADDRESS", "127.0.0.1:7")], &["--address", ":8"]).address, "0.0.0.0:8");
    assert_eq!(&*settings(&[], &["--address", ":8", "--address=:9"]).address, "0.0.0.0:9");
}

#[test]
fn names_of_go_micro_are_understood_and_those_of_micro_win() {
    let environment = [
        ("MICRO_SERVER_ADDRESS", ":7"),
        ("MICRO_SERVER_NAME", "greeter"),
        ("MICRO_SERVER_METADATA", "zone=b,rack=3"),
        ("MICRO_REGISTER_TTL", "60"),
        ("MICRO_CLIENT_REQUEST_TIMEOUT", "5s"),
        ("MICRO_REGISTRY", "etcd"),
        ("MICRO_REGISTRY_ADDRESS", "10.0.0.1:2379"),
        ("MICRO_LOG_LEVEL", "debug"),
    ];
    let read = settings(&environment, &[]);
    assert_eq!((&*read.address, &*read.log), ("0.0.0.0:7", "debug"));
    assert_eq!(read.server_name, [Rename { from: None, to: "greeter".into() }]);
    assert_eq!((&*read.server_metadata["zone"], &*read.server_metadata["rack"]), ("b", "3"));
    assert_eq!((read.register_ttl, read.request_timeout), (Duration::from_secs(60), Duration::from_secs(5)));
    assert_eq!((&*read.registry, read.registry_address.as_deref()), ("etcd", Some("10.0.0.1:2379")));
    assert_eq!(&*settings(&[("MICRO_LOG_LEVEL", "debug"), ("MICRO_LOG", "warn")], &[]).log, "warn");
}

#[test]
fn every_kind_of_value_is_read_as_people_write_it() {
    let arguments = [
        ["--server-name", "old=new,other=one"],
        ["--message-limit", "64KiB"],
        ["--compress", "16KiB"],
        ["--idle-timeout", "5m"],
        ["--reflection", "off"],
        ["--log-format", "json"],
        ["--plaintext", "also"],
        ["--services", "a"],
        ["--services", "b,c"],
        ["--unknown-keys", "refuse"],
    ];
    let read = settings(&[], &arguments.concat());
    assert_eq!(read.server_name[1], Rename { from: Some("other".into()), to: "one".into() });
    assert_eq!((read.message_limit.bytes(), read.compress), (64 * 1024, Compress::From(16 * 1024)));
    assert_eq!((read.idle_timeout(), read.reflection), (Some(Duration::from_secs(300)), false));
    assert_eq!(read.plaintext, Plaintext::Also);
    assert_eq!((read.log_format, read.unknown_keys), (Format::Json, UnknownKeys::Refuse));
    assert_eq!(read.services.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(settings(&[], &["--compress", "replies"]).compress, Compress::Replies);
    assert_eq!(settings(&[], &["--idle-timeout", "0"]).idle_timeout(), None);
    assert!(settings(&[], &["--reflection"]).reflection);
}

#[test]
fn everything_wrong_is_said_at_once_and_by_the_name_it_was_set_by() {
    let environment = [("MICRO_ADDRESS", "nowhere"), ("MICRO_REGISTER_TTL", "0s"), ("MICRO_LOG", "micro=loud")];
    let error = from(&environment, &["--message-limit", "many", "--set", "micro.profile=a/b"]).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    for part in [
        "\n  - `MICRO_ADDRESS` is `nowhere`: expected `host:port`",
        "\n  - `--message-limit` is `many`: expected a number of bytes",
        "\n  - `MICRO_REGISTER_TTL` is `0s`: expected at least 1ms",
        "\n  - `MICRO_LOG` is `micro=loud`: expected `off`, `error`",
        "\n  - `--set micro.profile` is `a/b`: expected text that matches",
    ] {
        assert!(error.message().contains(part), "{}", error.message());
    }
    let error = from(&[("MICRO_REGISTER_TTL", "5s")], &[]).unwrap_err();
    let half = from(&[("MICRO_TLS_CERTIFICATE", "a.pem")], &[]).unwrap_err();
    assert!(half.message().contains("`tls.certificate` is given without `tls.key`"), "{}", half.message());
    let part = "`micro` cannot be used: `register_interval` (10s) must be shorter than `register_ttl` (5s)";
    assert!(error.message().contains(part), "{}", error.message());
}

#[test]
fn a_slip_is_answered_with_what_was_meant() {
    let error = from(&[], &["--adress", "x"]).unwrap_err();
    assert!(error.message().contains("did you mean `--address`?"), "{}", error.message());
    let (configuration, mut found) =
        surrounded(&[("MICRO_ADRESS", "x"), ("MICROSCOPE", "x")], &["--set", "micro.regsitry=x", "--set", "mikro.x=1"]);
    configuration.check(&mut found, |entry| entry.prefix() == "micro").unwrap();
    assert_eq!(
        found.warnings,
        [
            "`MICRO_ADRESS` sets nothing: did you mean `MICRO_ADDRESS`?",
            "`micro.regsitry` (--set micro.regsitry) is not a setting: did you mean `registry`?",
            "`mikro` (--set mikro.x) is not a setting: did you mean `micro`?",
        ]
    );
}

#[test]
fn a_mistake_on_the_command_line_is_told_whole_and_by_its_kind() {
    for (arguments, words) in [
        (vec!["--adress", "x"], "\n  - `--adress` is not a flag: did you mean `--address`?\n"),
        (vec!["greeter\n\nUsage: x"], "\n  - `greeter\\n\\nUsage: x` is not a flag\n"),
        (vec!["--address"], "\n  - `--address <HOST:PORT>` needs a value\n"),
        (vec!["--check-config=x"], "\n  - `--check-config` takes no value\n"),
        (vec!["--set", "micro.nothing"], "\n  - `--set` is not of the form `KEY=VALUE`\n"),
    ] {
        let error = from(&[], &arguments).unwrap_err();
        assert!(error.message().contains(words), "{arguments:?}: {}", error.message());
    }
}

/// A program whose command line is `arguments`.
fn program(arguments: &[&str]) -> crate::App {
    let arguments = std::iter::once("greeter").chain(arguments.iter().copied()).map(Into::into).collect();
    let mut app = crate::App::new().registry(crate::registry::Registry::memory());
    app.sources.environment = Some(ProcessEnv { arguments: Some(arguments), ..ProcessEnv::default() });
    app
}

#[tokio::test]
async fn a_question_on_the_command_line_ends_the_program_well() {
    for question in ["--help", "--print-config", "--check-config"] {
        program(&[question]).run().await.unwrap();
        // A program that starts by itself passes on what `start` returns.
        let ended = program(&[question]).start().await.map(drop);
        assert_eq!(ended.as_ref().unwrap_err().code(), Code::Cancelled);
        let code = crate::__private::Termination::into_exit_code(ended);
        assert_eq!(format!("{code:?}"), format!("{:?}", std::process::ExitCode::SUCCESS), "{question}");
    }
}

#[tokio::test]
async fn a_failure_in_the_words_of_an_answered_question_is_a_failure() {
    let failing = program(&[])
        .before_start(async |_| Err(crate::Error::new(Code::Cancelled, "the program was only asked something")));
    assert_eq!(failing.run().await.unwrap_err().code(), Code::Cancelled);
}

#[test]
fn a_log_filter_that_is_none_is_refused_wherever_it_is_set() {
    let words = "expected `off`, `error`, `warn`, `info`, `debug` or `trace`, or levels by target like \
                 `info,micro=debug`: `debugg` is not a level, did you mean `debug`?";
    for (environment, arguments, name) in [
        (&[][..], &["--log", "debugg"][..], "--log"),
        (&[("MICRO_LOG", "debugg")], &[], "MICRO_LOG"),
        (&[("MICRO_LOG_LEVEL", "debugg")], &[], "MICRO_LOG_LEVEL"),
        (&[], &["--set", "micro.log=debugg"], "--set micro.log"),
    ] {
        let error = from(environment, arguments).unwrap_err();
        let words = format!("\n  - `{name}` is `debugg`: {words}");
        assert!(error.message().contains(&words), "{}", error.message());
    }
}

#[test]
fn a_log_filter_that_is_none_is_refused_when_it_changes_and_the_old_one_stays() {
    let (configuration, _) = surrounded(&[], &[]);
    let settings = configuration.of::<Settings>().unwrap();
    configuration.set("micro.log", "warn").unwrap();
    let refused = configuration.set("micro.log", "info,micro=debugg").unwrap_err();
    assert!(refused.message().contains("did you mean `debug`?"), "{}", refused.message());
    assert_eq!(settings.get().log, "warn");
}

#[test]
fn what_stands_further_in_is_set_by_variables_and_flags_too() {
    let environment = [("MICRO_SERVER_METADATA__ZONE", "b"), ("SHOP_ANYTHING__LIMITS__ADA", "3"), ("SHOP_", "x")];
    let (configuration, _) = surrounded(&environment, &["--set", "anything.limits.bob=4"]);
    assert_eq!(configuration.get::<u8>("anything.limits.ada").unwrap(), Some(3));
    assert_eq!(configuration.get::<u8>("anything.limits.bob").unwrap(), Some(4));
    assert_eq!(configuration.of::<Settings>().unwrap().get().server_metadata["zone"], "b");
    let origin = configuration.origin("anything.limits.ada").unwrap();
    assert_eq!((origin.layer(), origin.place()), (Layer::Environment, "SHOP_ANYTHING__LIMITS__ADA"));
}

#[test]
fn help_lists_every_setting_with_its_default_and_variables() {
    let (configuration, found) = surrounded(&[("MICRO_SHUTDOWN_TIMEOUT", "3s")], &["--help"]);
    let Action::Help(text) = found.wanted else { panic!("{:?} where help was asked for", found.wanted) };
    for row in rows(&configuration) {
        assert!(text.contains(&format!("{} ", row.flag)), "{}: {text}", row.flag);
        assert!(text.contains(&format!("[env: {}]", row.env)), "{}: {text}", row.key);
    }
    assert!(text.contains("[default: 4MiB]") && text.contains("[default: 3s]"), "{text}");
}

#[test]
fn the_command_line_says_what_is_wanted() {
    assert_eq!(surrounded(&[], &[]).1.wanted, Action::Run);
    assert_eq!(surrounded(&[], &["--print-config"]).1.wanted, Action::Print);
    assert_eq!(surrounded(&[], &["--check-config", "--print-config"]).1.wanted, Action::Check);
}

#[test]
fn what_is_printed_can_be_read_back() {
    let printed = surrounded(&[("MICRO_ADDRESS", ":7")], &["--reflection", "off"]).0.print();
    let values: toml::Table = printed.parse().unwrap_or_else(|error| panic!("{error}: {printed}"));
    assert_eq!(values["micro"]["reflection"].as_bool(), Some(false));
    assert_eq!(values["micro"]["address"].as_str(), Some(":7"));
    assert!(printed.contains("# MICRO_ADDRESS, over \"127.0.0.1:0\" (default)"), "{printed}");
}
