//! `()`: the message without fields.

use crate::message::{Message, MessageDesc, Result, Source, Visit};

/// `google.protobuf.Empty`. It also stands for variants without data.
impl Message for () {
    const DESC: &'static MessageDesc = &MessageDesc::new("google.protobuf.Empty", &[]);

    fn visit<V: Visit>(&self, _: &mut V) {}

    fn build<S: Source>(source: &mut S) -> Result<Self> {
        while source.next()?.is_some() {
            source.unknown(None)?;
        }
        Ok(())
    }
}
