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
    /// Files, each over those named before it.
    File,
    /// Servers.
    Remote,
    /// Variables of the environment.
    Environment,
    /// The command line.
    Flag,
}

impl Layer {
    /// Every layer, from the bottom up.
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
/// Names of places carry no credentials: a source takes those out of its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    layer: Layer,
    place: Arc<str>,
    line: Option<u32>,
}

impl Origin {
    /// A place in a layer, as an operator would name it: `app.toml`, `MICRO_ADDRESS`, `--address`.
    pub fn new(layer: Layer, place: impl Into<Arc<str>>) -> Self {
        Origin { layer, place: place.into(), line: None }
    }

    /// Returns the origin with a line; the first is 1.
    #[must_use]
    pub fn at_line(&self, line: u32) -> Self {
        Origin { line: Some(line), ..self.clone() }
    }

    /// The layer it belongs to.
    pub fn layer(&self) -> Layer {
        self.layer
    }

    /// The place without its line.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The line, where the place has lines.
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
