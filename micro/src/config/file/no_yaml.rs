//! YAML parsing in builds without the feature `config-yaml`: always an error.

use super::text::Wrong;
use crate::config::{Node, Origin};

pub(super) fn parse(_text: &str, _origin: &Origin) -> Result<Node, Wrong> {
    let why = "this program cannot read YAML: build it with the feature `config-yaml` of micro".into();
    Err(Wrong { line: None, why })
}
