//! The script of a [`ScriptedApi`](super::ScriptedApi): the expected calls, and the choice between them.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use super::{RecordedRequest, ScriptedResponse, Times};

/// The expected calls, in the order in which they were set.
#[derive(Default)]
pub(super) struct CallScript {
    pub(super) in_order: bool,
    pub(super) expectations: Vec<Expectation>,
    /// The requests that the script has no response for, with the reasons.
    unexpected: Vec<String>,
}

/// Calls of one operation, or of one path, with the function that answers them.
pub(super) struct Expectation {
    /// The id of the operation, or method and path.
    pub(super) name: Cow<'static, str>,
    pub(super) set_at: &'static Location<'static>,
    pub(super) times: Times,
    pub(super) calls: usize,
    pub(super) fit: Box<FitFn>,
    /// Called with requests that fit alone.
    pub(super) respond: Box<RespondFn>,
}

type FitFn = dyn Fn(&RecordedRequest) -> Fit + Send;

/// Answers a request; `None` if it is one of another operation.
type RespondFn = dyn FnMut(&RecordedRequest) -> Option<ScriptedResponse> + Send;

/// The degree to which a request is the one of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    OtherOperation,
    OtherArguments,
    Full,
}

/// An expectation with regard to one request.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    fit: Fit,
    times: Times,
    calls: usize,
}

/// The choice of an expectation for a request.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    /// The index of the expectation that answers.
    Answer(usize),
    /// The index of the expectation whose calls have to come first.
    TooEarly(usize),
    NoExpectation,
    OtherArguments,
    TooMany,
}

/// Chooses the expectation for a request: the first one that fits and permits a further call. In order, the ones
/// before the last one that was called are over, and those between have enough calls.
fn choose(in_order: bool, candidates: &[Candidate]) -> Choice {
    let called = candidates.iter().rposition(|c| c.calls > 0);
    let start = called.filter(|_| in_order).unwrap_or(0);
    let is_open = |c: &Candidate| c.fit == Fit::Full && !c.times.is_exhausted(c.calls);
    let open = candidates.iter().skip(start).position(is_open);
    let Some(open) = open.map(|open| start + open) else {
        let has = |fit| candidates.iter().any(|c| c.fit == fit);
        return match (has(Fit::Full), has(Fit::OtherArguments)) {
            (true, _) => Choice::TooMany,
            (false, true) => Choice::OtherArguments,
            (false, false) => Choice::NoExpectation,
        };
    };
    let mut between = candidates[..open].iter().skip(start);
    match between.position(|c| !c.times.is_satisfied(c.calls)) {
        Some(missing) if in_order => Choice::TooEarly(start + missing),
        _ => Choice::Answer(open),
    }
}

impl CallScript {
    /// Answers a request, and counts it.
    pub(super) fn answer(&mut self, request: &RecordedRequest) -> ScriptedResponse {
        let expectations = self.expectations.iter();
        let candidates: Vec<_> = expectations
            .map(|expectation| Candidate {
                fit: (expectation.fit)(request),
                times: expectation.times,
                calls: expectation.calls,
            })
            .collect();
        let choice = choose(self.in_order, &candidates);
        let answer = match choice {
            Choice::Answer(index) => self.expectations.get_mut(index),
            _ => None,
        };
        if let Some(expectation) = answer {
            // Before the function, which may panic.
            expectation.calls += 1;
            if let Some(response) = (expectation.respond)(request) {
                return response;
            }
        }
        let problem = format!("{}: {}", Target(request), self.reason(&choice));
        self.unexpected.push(problem.clone());
        ScriptedResponse::unexpected(format!("unexpected call: {problem}"))
    }

    fn reason(&self, choice: &Choice) -> String {
        match choice {
            Choice::TooEarly(index) => match self.expectations.get(*index) {
                Some(next) => format!("{next} is to come first"),
                None => "another call is to come first".to_owned(),
            },
            Choice::OtherArguments => "no call with these arguments is expected".to_owned(),
            Choice::TooMany => "all expected calls of this operation were made".to_owned(),
            Choice::Answer(_) | Choice::NoExpectation => {
                "no call of this operation is expected".to_owned()
            }
        }
    }

    /// Returns the differences between the calls and the script, one per line; `None` if there is none.
    pub(super) fn differences(&self) -> Option<String> {
        let missing = self.expectations.iter();
        let missing =
            missing.filter(|expectation| !expectation.times.is_satisfied(expectation.calls));
        let missing = missing.map(|expectation| {
            let (times, calls) = (expectation.times, expectation.calls);
            format!("\n  not called: {expectation}: expected {times}, got {calls}")
        });
        let unexpected = self.unexpected.iter();
        let unexpected = unexpected.map(|problem| format!("\n  unexpected: {problem}"));
        let lines: String = missing.chain(unexpected).collect();
        (!lines.is_empty()).then(|| format!("the calls differ from the script:{lines}"))
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (set at {})", self.name, self.set_at)
    }
}

/// Displays method, path and query. Not the body, which may contain secrets.
struct Target<'a>(&'a RecordedRequest);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.method, self.0.path())?;
        let pairs = self.0.query_pairs().into_iter().enumerate();
        for (index, (name, value)) in pairs {
            let separator = if index == 0 { '?' } else { '&' };
            write!(f, "{separator}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(fit: Fit, times: impl Into<Times>, calls: usize) -> Candidate {
        let times = times.into();
        Candidate { fit, times, calls }
    }

    #[test]
    fn expectation_is_the_first_that_fits_and_is_open() {
        use Choice::{Answer, NoExpectation, OtherArguments, TooEarly, TooMany};
        use Fit::{Full, OtherArguments as Args, OtherOperation as Other};
        let once = |fit, calls| candidate(fit, 1, calls);
        let cases: [(&[Candidate], Choice, Choice); 12] = [
            // The expectations, the choice in any order, and the choice in order.
            (&[], NoExpectation, NoExpectation),
            (&[once(Other, 0)], NoExpectation, NoExpectation),
            (&[once(Full, 0)], Answer(0), Answer(0)),
            (&[once(Full, 1)], TooMany, TooMany),
            (
                &[once(Args, 0), once(Other, 0)],
                OtherArguments,
                OtherArguments,
            ),
            (&[once(Full, 1), once(Full, 0)], Answer(1), Answer(1)),
            (&[once(Other, 0), once(Full, 0)], Answer(1), TooEarly(0)),
            (&[once(Other, 1), once(Full, 0)], Answer(1), Answer(1)),
            // A number of calls that may be zero can be passed over.
            (
                &[candidate(Other, .., 0), once(Full, 0)],
                Answer(1),
                Answer(1),
            ),
            (
                &[candidate(Other, 1.., 0), once(Full, 0)],
                Answer(1),
                TooEarly(0),
            ),
            // What was passed is over.
            (
                &[candidate(Full, .., 3), once(Other, 1)],
                Answer(0),
                TooMany,
            ),
            (
                &[once(Other, 1), once(Other, 0), once(Full, 0)],
                Answer(2),
                TooEarly(1),
            ),
        ];
        for (candidates, any_order, in_order) in cases {
            assert_eq!(choose(false, candidates), any_order, "{candidates:?}");
            assert_eq!(
                choose(true, candidates),
                in_order,
                "in order: {candidates:?}"
            );
        }
    }
}
