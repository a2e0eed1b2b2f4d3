use crate::config::section::Field;

/// What kind of value a setting is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One value, with the word that stands for it in `--help`: `NUMBER`.
    One(&'static str),
    /// On or off.
    Switch,
    /// One of several words.
    Choice(&'static [Choice]),
    /// Several values of a kind.
    List(fn() -> Kind),
    /// Values of a kind, by key.
    Map(fn() -> Kind),
    /// A struct of settings.
    Section(&'static [Field]),
    /// Whatever serde makes of it.
    Any,
}

/// One word of a [`Kind::Choice`].
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The word.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
}

impl Kind {
    /// What stands for the value in `--help`.
    pub fn placeholder(&self) -> String {
        match self {
            Kind::One(word) => (*word).to_owned(),
            Kind::Switch => "on|off".to_owned(),
            Kind::Choice(choices) => choices.iter().map(|choice| choice.name).collect::<Vec<_>>().join("|"),
            Kind::List(item) => format!("{},..", item().placeholder()),
            Kind::Map(item) => format!("KEY={},..", item().placeholder()),
            Kind::Section(_) | Kind::Any => "VALUE".to_owned(),
        }
    }
}
