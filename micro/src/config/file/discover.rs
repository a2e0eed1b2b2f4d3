//! Discovery of the files of a location.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::location::FileLocation;
use super::problem::FileProblem;
use super::snapshot::{FileSnapshot, ReadError, ReadErrorKind};
use crate::errors::Code;

/// Returns the files to read; each overrides those before it.
pub(super) fn members(location: &FileLocation, snapshot: &mut FileSnapshot) -> Result<Vec<PathBuf>, FileProblem> {
    let place = location.path.display().to_string();
    let problem = |error: &ReadError| FileProblem::at(error.code(), &place, None, &error.to_string());
    let profile = location.profile.as_deref();
    if let Some(profile) = profile.filter(|profile| !is_profile(profile)) {
        let why = format!("`{}` is not a profile: expected letters, digits, `-` and `_`", profile.escape_default());
        return Err(FileProblem::at(Code::InvalidArgument, &place, None, &why));
    }
    match snapshot.kind(&location.path).map_err(|error| problem(&error))? {
        ReadErrorKind::Directory => {
            let names = snapshot.members(&location.path).map_err(|error| problem(&error))?;
            Ok(in_order(&names, profile).into_iter().map(|name| location.path.join(name)).collect())
        }
        _ => {
            let beside = profile.and_then(|profile| beside(&location.path, profile));
            let beside = beside.filter(|path| snapshot.kind(path) != Err(ReadError::Missing));
            Ok(std::iter::once(location.path.clone()).chain(beside).collect())
        }
    }
}

fn is_profile(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_')
}

/// Returns the profile file of a path: `app.dev.toml` for `app.toml`.
fn beside(path: &Path, profile: &str) -> Option<PathBuf> {
    let (stem, extension) = (path.file_stem()?.to_str()?, path.extension()?.to_str()?);
    Some(path.with_file_name(format!("{stem}.{profile}.{extension}")))
}

/// Sorts files by name, each profile file directly after its base file. Files of other profiles are omitted.
fn in_order(names: &BTreeSet<String>, profile: Option<&str>) -> Vec<String> {
    let place = |name: &String| {
        let (stem, extension) = name.rsplit_once('.')?;
        match stem.rsplit_once('.') {
            None => Some((name.clone(), false, name.clone())),
            Some((base, word)) => (Some(word) == profile).then(|| (format!("{base}.{extension}"), true, name.clone())),
        }
    };
    let mut places: Vec<_> = names.iter().filter_map(place).collect();
    places.sort();
    places.into_iter().map(|(_, _, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_profile_follow_their_base_and_others_are_left_out() {
        let names: BTreeSet<String> =
            ["20.toml", "10-db.toml", "10-db.dev.toml", "10-db.prod.toml", "15.dev.json"].map(str::to_owned).into();
        assert_eq!(in_order(&names, None), ["10-db.toml", "20.toml"]);
        assert_eq!(in_order(&names, Some("dev")), ["10-db.toml", "10-db.dev.toml", "15.dev.json", "20.toml"]);
    }

    #[test]
    fn a_profile_is_a_plain_word() {
        for (name, is_one) in
            [("dev", true), ("eu-1", true), ("", false), ("a.b", false), ("../x", false), ("a/b", false)]
        {
            assert_eq!(is_profile(name), is_one, "{name}");
        }
    }
}
