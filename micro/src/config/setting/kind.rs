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
    /// A struct of settings that is there once something in it is set.
    Optional(&'static [Field]),
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
    /// The settings of a struct, whether it has to be there or not; those of `above` are not gone through again, or a struct
    /// within itself would have no end.
    pub(in crate::config) fn inner(&self, above: &[&'static [Field]]) -> Option<&'static [Field]> {
        let (Kind::Section(fields) | Kind::Optional(fields)) = *self else { return None };
        above.iter().all(|outer| !std::ptr::eq(*outer, fields)).then_some(fields)
    }

    /// What stands for the value in `--help`.
    pub fn placeholder(&self) -> String {
        match self {
            Kind::One(word) => (*word).to_owned(),
            Kind::Switch => "on|off".to_owned(),
            Kind::Choice(choices) => choices.iter().map(|choice| choice.name).collect::<Vec<_>>().join("|"),
            Kind::List(item) => format!("{},..", item().placeholder()),
            Kind::Map(item) => format!("KEY={},..", item().placeholder()),
            Kind::Section(_) | Kind::Optional(_) | Kind::Any => "VALUE".to_owned(),
        }
    }
}
