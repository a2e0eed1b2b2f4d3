use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Captures the log lines of this thread for as long as it lives.
///
/// A test on tokio's current-thread runtime, which is the usual one, runs on one thread altogether.
///
/// ```
/// let logs = micro::testing::LogCapture::capture();
/// tracing::warn!(node = "a", "put aside");
/// assert!(logs.text().contains("put aside node=\"a\""));
/// ```
pub struct LogCapture {
    written: Written,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl LogCapture {
    /// Begins to capture, down to the finest level.
    pub fn capture() -> Self {
        Self::begin(FmtSpan::NONE)
    }

    /// Captures a line for every span that ends too, with its fields: `attempt{service="greeter" … wire="micro/1"}: … close`.
    pub fn with_spans() -> Self {
        Self::begin(FmtSpan::CLOSE)
    }

    fn begin(spans: FmtSpan) -> Self {
        keep_another();
        let written = Written::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(written.clone())
            .with_span_events(spans)
            .with_ansi(false)
            .without_time()
            .with_max_level(tracing::Level::TRACE)
            .finish();
        LogCapture { written, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// Everything that was logged so far, a line each.
    pub fn text(&self) -> String {
        let written = self.written.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&written).into_owned()
    }
}

/// With a single subscriber in the process, tracing asks whether a line is wanted on the thread that comes to it first, and
/// remembers the answer for all threads. With two it asks the subscribers.
fn keep_another() {
    static OTHER: OnceLock<tracing::Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| tracing::Dispatch::new(tracing_subscriber::registry()));
}

impl fmt::Debug for LogCapture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logs({} lines)", self.text().lines().count())
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Written;

    fn make_writer(&'a self) -> Written {
        self.clone()
    }
}
