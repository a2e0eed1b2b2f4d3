use std::fmt;
use std::sync::Arc;

/// Layer of a value: a later layer overrides those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// Declared defaults.
    Declared,
    /// Values set in code.
    Code,
    /// Files; a later file overrides those before it.
    File,
    /// Servers.
    Remote,
    /// Environment variables.
    Environment,
    /// The command line.
    Flag,
}

impl Layer {
    /// All layers, the lowest first.
    pub const ALL: [Layer; 6] =
        [Layer::Declared, Layer::Code, Layer::File, Layer::Remote, Layer::Environment, Layer::Flag];

    /// Returns the name used in messages and documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Layer::Declared => "default",
            Layer::Code => "code",
            Layer::File => "file",
            Layer::Remote => "remote",
            Layer::Environment => "environment",
            Layer::Flag => "flag",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Origin of a value: a line of a file, a variable, a flag. Cloning is cheap.
///
/// Names of places contain no credentials: a source removes them from its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    layer: Layer,
    place: Arc<str>,
    line: Option<u32>,
}

impl Origin {
    /// Creates the origin of values in a layer. `place` is named for operators: `app.toml`, `MICRO_ADDRESS`, `--address`.
    pub fn new(layer: Layer, place: impl Into<Arc<str>>) -> Self {
        Origin { layer, place: place.into(), line: None }
    }

    /// Returns a copy with a line number; the first line is 1.
    #[must_use]
    pub fn at_line(&self, line: u32) -> Self {
        Origin { line: Some(line), ..self.clone() }
    }

    /// Returns the layer.
    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// Returns the place, without its line.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Returns the line, if the place has lines.
    pub fn line(&self) -> Option<u32> {
        self.line
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}
