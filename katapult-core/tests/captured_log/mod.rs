//! The log of a process, for tests that are processes of their own.

use std::io;
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::fmt::format::FmtSpan;

/// All that is logged in this process.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Starts to capture all events and spans. Once per process, before its first event.
pub(crate) fn start() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(|| Writer)
        .init();
}

/// Returns all that was logged until now.
pub(crate) fn text() -> String {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8(log.clone()).unwrap()
}

/// Adds to the log what the subscriber writes.
struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        log.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
