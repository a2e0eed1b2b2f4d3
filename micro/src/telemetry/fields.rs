//! How the fields of a span are kept as text.

use std::cell::RefCell;

use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

thread_local! {
    static GATHERED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Writes fields as `F` does, but all at once: a span keeps them in a text of its own, which grows at every write.
#[derive(Debug)]
pub(super) struct AtOnce<F>(pub(super) F);

impl<'writer, F: for<'any> FormatFields<'any>> FormatFields<'writer> for AtOnce<F> {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> std::fmt::Result {
        // Colours are known to the writer alone. And whoever logs while it is being logged has no text left to gather in.
        if writer.has_ansi_escapes() {
            return self.0.format_fields(writer, fields);
        }
        let mut gathered = GATHERED.take();
        gathered.clear();
        let formatted = self.0.format_fields(Writer::new(&mut gathered), fields);
        let written = formatted.and_then(|()| writer.write_str(&gathered));
        GATHERED.set(gathered);
        written
    }
}
