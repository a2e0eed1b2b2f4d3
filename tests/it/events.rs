//! Events between programs, as a newcomer has them: on the default broker, with nothing installed.

use std::collections::BTreeMap;

use micro_tests::{Program, World, eventually, example};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How often each line was printed by any of these programs.
fn lines<'a>(programs: impl IntoIterator<Item = &'a Program>) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for program in programs {
        program.printed().lines().for_each(|line| *lines.entry(line.to_owned()).or_default() += 1);
    }
    lines
}

#[test]
fn every_program_audits_an_event_and_one_of_them_mails_it() {
    let world = World::new();
    let programs = [world.serve(example("events"), &[]), world.serve(example("events"), &[])];
    let banner = eventually("it says what it handles", || {
        Some(programs[0].said()).filter(|said| said.contains("mailer: shop.placed"))
    });
    assert!(banner.contains("handling  mailer: shop.placed, queue `mailer`, at broker `direct`"), "{banner}");

    let published = world.run(example("events-publish"), &["Ada", "tea", "coffee", "milk"]);
    assert!(published.status.success(), "{}", text(&published.stderr));
    let expected = BTreeMap::from([
        ("audit: Ada ordered tea".to_owned(), 2),
        ("audit: Ada ordered coffee".to_owned(), 2),
        ("audit: Ada ordered milk".to_owned(), 2),
        ("mail to Ada: your tea is on its way (try 1)".to_owned(), 1),
        ("mail to Ada: your coffee is on its way (try 2)".to_owned(), 1),
        ("mail to Ada: your milk is on its way (try 1)".to_owned(), 1),
    ]);
    let said = eventually("everything is handled", || Some(lines(&programs)).filter(|lines| lines.len() == 6));
    assert_eq!(said, expected);
    // One program mails all that a customer orders, in that order, though coffee needs a second try.
    let mailed = programs.iter().flat_map(|program| {
        let printed = program.printed();
        let mails = printed.lines().filter(|line| line.starts_with("mail"));
        let mails: Vec<String> = mails.map(str::to_owned).collect();
        (!mails.is_empty()).then_some(mails)
    });
    let in_order = ["tea is on its way (try 1)", "coffee is on its way (try 2)", "milk is on its way (try 1)"];
    assert_eq!(mailed.collect::<Vec<_>>(), [in_order.map(|mail| format!("mail to Ada: your {mail}"))]);
    let warned: String = programs.iter().map(Program::said).collect();
    assert!(warned.contains("tried again in 100ms: the mail server is out of coffee"), "{warned}");

    for mut program in programs {
        program.signal("TERM");
        assert_eq!(program.ended(), Some(0), "{}", program.said());
    }
}

#[test]
fn events_are_published_while_subscribers_come_and_go_and_none_is_lost() {
    let world = World::new();
    let (events, publish) = (example("events"), example("events-publish"));
    let mut all = vec![world.serve(&events, &[])];
    let items: Vec<String> = (0..40).map(|n| format!("thing-{n}")).collect();
    for (round, items) in items.chunks(10).enumerate() {
        let arguments: Vec<&str> = std::iter::once("Ada").chain(items.iter().map(String::as_str)).collect();
        let published = world.run(&publish, &arguments);
        assert!(published.status.success(), "{}", text(&published.stderr));
        // The successor is there before its predecessor leaves, as with rolling updates.
        all.push(world.serve(&events, &[]));
        all[round].signal("TERM");
        assert_eq!(all[round].ended(), Some(0), "{}", all[round].said());
    }
    let mailed = eventually("everything is mailed", || {
        let lines = lines(&all);
        let mails = lines.into_iter().filter(|(line, _)| line.starts_with("mail")).collect::<BTreeMap<_, _>>();
        (mails.len() == items.len()).then_some(mails)
    });
    assert!(mailed.values().all(|times| *times == 1), "{mailed:?}");
}

#[test]
fn a_saga_comes_to_its_end_on_the_default_broker_too() {
    let world = World::new();
    let saga = world.run(example("orders"), &[]);
    assert!(saga.status.success(), "{}", text(&saga.stderr));
    let said = text(&saga.stdout);
    for (line, times) in [
        ("order 1: shipped", 1),
        ("order 2: cancelled, 99900 cents are too much for one day", 1),
        ("order 3: asks the bank", 3),
        ("order 3: for people, after 3 tries: unavailable: the bank does not answer", 1),
    ] {
        assert_eq!(said.matches(line).count(), times, "{line}\n{said}");
    }
    let warned = text(&saga.stderr);
    assert!(warned.contains("`support` go without `durable` on broker `direct`"), "{warned}");

    // Chosen, the same broker has to do what it is asked for.
    let chosen = world.run(example("orders"), &["--broker", "direct"]);
    let said = text(&chosen.stderr);
    assert!(!chosen.status.success() && said.contains("`support` ask for `durable`"), "{said}");
    let allowed = world.run(example("orders"), &["--broker", "direct", "--downgrade", "allow"]);
    assert!(allowed.status.success(), "{}", text(&allowed.stderr));
}

#[test]
fn a_broker_that_nobody_knows_is_answered_with_those_there_are() {
    let world = World::new();
    let mistaken = world.run(example("events"), &["--broker", "kafka://10.0.0.1"]);
    assert!(!mistaken.status.success());
    let said = text(&mistaken.stderr);
    assert!(said.contains("no broker `kafka` in this program") && said.contains("memory"), "{said}");
}
