//! The kinds of faults.

use std::time::Duration;

/// The kind of a fault. "Before execution" means that the request has no effect.
// The constructors see to it that the text form can express the durations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FaultKind {
    /// Delays the response.
    Latency(Duration),
    /// Sends the body in pieces, the last one after this time.
    SlowBody(Duration),
    /// Executes the request, and then neither answers nor closes the connection.
    HalfOpen,
    /// Sets the clock of the server off by so many seconds.
    ClockSkew(i64),
    /// Leaves so many requests of the quota.
    Quota(u32),
    /// Status 429, with nothing left of the quota.
    RateLimit,
    /// Status 429, though some of the quota is left.
    RateLimitLeft,
    /// Status 429 with `Retry-After` in whole seconds, though some of the quota is left.
    RateLimitFor(Duration),
    /// Status 503 with the code `service_unavailable`, before execution.
    Unavailable,
    /// A proxy's status with an HTML body, after execution.
    Bare(ProxyStatus),
    /// A proxy's status with an HTML body, before execution.
    BareBefore(ProxyStatus),
    /// Closes the connection before execution.
    ResetBefore,
    /// Closes the connection after execution, without a response.
    ResetAfter,
    /// A proxy's status 504 with an HTML body; the request is executed this long after it, in real time.
    Late(Duration),
    /// Closes the connection without a response; the request is executed this long after it, in real time.
    LateReset(Duration),
    /// Closes the connection after half of the response body.
    Truncated,
    /// Replaces the response by an HTML page with status 200.
    WrongContent,
    /// Adds a field that the document lacks to every object.
    UnknownField,
    /// Sets every `state` and `status` to a value that the document lacks.
    UnknownValue,
    /// Leaves out fields that the API added after that year.
    OldShape(u16),
    /// Revokes the token.
    Revoked,
}

/// The status of a proxy that could not pass on a request, or its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyStatus {
    /// 502.
    BadGateway,
    /// 503.
    ServiceUnavailable,
    /// 504.
    GatewayTimeout,
}

impl ProxyStatus {
    /// Returns the number of the status.
    pub const fn as_u16(self) -> u16 {
        match self {
            Self::BadGateway => 502,
            Self::ServiceUnavailable => 503,
            Self::GatewayTimeout => 504,
        }
    }
}

impl FaultKind {
    pub(crate) fn is_rate_limit(self) -> bool {
        matches!(
            self,
            Self::RateLimit | Self::RateLimitLeft | Self::RateLimitFor(_)
        )
    }

    pub(crate) fn is_before_execution(self) -> bool {
        matches!(self, Self::ResetBefore | Self::BareBefore(_)) || self.late().is_some()
    }

    /// Returns the time after which a request is executed although its response was lost before.
    pub(crate) fn late(self) -> Option<Duration> {
        match self {
            Self::Late(after) | Self::LateReset(after) => Some(after),
            _ => None,
        }
    }

    pub(crate) fn is_reset(self) -> bool {
        matches!(self, Self::ResetBefore | Self::LateReset(_))
    }
}
