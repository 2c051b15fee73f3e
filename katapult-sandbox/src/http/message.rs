//! A request and a response, without the connection that they travel on.

use std::time::Duration;

use crate::request::quota::QuotaStatus;

/// A request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// The bearer token.
    pub(crate) token: Option<String>,
    pub(crate) body: String,
    /// `true` if the body is not UTF-8; `body` then has replacement characters.
    pub(crate) body_is_binary: bool,
}

/// The way in which a response is delivered, by how much of it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Delivery {
    Complete,
    /// Half of the body, then the connection closes.
    Truncated,
    /// Nothing, and the connection stays open.
    Never,
    /// The connection closes without a response.
    Reset,
}

impl Delivery {
    /// Returns `true` if the client receives a status.
    pub(crate) fn has_status(self) -> bool {
        matches!(self, Self::Complete | Self::Truncated)
    }
}

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) delivery: Delivery,
    /// The time to wait before it is sent.
    pub(crate) delay: Duration,
    /// The time over which its body is sent, in pieces. Zero: at once.
    pub(crate) body_time: Duration,
    /// The execution that follows, if a fault delays it.
    pub(crate) late: Option<LateExecution>,
}

/// The execution of a request after its response was lost.
#[derive(Debug)]
pub(crate) struct LateExecution {
    pub(crate) after: Duration,
    pub(crate) request: Request,
    /// The state of the quota when the request arrived.
    pub(crate) quota: QuotaStatus,
}
