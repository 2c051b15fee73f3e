//! The log of requests on standard output.

use std::io::Write as _;
use std::sync::mpsc::{SyncSender, sync_channel};

/// Lines that wait for the reader of standard output. Further ones are dropped.
// Enough for a burst, and few enough that a reader who never reads costs no memory.
const MAX_WAITING: usize = 10_000;

/// A log on standard output, written by a thread of its own: a pipe that nobody reads blocks its writer, and must
/// not block requests.
#[derive(Debug)]
pub(crate) struct Log {
    lines: SyncSender<String>,
}

impl Log {
    /// Starts the thread of a log. It ends when the log is dropped.
    pub(crate) fn start() -> Self {
        let (lines, waiting) = sync_channel::<String>(MAX_WAITING);
        std::thread::spawn(move || {
            for line in waiting {
                // `println!` would panic if standard output is closed.
                let _ = writeln!(std::io::stdout(), "{line}");
            }
        });
        Self { lines }
    }

    /// Writes a line, or drops it if too many are waiting.
    pub(crate) fn line(&self, line: String) {
        // The log is for people; the journal file is complete.
        let _ = self.lines.try_send(line);
    }
}
