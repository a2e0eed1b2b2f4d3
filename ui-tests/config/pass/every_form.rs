use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use micro::Result;
use micro::config::{Config, Secret, Setting};

const MOST: u32 = 10;

#[micro::config(prefix = "greeter.every_form", validate = Greeter::check)]
#[derive(Clone, Debug)]
pub struct Greeter {
    /// Documented.
    #[config(default = "Hello", env = "SALUTATION", flag = "salutation")]
    pub salutation: String,
    #[config(default = 'x')]
    pub letter: char,
    #[config(default = "2s", validate(range("1ms"..)))]
    pub patience: Duration,
    #[config(default = MOST, validate(range(1..=MOST)), reload = "restart")]
    pub most: u32,
    #[config(default = -1, validate(range(-10..10), with(odd, |number: &i64| in_all(*number))))]
    pub offset: i64,
    #[config(default = { let mut names = vec!["a".to_owned()]; names.push("b".to_owned()); names }, validate(length(1..)))]
    pub names: Vec<String>,
    #[config(default, validate(regex("^[!-~]*$"), with(short)))]
    pub password: Secret<String>,
    pub token: Option<Secret<String>>,
    #[config(name = "kind", default)]
    pub r#type: Tone,
    #[config(default)]
    pub by_name: BTreeMap<String, Inner>,
    #[config(default)]
    pub inner: Inner,
    #[config(default, deprecated = "use `inner`")]
    #[config(env("A", "B"))]
    pub addresses: Vec<std::net::SocketAddr>,
}

impl Greeter {
    fn check(&self) -> Result<(), impl Display> {
        if self.most == 3 { Err("not three") } else { Ok(()) }
    }
}

fn odd(number: &i64) -> Result<(), String> {
    if number % 2 == 0 { Err("an odd number".into()) } else { Ok(()) }
}

fn in_all(_: i64) -> Result<()> {
    Ok(())
}

fn short(text: &Secret<String>) -> Result<(), String> {
    if text.expose().len() < 100 { Ok(()) } else { Err("short text".into()) }
}

#[micro::config]
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Tone {
    #[default]
    Friendly = 1,
    #[config(name = "formal")]
    StrictlyFormal,
}

#[micro::config]
#[derive(Clone, Debug)]
pub struct Inner {
    inner: Option<u8>,
}

mod nested {
    #[micro::config(crate = micro)]
    pub(super) struct Required {
        pub(super) name: String,
        pub(super) others: Vec<Required>,
    }
}

struct English {
    config: Config<Greeter>,
}

impl English {
    #[micro::init]
    async fn new(config: Config<Greeter>) -> Result<Self> {
        Ok(English { config })
    }
}

fn main() {
    let greeter = Greeter::default();
    assert_eq!((greeter.salutation.as_str(), greeter.most, greeter.offset), ("Hello", 10, -1));
    assert_eq!((greeter.names.as_slice(), greeter.r#type), (&["a".to_owned(), "b".to_owned()][..], Tone::Friendly));
    assert!(format!("{greeter:?}").contains("password: ***"));
    let _ = greeter.write();
    let _ = (Inner::default().inner, |required: nested::Required| (required.name, required.others.len()));
    let _ = |english: English| english.config.get().most;
}
