//! Settings: where they come from, how they change, and what is said when something is wrong with them.

use std::collections::BTreeMap;
use std::time::Duration;

use micro::config::{Config, Configuration, Layer, Memory, Requirement, Secret, SetOutcome};
use micro::prelude::*;
use micro::registry::Registry;
use micro::testing::LogCapture;

/// What this test sets.
#[micro::config(prefix = "it_pool", validate = Pool::agree)]
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// How many connections there are at least.
    #[config(default = 1, validate(range(0..=100)))]
    pub least: u32,
    /// How many there are at most.
    #[config(default = 10, validate(range(1..=100)))]
    pub most: u32,
    /// Where it connects to.
    #[config(default = "here", reload = "restart")]
    pub target: String,
    /// Who may connect.
    #[config(default)]
    pub users: BTreeMap<String, User>,
    /// What stands in between.
    pub proxy: Option<Proxy>,
}

/// What stands between a pool and its target.
#[micro::config]
#[derive(Clone, Debug, PartialEq)]
pub struct Proxy {
    /// Where it is.
    pub address: String,
    /// How long it may take.
    #[config(default = "1s")]
    pub patience: Duration,
}

impl Pool {
    fn agree(&self) -> Result<(), String> {
        if self.least <= self.most {
            Ok(())
        } else {
            Err(format!("`least` ({}) is above `most` ({})", self.least, self.most))
        }
    }
}

/// Somebody who may connect.
#[micro::config]
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// How long a connection stays idle.
    #[config(default = "1m")]
    pub idle: Duration,
    /// The password.
    pub password: Option<Secret<String>>,
}

/// What takes part in the same changes.
#[micro::config(prefix = "it_other")]
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// A copy of `it_pool.most`, to see both change at once.
    #[config(default = 10)]
    pub copy: u32,
}

async fn app(memory: &Memory) -> micro::app::Running {
    let app = micro::app().registry(Registry::memory()).config_source(memory.clone(), Requirement::Required);
    app.start().await.expect("nothing is wrong yet")
}

/// Waits for a condition that another task brings about.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(10), async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("not seen: {what}"));
}

#[tokio::test]
async fn later_layers_win_and_tables_are_merged() {
    let memory = Memory::new(Layer::File);
    memory.set("it_pool.users.ada.idle", "5m");
    memory.set("it_pool.most", 20);
    let app = micro::app().registry(Registry::memory()).config_source(memory.clone(), Requirement::Required);
    let app = app.configure(|pool: &mut Pool| {
        pool.most = 15;
        pool.least = 2;
        pool.users.insert("bob".into(), User { idle: Duration::from_secs(1), password: None });
    });
    let app = app.start().await.unwrap();
    let pool: Config<Pool> = app.get().unwrap();
    let pool = pool.get();
    assert_eq!((pool.least, pool.most), (2, 20));
    assert_eq!(pool.users["ada"].idle, Duration::from_secs(300));
    assert_eq!(pool.users["bob"].idle, Duration::from_secs(1));
    let configuration = app.configuration();
    assert!(configuration.origin("it_pool.least").unwrap().to_string().contains("tests/it/config.rs:"));
    assert_eq!(configuration.origin("it_pool.most").unwrap().layer(), Layer::File);
    assert_eq!(configuration.origin("it_pool.target").unwrap().layer(), Layer::Declared);
    let printed = configuration.print();
    assert!(
        printed.contains("most = 20") && printed.contains("over 15 (code at ") && printed.contains("10 (default)"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_struct_that_need_not_be_there_is_there_once_something_in_it_is_set() {
    let memory = Memory::new(Layer::File);
    let app = app(&memory).await;
    let config: Config<Pool> = app.get().unwrap();
    assert_eq!(config.get().proxy, None);
    memory.set("it_pool.proxy.patience", "2s");
    let troubles = app.configuration().troubles();
    until("half a proxy is none", || format!("{troubles:?}").contains("`it_pool.proxy.address` is not set")).await;
    memory.set("it_pool.proxy.address", "there");
    assert_eq!(config.changed().await.proxy, Some(Proxy { address: "there".into(), patience: Duration::from_secs(2) }));
    memory.remove("it_pool.proxy");
    assert_eq!(config.changed().await.proxy, None);
}

#[tokio::test]
async fn a_change_reaches_those_who_hold_the_settings_and_those_who_wait() {
    let memory = Memory::new(Layer::Remote);
    let app = app(&memory).await;
    let config: Config<Pool> = app.get().unwrap();
    let before = config.get();
    let (told, seen) = std::sync::mpsc::channel();
    let _watching = config.watch(move |old, new| told.send((old.most, new.most)).unwrap());
    memory.set("it_pool.most", 20);
    assert_eq!(config.changed().await.most, 20);
    assert_eq!((before.most, config.get().most), (10, 20));
    assert_eq!(seen.recv_timeout(Duration::from_secs(5)).unwrap(), (10, 20));
    memory.remove("it_pool.most");
    assert_eq!(config.changed().await.most, 10);
}

#[tokio::test]
async fn structs_change_together_or_not_at_all() {
    let memory = Memory::new(Layer::File);
    let app = app(&memory).await;
    let (pool, other): (Config<Pool>, Config<Other>) = (app.get().unwrap(), app.get().unwrap());
    let (told, seen) = std::sync::mpsc::channel();
    let beside = other.clone();
    // Whoever is told of one finds the other changed as well.
    let _watching = pool.watch(move |_, new| told.send((new.most, beside.get().copy)).unwrap());
    for most in 11..60u32 {
        let mut table = serde_json::json!({"it_pool": {"most": most}, "it_other": {"copy": most}});
        if most % 3 == 0 {
            table["it_other"]["copy"] = "many".into();
        }
        memory.replace(table);
        tokio::task::yield_now().await;
    }
    memory.replace(serde_json::json!({"it_pool": {"most": 60}, "it_other": {"copy": 60}}));
    until("the last change", || other.get().copy == 60).await;
    for (most, copy) in seen.try_iter() {
        assert!(most == copy && (most % 3 != 0 || most == 60), "{most} and {copy}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_not_used_and_said_in_the_log_and_to_whoever_asks() {
    let logs = LogCapture::capture();
    let memory = Memory::new(Layer::File);
    let app = app(&memory).await;
    let config: Config<Pool> = app.get().unwrap();
    let troubles = app.configuration().troubles();
    for (wrong, words) in [
        (serde_json::json!({"it_pool": {"most": 5, "least": 7}}), "`least` (7) is above `most` (5)"),
        (serde_json::json!({"it_pool": {"most": 500}}), "is `500`: expected at least 1 and at most 100"),
        (serde_json::json!({"it_pool": {"most": "x", "users": {"ada": {"idle": 1.5}}}}), "a time, like"),
    ] {
        memory.replace(wrong);
        until(words, || troubles.borrow().values().any(|said| said.contains(words))).await;
        assert_eq!((config.get().least, config.get().most), (1, 10));
        assert!(logs.text().contains(words), "{}", logs.text());
    }
    memory.replace(serde_json::json!({"it_pool": {"most": 50}}));
    assert_eq!(config.changed().await.most, 50);
    until("all is well", || troubles.borrow().is_empty()).await;
}

#[tokio::test]
async fn a_wrong_place_does_not_hold_up_the_others_and_is_used_once_it_fits() {
    let (one, two) = (Memory::new(Layer::File), Memory::new(Layer::Remote));
    let app = micro::app().registry(Registry::memory()).config_source(one.clone(), Requirement::Required);
    let app = app.config_source(two.clone(), Requirement::Required).start().await.unwrap();
    let config: Config<Pool> = app.get().unwrap();
    // `least` is above `most`, until another place raises that.
    one.set("it_pool.least", 30);
    until("it is refused", || !app.configuration().troubles().borrow().is_empty()).await;
    two.set("it_pool.users.ada.idle", "2s");
    assert_eq!((config.changed().await.users.len(), config.get().least), (1, 1));
    two.set("it_pool.most", 40);
    until("both count", || config.get().least == 30 && config.get().most == 40).await;
}

#[tokio::test]
async fn what_counts_at_the_next_start_waits_and_is_reported() {
    let logs = LogCapture::capture();
    let memory = Memory::new(Layer::File);
    let app = app(&memory).await;
    let config: Config<Pool> = app.get().unwrap();
    memory.replace(serde_json::json!({"it_pool": {"target": "there", "most": 11}}));
    assert_eq!(config.changed().await.most, 11);
    assert_eq!(config.get().target, "here");
    assert!(logs.text().contains("takes effect after a restart"), "{}", logs.text());
    let waiting = || app.configuration().troubles().borrow().get("changes").cloned();
    assert_eq!(waiting().as_deref(), Some("waits for a restart: `it_pool.target`"));
    memory.replace(serde_json::json!({"it_pool": {"most": 12}}));
    assert_eq!(config.changed().await.most, 12);
    assert_eq!(waiting(), None);
}

#[tokio::test]
async fn keys_known_only_at_run_time_are_read_set_and_followed() {
    let memory = Memory::new(Layer::File);
    let app = app(&memory).await;
    let configuration: Configuration = app.get().unwrap();
    let mut limits = configuration.watch("anything.limits");
    assert_eq!(configuration.get::<u32>("anything.limits.ada").unwrap(), None);
    assert_eq!(configuration.set("anything.limits.ada", 3).unwrap(), SetOutcome::InForce);
    assert_eq!(limits.changed().await.unwrap().to_string(), "{ ada = 3 }");
    assert_eq!(configuration.get::<BTreeMap<String, u8>>("anything.limits").unwrap().unwrap()["ada"], 3);
    assert_eq!(configuration.get::<String>("anything.limits.ada").unwrap_err().code(), Code::InvalidArgument);

    memory.set("anything.limits.ada", 4);
    assert_eq!(limits.changed().await.unwrap().to_string(), "{ ada = 4 }");
    let SetOutcome::Shadowed(origin) = configuration.set("anything.limits.ada", 5).unwrap() else {
        panic!("a file wins over code");
    };
    assert_eq!(origin.layer(), Layer::File);
    memory.remove("anything.limits.ada");
    assert_eq!(limits.changed().await.unwrap().to_string(), "{ ada = 5 }");
    configuration.unset("anything.limits.ada").unwrap();
    assert_eq!(limits.changed().await, None);

    // A struct that is in use decides what can be set.
    let pool: Config<Pool> = app.get().unwrap();
    let error = configuration.set("it_pool.most", 0).unwrap_err();
    assert!(error.message().contains("`it_pool.most` (code at "), "{error}");
    configuration.set("it_pool.most", 33).unwrap();
    assert_eq!(pool.get().most, 33);
}

#[tokio::test]
async fn settings_of_micro_change_while_it_runs() {
    let memory = Memory::new(Layer::File);
    let app = app(&memory).await;
    memory.replace(serde_json::json!({"micro": {"request_timeout": "3s", "address": "127.0.0.1:1"}}));
    until("it changes", || app.settings().request_timeout == Duration::from_secs(3)).await;
    assert_eq!(&*app.settings().address, "127.0.0.1:0");
}

#[tokio::test]
async fn watchers_may_set_settings_themselves() {
    let memory = Memory::new(Layer::File);
    let app = app(&memory).await;
    let (pool, other): (Config<Pool>, Config<Other>) = (app.get().unwrap(), app.get().unwrap());
    let configuration = app.configuration().clone();
    let _watching = pool.watch(move |_, new| {
        configuration.set("it_other.copy", new.most).unwrap();
    });
    memory.set("it_pool.most", 21);
    assert_eq!(other.changed().await.copy, 21);
}

#[tokio::test]
async fn secrets_are_shown_nowhere() {
    let logs = LogCapture::capture();
    let memory = Memory::new(Layer::File);
    memory.replace(serde_json::json!({"it_pool": {"users": {"ada": {"password": "canary"}}}}));
    let app = app(&memory).await;
    let config: Config<Pool> = app.get().unwrap();
    let password = config.get().users["ada"].password.clone().unwrap();
    assert_eq!(password.expose(), "canary");
    // Wrong on purpose, with the secret where a message might repeat it.
    memory.replace(serde_json::json!({"it_pool": {"users": {"ada": {"password": ["canary"]}}}}));
    until("it is refused", || !app.configuration().troubles().borrow().is_empty()).await;
    let panicked = std::panic::catch_unwind(|| panic!("{:?} {password:?} {password}", config.get())).unwrap_err();
    let shown = [
        logs.text(),
        format!("{:?}", app.configuration().troubles().borrow()),
        app.configuration().print(),
        format!("{:?} {config:?} {:?}", app.configuration(), app.configuration().node("it_pool")),
        format!("{:?}", app.configuration().get::<u8>("it_pool.users.ada.password")),
        panicked.downcast_ref::<String>().unwrap().clone(),
    ];
    for text in shown {
        assert!(!text.contains("canary"), "{text}");
    }
}
