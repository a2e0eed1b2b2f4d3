//! How the fields of spans and events become text.

use std::cell::RefCell;
use std::error::Error;
use std::fmt::{self, Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

thread_local! {
    static GATHERED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Writes fields as tracing's own format does: `message name=value text="value"`. Every call has a span and hardly any
/// span is ever shown, so this makes little of a text that is nothing but letters.
#[derive(Debug)]
pub(super) struct Plain<F>(pub(super) F);

impl<'writer, F: for<'any> FormatFields<'any>> FormatFields<'writer> for Plain<F> {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        if writer.has_ansi_escapes() {
            return self.0.format_fields(writer, fields);
        }
        // In one piece: a span keeps its fields in a text of its own, which grows at every write. Whoever logs while it is
        // being logged finds an empty one.
        let mut text = GATHERED.take();
        text.clear();
        fields.record(&mut Gather { text: &mut text });
        let written = writer.write_str(&text);
        GATHERED.set(text);
        written
    }
}

struct Gather<'a> {
    text: &'a mut String,
}

impl Gather<'_> {
    /// Begins a field. Gives whether it is the message, which goes without its name.
    fn begin(&mut self, field: &Field) -> bool {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let name = field.name();
        if name == "message" {
            return true;
        }
        self.text.push_str(name.strip_prefix("r#").unwrap_or(name));
        self.text.push('=');
        false
    }
}

impl Visit for Gather<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let plain = |byte: u8| matches!(byte, b' '..=b'~') & (byte != b'"') & (byte != b'\\');
        if self.begin(field) {
            self.text.push_str(value);
        // All of it, though the first could tell: that way many bytes are looked at in one step.
        } else if value.bytes().fold(true, |all, byte| all & plain(byte)) {
            self.text.push('"');
            self.text.push_str(value);
            self.text.push('"');
        } else {
            let _ = write!(self.text, "{value:?}");
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.begin(field);
        let _ = write!(self.text, "{value}");
        let mut source = value.source();
        if source.is_some() {
            let _ = write!(self.text, " {}.sources=[", field.name());
            while let Some(error) = source {
                source = error.source();
                let _ = write!(self.text, "{error}{}", if source.is_some() { ", " } else { "]" });
            }
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.begin(field);
        let _ = write!(self.text, "{value:?}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::fmt::format::DefaultFields;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Written;

        fn make_writer(&'a self) -> Written {
            self.clone()
        }
    }

    fn said(fields: impl for<'any> FormatFields<'any> + Send + Sync + 'static) -> String {
        let written = Written::default();
        let subscriber = tracing_subscriber::fmt().with_writer(written.clone()).without_time().with_ansi(false);
        tracing::subscriber::with_default(subscriber.fmt_fields(fields).finish(), || {
            let quoted = "a \"quoted\" \\ word";
            let span = tracing::info_span!(
                "call",
                service = "greeter",
                quoted,
                count = 3,
                on = true,
                empty = "",
                later = tracing::field::Empty
            );
            span.record("later", "than the others");
            let _entered = span.enter();
            let error: &(dyn Error + 'static) = &std::io::Error::other("disk 7");
            tracing::info!(error, r#type = ?Some("grüße"), share = 0.5, "it {} said", "was");
            tracing::info!(message = "alone");
            tracing::info!(only = %"a field");
        });
        let written = written.0.lock().unwrap();
        String::from_utf8_lossy(&written).into_owned()
    }

    #[test]
    fn fields_read_as_those_of_tracing_do() {
        assert_eq!(said(Plain(DefaultFields::new())), said(DefaultFields::new()));
    }
}
