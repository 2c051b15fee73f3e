//! The limits that bound the memory and the time of a sandbox, whatever its clients send.

use std::time::Duration;

/// The largest request body, in bytes: that of the largest build specification.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

/// A request body up to this size, in bytes, needs no permit. Most are smaller.
pub(crate) const SMALL_BODY_BYTES: u64 = 64 << 10;

/// The larger request bodies that are read at a time. Further ones wait, within the request timeout.
pub(crate) const MAX_LARGE_BODIES: usize = 64;

/// The largest request line with the headers, in bytes, as in other servers.
pub(crate) const MAX_HEAD_BYTES: usize = 64 << 10;

/// The connections at a time. Further ones wait until the system accepts them.
pub(crate) const MAX_CONNECTIONS: usize = 2048;

/// The longest time in which the head of a request must arrive, then its body, and in which the client must read some
/// of the response. A connection without a request ends after it too, later than those of most clients.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The requests that wait for their late execution. Further ones are executed without waiting.
pub(crate) const MAX_LATE_EXECUTIONS: usize = 1000;

/// The size of the recorded requests with their responses, in bytes. The oldest ones are dropped.
// Large enough for what a test sends, a thousand lists of machines, and small enough for a program that runs for days.
pub(crate) const MAX_RECORDED_BYTES: usize = 256 << 20;

/// The faults that clients can have added over HTTP.
pub(crate) const MAX_FAULTS: usize = 1000;
