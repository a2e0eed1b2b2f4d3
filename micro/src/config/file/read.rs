//! A single reading of all files of a location.

use std::path::{Path, PathBuf};

use super::discover;
use super::format::FileFormat;
use super::interpolate::Filler;
use super::location::FileLocation;
use super::problem::FileProblem;
use super::snapshot::FileSnapshot;
use super::text::Wrong;
use crate::config::value::merge;
use crate::config::{Layer, Origin, Table};
use crate::errors::Result;

/// Contents of the files, and a snapshot of their state.
pub(super) struct FileReading {
    pub(super) result: Result<Table>,
    pub(super) snapshot: FileSnapshot,
}

impl FileReading {
    /// Reads the files. Blocks.
    pub(super) fn of(location: &FileLocation) -> Self {
        let mut snapshot = FileSnapshot::default();
        let mut problems = Vec::new();
        let table = match discover::members(location, &mut snapshot) {
            Ok(members) => merged(location, &members, &mut snapshot, &mut problems),
            Err(problem) => {
                problems.push(problem);
                Table::new()
            }
        };
        let result = if problems.is_empty() { Ok(table) } else { Err(FileProblem::sum(&problems)) };
        FileReading { result, snapshot }
    }
}

fn merged(
    location: &FileLocation,
    members: &[PathBuf],
    snapshot: &mut FileSnapshot,
    problems: &mut Vec<FileProblem>,
) -> Table {
    let mut whole = Table::new();
    for path in members {
        match parsed(path, snapshot) {
            Ok(mut table) => {
                let directory = path.parent().unwrap_or(Path::new("")).to_owned();
                Filler { environment: &location.environment, directory, snapshot, problems }.fill(&mut table);
                merge(&mut whole, &table);
            }
            Err(problem) => problems.push(problem),
        }
    }
    whole
}

fn parsed(path: &Path, snapshot: &mut FileSnapshot) -> Result<Table, FileProblem> {
    let place = path.display().to_string();
    let Some(format) = FileFormat::of(path) else {
        let why = "unknown format: expected `.toml`, `.json` or `.yaml`".to_owned();
        return Err(FileProblem::syntax(&place, &Wrong { line: None, why }));
    };
    let text = snapshot.text(path).map_err(|error| FileProblem::at(error.code(), &place, None, &error.to_string()))?;
    let origin = Origin::new(Layer::File, place.as_str());
    format.parse(&text, &origin).map_err(|wrong| FileProblem::syntax(&place, &wrong))
}
