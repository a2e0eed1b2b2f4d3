//! Reads all files of a location once.

use std::path::{Path, PathBuf};

use super::discover;
use super::format::Format;
use super::interpolate::Filler;
use super::location::Location;
use super::problem::Problem;
use super::snapshot::Snapshot;
use super::text::Wrong;
use crate::config::value::merge;
use crate::config::{Layer, Origin, Table};
use crate::errors::Result;

/// What the files said, and the state they were in.
pub(super) struct Reading {
    pub(super) result: Result<Table>,
    pub(super) snapshot: Snapshot,
}

impl Reading {
    /// Reads the files. Blocks.
    pub(super) fn of(location: &Location) -> Self {
        let mut snapshot = Snapshot::default();
        let mut problems = Vec::new();
        let table = match discover::members(location, &mut snapshot) {
            Ok(members) => merged(location, &members, &mut snapshot, &mut problems),
            Err(problem) => {
                problems.push(problem);
                Table::new()
            }
        };
        let result = if problems.is_empty() { Ok(table) } else { Err(Problem::sum(&problems)) };
        Reading { result, snapshot }
    }
}

fn merged(location: &Location, members: &[PathBuf], snapshot: &mut Snapshot, problems: &mut Vec<Problem>) -> Table {
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

fn parsed(path: &Path, snapshot: &mut Snapshot) -> Result<Table, Problem> {
    let place = path.display().to_string();
    let Some(format) = Format::of(path) else {
        let why = "settings are read from `.toml`, `.json` and `.yaml`, and this is none of them".to_owned();
        return Err(Problem::syntax(&place, &Wrong { line: None, why }));
    };
    let text = snapshot.text(path).map_err(|error| Problem::at(error.code(), &place, None, &error.to_string()))?;
    let origin = Origin::new(Layer::File, place.as_str());
    format.parse(&text, &origin).map_err(|wrong| Problem::syntax(&place, &wrong))
}
