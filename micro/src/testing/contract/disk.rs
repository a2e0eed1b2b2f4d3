//! The files themselves.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use prost_types::FileDescriptorProto;

use super::parse::parse;
use crate::errors::{Code, Error, Result};
use crate::message::proto::HEADER;

/// A file and what it says.
pub(super) type Contracted = (PathBuf, FileDescriptorProto);

/// The file at `path`, where there is one.
pub(super) fn read(path: &Path) -> Result<Option<Contracted>> {
    let Some(text) = text(path)? else { return Ok(None) };
    let file = parse(&text).map_err(|error| {
        Error::new(
            Code::InvalidArgument,
            format!("`{}`, {error}: the file is written by this test and not by hand; undo the edit", path.display()),
        )
        .with_source(error)
    })?;
    Ok(Some((path.to_owned(), file)))
}

/// The files below `folder` that were written by such a test and are no longer.
pub(super) fn stale(folder: &Path, current: &[Contracted]) -> Result<Vec<Contracted>> {
    let mut stale = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("read", &folder, error)),
        };
        for entry in entries {
            let path = entry.map_err(|error| failed("read", &folder, error))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto")
                && current.iter().all(|(other, _)| *other != path)
                && text(&path)?.is_some_and(|text| text.trim_start().starts_with(HEADER))
            {
                stale.extend(read(&path)?);
            }
        }
    }
    stale.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(stale)
}

/// Writes the file unless it says the same already. Returns whether it was written.
pub(super) fn write(path: &Path, new: &str) -> Result<bool> {
    // Git may have changed the ends of lines.
    if text(path)?.is_some_and(|old| old.replace("\r\n", "\n") == new) {
        return Ok(false);
    }
    let failed = |error| failed("write", path, error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // Another test may read it at this moment.
    let draft = path.with_extension(format!("proto.{}", std::process::id()));
    fs::write(&draft, new).map_err(failed)?;
    fs::rename(&draft, path).map_err(failed)?;
    Ok(true)
}

/// Removes a file whose package is there no more.
pub(super) fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|error| failed("remove", path, error))
}

fn text(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, error)),
    }
}

fn failed(what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(Code::Unavailable, format!("cannot {what} `{}`: {error}", path.display())).with_source(error)
}
