//! The log of requests on standard output.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, sync_channel};

use serde_json::json;

use crate::http::journal::RecordedRequest;

/// Lines that wait for the reader of standard output. Further ones are dropped.
// Enough for a burst, and few enough that a reader who never reads costs no memory.
const MAX_WAITING: usize = 10_000;

/// The bytes of the lines that wait. Further lines are dropped.
// A client can make a line as long as its request.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// The form of a log's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people: the [`Display`](std::fmt::Display) form of a request.
    Text,
    /// For programs: a JSON object.
    Json,
}

impl Format {
    /// Returns the line of a request, without its end.
    fn line(self, request: &RecordedRequest) -> String {
        match self {
            Self::Text => request.to_string(),
            // Without the bodies, which the journal has, and without a time: services that collect lines add theirs.
            Self::Json => {
                let mut line = request.without_bodies();
                line["event"] = json!("request");
                line["error_message"] = json!(request.error_message);
                line.to_string()
            }
        }
    }
}

/// A log on standard output, written by a thread of its own: a pipe that nobody reads blocks its writer, and must
/// not block requests.
#[derive(Debug)]
pub(crate) struct Log {
    format: Format,
    lines: SyncSender<String>,
    /// The bytes of the lines that wait.
    waiting_bytes: Arc<AtomicUsize>,
}

impl Log {
    /// Starts the thread of a log. It ends when the log is dropped.
    pub(crate) fn start(format: Format) -> Self {
        let (lines, waiting) = sync_channel::<String>(MAX_WAITING);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let written_bytes = Arc::clone(&waiting_bytes);
        std::thread::spawn(move || {
            for line in waiting {
                // `println!` would panic if standard output is closed.
                let _ = writeln!(std::io::stdout(), "{line}");
                written_bytes.fetch_sub(line.len(), Relaxed);
            }
        });
        Self {
            format,
            lines,
            waiting_bytes,
        }
    }

    /// Writes the line of a request, or drops it if too many are waiting.
    pub(crate) fn request(&self, request: &RecordedRequest) {
        let line = self.format.line(request);
        let length = line.len();
        // The log may have gaps; the journal file is complete.
        let waiting = self.waiting_bytes.fetch_add(length, Relaxed);
        if waiting + length > MAX_WAITING_BYTES || self.lines.try_send(line).is_err() {
            self.waiting_bytes.fetch_sub(length, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn request_is_one_line_in_both_formats() {
        let request = RecordedRequest {
            method: "GET".into(),
            target: "/core/v1/tasks/task?task[id]=none".into(),
            status: 404,
            error_code: Some("task_not_found".into()),
            error_message: Some("No task\nwas found".into()),
            faults: vec!["latency=20ms".into()],
            ..RecordedRequest::default()
        };
        let text = Format::Text.line(&request);
        assert!(text.starts_with("404 GET /core/v1/tasks/task?task[id]=none task_not_found"));
        let line = Format::Json.line(&request);
        assert!(!line.contains('\n'), "{line}");
        let json: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(json["event"], "request");
        assert_eq!(json["operation"], Value::Null);
        assert_eq!(json["status"], 404);
        assert_eq!(json["error_code"], "task_not_found");
        assert_eq!(json["faults"], json!(["latency=20ms"]));
    }
}
