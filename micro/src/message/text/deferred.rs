//! Members of an object that are put aside, to be read when more is known.

use super::tape::{Tape, TapePull, TapeSink};
use super::{Sink as _, TextReader};
use crate::message::Result;
use crate::message::wire::too_deep;

impl TextReader<'_> {
    /// Reads an object and puts its members aside, except for the one called `name`, which `read` reads.
    ///
    /// # Errors
    ///
    /// When something else is there, and those of `read`.
    pub(in crate::message) fn object_without(
        &mut self,
        name: &str,
        mut read: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<Tape> {
        let mut tape = Tape::default();
        let mut sink = TapeSink::new(&mut tape);
        sink.begin_object();
        self.object(|reader, key| {
            if key == name {
                return read(reader);
            }
            sink.key(key);
            sink.copy(reader)
        })?;
        sink.end_object();
        self.charge(tape.memory())?;
        Ok(tape)
    }

    /// Reads with `read` what was put aside, a level deeper.
    ///
    /// # Errors
    ///
    /// Those of `read`, and [`ErrorKind::Limit`] when the level is too deep.
    pub(in crate::message) fn aside<T>(
        &mut self,
        tape: &Tape,
        read: impl FnOnce(&mut TextReader<'_>) -> Result<T>,
    ) -> Result<T> {
        let depth = self.depth.checked_sub(1).ok_or_else(too_deep)?;
        let mut source = TapePull::new(tape);
        let mut reader = TextReader { source: &mut source, options: self.options, depth, budget: self.budget };
        let value = read(&mut reader)?;
        self.budget = reader.budget;
        Ok(value)
    }
}
