//! Faults: their kinds, the operations they apply to, their schedules.

pub(crate) mod inject;
mod kind;
pub(crate) mod rng;
mod table;
mod text;

use std::time::Duration;

use crate::duration;
use crate::rng::Rng;

pub(crate) use kind::FaultKind;
pub use kind::ProxyStatus;
pub use text::FaultError;

/// The longest delay of a response, so that a mistyped fault does not hang a test.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(3600);

/// The requests to which a fault applies, among those of its operation.
#[derive(Clone, Debug, PartialEq)]
enum Schedule {
    /// A share of the requests, from 0.0 to 1.0, chosen at random.
    Rate(f64),
    /// The first requests.
    First(u32),
    /// Each request in turn, `true` for a fault; none after the end.
    Script(Vec<bool>),
}

/// A fault, and the requests to which it applies: by default, every one.
///
/// Its text form is `[operation:]kind`, then `=0.05` for a rate, `#2` for the first two requests or
/// `@0110` for a script. Some kinds have a parameter: `late=5s`, with a rate `late=5s=0.05`. A duration is a
/// whole number with the unit ms, s, min or h. [`Fault::kinds`] lists the kinds.
///
/// ```
/// use katapult_sandbox::{Fault, ProxyStatus};
///
/// let fault = Fault::bare(ProxyStatus::GatewayTimeout).on("tasks.get").times(1);
/// assert_eq!(fault, "tasks.get:504#1".parse()?);
/// assert_eq!(fault.to_string(), "tasks.get:504#1");
/// # Ok::<(), katapult_sandbox::FaultError>(())
/// ```
///
/// The id of an operation is also `katapult_core::tasks::Get::ID`, which the compiler checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    kind: FaultKind,
    operation: Option<String>,
    schedule: Schedule,
    /// The number of matching requests so far.
    matched: u32,
}

/// The faults. "Before execution" means that the request has no effect.
impl Fault {
    fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            operation: None,
            schedule: Schedule::Rate(1.0),
            matched: 0,
        }
    }

    /// Returns the fault that delays the response, by whole milliseconds, at most an hour: `latency=200ms`.
    pub fn latency(time: Duration) -> Self {
        Self::new(FaultKind::Latency(delay(time)))
    }

    /// Returns the fault that sends the head of the response at once and its body in up to 20 pieces, the last one
    /// after this time in whole milliseconds, at most an hour: `slow_body=2s`.
    pub fn slow_body(time: Duration) -> Self {
        Self::new(FaultKind::SlowBody(delay(time)))
    }

    /// Returns the fault that executes the request, and then neither answers nor closes the connection, until the
    /// client closes it or the sandbox stops: `half_open`.
    pub fn half_open() -> Self {
        Self::new(FaultKind::HalfOpen)
    }

    /// Returns the fault of a server whose clock is ahead by so many seconds, or behind if they are negative, at
    /// most a century: `clock_skew=-30s`. Its `Date` header is off, and the quota's minute begins by that clock.
    /// Objects keep the sandbox's time.
    pub fn clock_skew(seconds: i64) -> Self {
        let most = i64::try_from(duration::MAX.as_secs()).unwrap_or(i64::MAX);
        Self::new(FaultKind::ClockSkew(seconds.clamp(-most, most)))
    }

    /// Returns the fault that executes the request and leaves so many requests of the quota, as if other clients of
    /// the same token had used the rest: `quota=0`. In the same minute, the requests after those get a 429.
    pub fn quota(remaining: u32) -> Self {
        Self::new(FaultKind::Quota(remaining))
    }

    /// Returns a status 429, with nothing left of the quota: `429`.
    pub fn rate_limit() -> Self {
        Self::new(FaultKind::RateLimit)
    }

    /// Returns a status 429, though some of the quota is left: `429_left`.
    pub fn rate_limit_left() -> Self {
        Self::new(FaultKind::RateLimitLeft)
    }

    /// Returns a status 429 with `Retry-After` in whole seconds, though some of the quota is left: `429_for=1s`.
    pub fn rate_limit_for(time: Duration) -> Self {
        let time = time.min(duration::MAX);
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        Self::new(FaultKind::RateLimitFor(Duration::from_secs(seconds)))
    }

    /// Returns a status 503 with the code `service_unavailable`, before execution: `unavailable`.
    pub fn unavailable() -> Self {
        Self::new(FaultKind::Unavailable)
    }

    /// Returns a proxy's status with an HTML body, after execution: `502`, `503` or `504`.
    pub fn bare(status: ProxyStatus) -> Self {
        Self::new(FaultKind::Bare(status))
    }

    /// Returns a proxy's status with an HTML body, before execution: `502_before`, `503_before` or `504_before`.
    pub fn bare_before(status: ProxyStatus) -> Self {
        Self::new(FaultKind::BareBefore(status))
    }

    /// Returns the fault that closes the connection before execution: `reset_before`.
    pub fn reset_before() -> Self {
        Self::new(FaultKind::ResetBefore)
    }

    /// Returns the fault that closes the connection after execution, without a response: `reset_after`.
    pub fn reset_after() -> Self {
        Self::new(FaultKind::ResetAfter)
    }

    /// Returns a proxy's status 504 with an HTML body; the request is executed so many milliseconds after it, at
    /// most an hour, in real time: `late=5s`.
    pub fn late(after: Duration) -> Self {
        Self::new(FaultKind::Late(delay(after)))
    }

    /// Returns the fault that closes the connection without a response; the request is executed so many
    /// milliseconds after it, at most an hour, in real time: `late_reset=5s`.
    pub fn late_reset(after: Duration) -> Self {
        Self::new(FaultKind::LateReset(delay(after)))
    }

    /// Returns the fault that closes the connection after half of the response body: `truncated`.
    pub fn truncated() -> Self {
        Self::new(FaultKind::Truncated)
    }

    /// Returns the fault that replaces the response by an HTML page with status 200: `wrong_content`.
    pub fn wrong_content() -> Self {
        Self::new(FaultKind::WrongContent)
    }

    /// Returns the fault that adds a field that the document lacks to every object: `unknown_field`.
    pub fn unknown_field() -> Self {
        Self::new(FaultKind::UnknownField)
    }

    /// Returns the fault that sets every `state` and `status` to a value that the document lacks: `unknown_value`.
    pub fn unknown_value() -> Self {
        Self::new(FaultKind::UnknownValue)
    }

    /// Returns the fault that leaves out fields that the API added after that year: `shape=2024`.
    pub fn old_shape(year: u16) -> Self {
        Self::new(FaultKind::OldShape(year))
    }

    /// Returns the fault that revokes the token: `revoked`.
    pub fn revoked() -> Self {
        Self::new(FaultKind::Revoked)
    }
}

/// The requests to which the fault applies. The last one of `times`, `probability` and `script` applies.
impl Fault {
    /// Sets the operation, such as `virtual_machines.get`. Default: all operations.
    #[must_use]
    pub fn on(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Applies the fault to the first requests of the operation: `#2`. Default: every request.
    #[must_use]
    pub fn times(mut self, requests: u32) -> Self {
        self.schedule = Schedule::First(requests);
        self
    }

    /// Applies the fault to a share of the requests, chosen at random by the seed of the sandbox: `=0.05`. A number
    /// below 0 counts as 0, one above 1 as 1. Default: every request.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        // What is not a number is not above 0 either.
        let rate = if probability > 0.0 { probability } else { 0.0 };
        self.schedule = Schedule::Rate(rate.min(1.0));
        self
    }

    /// Applies the fault to each request for which the script has `true`, and to none after its end: `@01`.
    /// Default: every request.
    #[must_use]
    pub fn script(mut self, script: impl IntoIterator<Item = bool>) -> Self {
        self.schedule = Schedule::Script(script.into_iter().collect());
        self
    }

    pub(crate) fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Returns the operation to which the fault is restricted.
    pub(crate) fn operation(&self) -> Option<&str> {
        self.operation.as_deref()
    }

    /// Returns `true` if the fault applies to no further request.
    pub(crate) fn is_spent(&self) -> bool {
        match &self.schedule {
            Schedule::Rate(rate) => *rate == 0.0,
            Schedule::First(count) => self.matched >= *count,
            Schedule::Script(script) => self.matched as usize >= script.len(),
        }
    }

    /// Returns `true` if the fault applies to this request of an operation, and counts the request.
    pub(crate) fn should_fire(&mut self, operation: &str, rng: &mut Rng) -> bool {
        if self
            .operation
            .as_deref()
            .is_some_and(|only| only != operation)
        {
            return false;
        }
        // Requests of other operations do not count.
        let turn = self.matched;
        self.matched = turn.saturating_add(1);
        match &self.schedule {
            Schedule::Rate(rate) => rng.next_f64() < *rate,
            Schedule::First(count) => turn < *count,
            Schedule::Script(script) => script.get(turn as usize).copied().unwrap_or_default(),
        }
    }
}

/// Returns a delay that the text form can express.
fn delay(time: Duration) -> Duration {
    duration::representable(time).min(MAX_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_applies_to_its_operation_in_turn() {
        let mut random = Rng::new(1);
        let fault = Fault::bare(ProxyStatus::BadGateway).script([false, true]);
        let mut fault = fault.on("tasks.get");
        assert!(!fault.should_fire("zones.list", &mut random));
        let fired: Vec<_> = (0..3)
            .map(|_| fault.should_fire("tasks.get", &mut random))
            .collect();
        assert_eq!(fired, [false, true, false]);
        assert!(fault.is_spent());
    }

    #[test]
    fn fault_is_spent_after_its_last_request() {
        let mut random = Rng::new(1);
        let cases = [("429#2", 2), ("429@010", 3), ("429#0", 0), ("429=0", 0)];
        for (text, requests) in cases {
            let mut fault: Fault = text.parse().unwrap();
            for request in 0..requests {
                assert!(!fault.is_spent(), "{text} before request {request}");
                fault.should_fire("", &mut random);
            }
            assert!(fault.is_spent(), "{text}");
        }
        let fault: Fault = "429".parse().unwrap();
        assert!(!fault.is_spent());
    }
}
