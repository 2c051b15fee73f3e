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
}

/// The way in which a response is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Complete,
    /// Half of the body, then the connection closes.
    Truncated,
    /// The connection closes without a response.
    Reset,
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
