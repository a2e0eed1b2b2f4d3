//! List of all settings: key, flag, and environment variables.

use super::Kind;
use super::declaration::{Field, SectionDesc};

/// One setting with its full path. A nested struct has no entry, its settings have.
#[derive(Debug)]
pub(super) struct SettingEntry {
    pub(super) section: &'static SectionDesc,
    pub(super) field: &'static Field,
    /// Full path: `greeter.db.url`.
    pub(super) key: String,
    /// Part of the key below the prefix.
    path: Vec<&'static str>,
}

/// Prefix of micro's own settings, which their flags omit.
pub(super) const OWN: &str = "micro";

/// Returns all settings of these structs: those of the program first, then those of micro.
pub(super) fn entries(sections: &[&'static SectionDesc]) -> Vec<SettingEntry> {
    let mut entries = Vec::new();
    let own = |section: &&&SectionDesc| section.prefix == OWN;
    for section in sections.iter().filter(|section| !own(section)).chain(sections.iter().filter(own)) {
        add(&mut entries, section, section.fields, &mut vec![], &mut vec![]);
    }
    entries
}

fn add(
    entries: &mut Vec<SettingEntry>,
    section: &'static SectionDesc,
    fields: &'static [Field],
    path: &mut Vec<&'static str>,
    above: &mut Vec<&'static [Field]>,
) {
    above.push(fields);
    for field in fields {
        path.push(field.name);
        match ((field.kind)(), (field.kind)().inner(above)) {
            (_, Some(inner)) => add(entries, section, inner, path, above),
            // A recursive struct: deeper settings are available with `--set`.
            (Kind::Section(_) | Kind::Optional(_), None) => {}
            _ => {
                let key = [section.prefix].iter().chain(&*path).copied().collect::<Vec<_>>().join(".");
                entries.push(SettingEntry { section, field, key, path: path.clone() });
            }
        }
        path.pop();
    }
    above.pop();
}

impl SettingEntry {
    /// Returns the flag without the dashes.
    pub(super) fn flag(&self) -> String {
        let own = self.key.strip_prefix("micro.").unwrap_or(&self.key);
        self.field.flag.map_or_else(|| own.replace(['.', '_'], "-"), str::to_owned)
    }

    /// Returns the environment variables, the one in force last.
    pub(super) fn variables(&self) -> Vec<String> {
        let path = self.path.iter().map(|key| upper(key)).collect::<Vec<_>>().join("__");
        let own = stem(self.section) + &path;
        self.field.env.iter().map(|name| (*name).to_owned()).chain([own]).collect()
    }

    /// Returns the environment variable, followed by its aliases for users of other frameworks.
    pub(super) fn variables_in_words(&self) -> String {
        let mut names = self.variables();
        let own = names.pop().unwrap_or_default();
        if names.is_empty() { own } else { format!("{own}, alias {}", names.join(", ")) }
    }
}

/// Returns the start of the environment variables of a struct: `ACME_GREETER_` for `acme.greeter`.
pub(super) fn stem(section: &SectionDesc) -> String {
    format!("{}_", upper(section.prefix))
}

pub(super) fn upper(name: &str) -> String {
    name.to_uppercase().replace(['-', '.'], "_")
}

/// Returns how a required setting can be set.
pub(super) fn way_to_set(path: &str, sections: &[&'static SectionDesc]) -> Option<String> {
    let entry = entries(sections).into_iter().find(|entry| entry.key == path)?;
    let variable = entry.variables().pop()?;
    Some(format!("set `{variable}`, or `--{}`, or `{path}` in a file", entry.flag()))
}
