//! The comparison of what the client reported with what the sandbox executed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::ground_truth::GroundTruth;
use super::workload::{Action, Observed, PlannedCall};
use crate::table;

/// The statistics of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// The number of calls.
    pub requests: u32,
    /// Calls that succeeded, including deletions whose error reports that the list is gone and that the call
    /// may have deleted it.
    pub ok: u32,
    /// Calls that failed without having changed anything, as far as the client knows.
    pub failed: u32,
    /// Creations with an unknown outcome.
    pub unconfirmed: u32,
    /// Calls reported as successful whose change does not exist.
    pub lost: u32,
    /// Creations that were executed more than once, by calls and by workflows.
    pub duplicated: u32,
    /// Errors that deny a change that happened, and responses for another object.
    pub wrong_answers: u32,
    /// The number of requests that the server received.
    pub attempts: u32,
    /// Requests that were executed up to 20 s after their responses were lost.
    pub late: u32,
    /// Reconciled creations that succeeded.
    pub reconciled: u32,
    /// Workflows that succeeded.
    pub workflows: u32,
    /// Deletions that were executed by one attempt and not found by the next.
    pub refused_after_done: u32,
    /// The duration, in seconds.
    pub seconds: f64,
    /// The number of errors by message.
    #[serde(skip)]
    pub errors: BTreeMap<String, u32>,
    /// The number of idempotent calls, and of those that succeeded.
    #[serde(skip)]
    pub idempotent: (u32, u32),
}

impl Stats {
    /// Compares every observation with the ground truth.
    pub fn of(calls: &[(PlannedCall, Observed)], truth: &GroundTruth) -> Self {
        let mut stats = Self {
            attempts: truth.requests,
            late: truth.late,
            ..Self::default()
        };
        for (call, observed) in calls {
            stats.count(*call, observed, truth);
        }
        stats
    }

    /// Returns `true` if no call was lost, duplicated or answered wrongly.
    pub fn is_correct(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.wrong_answers == 0
    }

    fn count(&mut self, call: PlannedCall, observed: &Observed, truth: &GroundTruth) {
        self.requests += 1;
        let creates = matches!(
            call.action,
            Action::Create | Action::CreateReconciled | Action::Workflow
        );
        let happened = happened(call, truth);
        if creates && truth.created(&call.name()) > 1 {
            self.duplicated += 1;
        }
        let ok = self.ok;
        match observed {
            Observed::Done { id, name } => {
                self.ok += 1;
                self.reconciled += u32::from(call.action == Action::CreateReconciled);
                self.workflows += u32::from(call.action == Action::Workflow);
                let other = *name != call.name() || !creates && *id != call.id();
                // A creation is also lost if the list exists under another id than the reported
                // one.
                let missing = creates && truth.name(id) != Some(name.as_str());
                if !happened || missing {
                    self.lost += 1;
                } else if other {
                    self.wrong_answers += 1;
                }
            }
            Observed::Failed {
                gone: true,
                may_have_happened: true,
                ..
            } if call.action == Action::Delete => {
                self.ok += 1;
                self.refused_after_done += 1;
                self.lost += u32::from(!happened);
            }
            Observed::Failed {
                unconfirmed,
                may_have_happened,
                message,
                ..
            } => {
                if *unconfirmed {
                    self.unconfirmed += 1;
                } else {
                    self.failed += 1;
                }
                // A read changes nothing, so its failure cannot deny a change.
                if call.action != Action::Read && happened && !may_have_happened {
                    self.wrong_answers += 1;
                }
                *self.errors.entry(message.clone()).or_default() += 1;
            }
        }
        if !creates {
            self.idempotent.0 += 1;
            self.idempotent.1 += self.ok - ok;
        }
    }
}

/// Returns `true` if the change that a call makes is in place; always for a read.
fn happened(call: PlannedCall, truth: &GroundTruth) -> bool {
    match call.action {
        Action::Read => true,
        Action::Update => {
            truth.was_renamed(&call.id(), &call.name())
                && truth.name(&call.id()) == Some(call.name().as_str())
        }
        Action::Delete => truth.name(&call.id()).is_none(),
        Action::Create | Action::CreateReconciled | Action::Workflow => {
            truth.created(&call.name()) > 0
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&table::counts("error", self.errors.iter().take(10)))?;
        let (all, ok) = self.idempotent;
        writeln!(
            f,
            "{} requests in {} s: {} ok, {} failed, {} unconfirmed; {ok} of {all} idempotent requests ok",
            self.requests, self.seconds, self.ok, self.failed, self.unconfirmed
        )?;
        writeln!(
            f,
            "{} attempts, {:.3} per request, {} executed late; {} creations reconciled; {} workflows; {} deletions \
             reported as not found after they were done",
            self.attempts,
            f64::from(self.attempts) / f64::from(self.requests.max(1)),
            self.late,
            self.reconciled,
            self.workflows,
            self.refused_after_done
        )?;
        write!(
            f,
            "{} lost, {} duplicated, {} wrong answers",
            self.lost, self.duplicated, self.wrong_answers
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(unconfirmed: bool, may_have_happened: bool, gone: bool) -> Observed {
        Observed::Failed {
            unconfirmed,
            may_have_happened,
            gone,
            message: String::new(),
        }
    }

    #[test]
    fn stats_count_every_contradiction() {
        let call = |action| PlannedCall { number: 7, action };
        let done = |call: PlannedCall, id: &str| Observed::Done {
            id: id.into(),
            name: call.name(),
        };
        let create = call(Action::Create);
        let delete = call(Action::Delete);
        let made = "al_made";
        // Action, number of creations before it, observation; lost, duplicated, wrong answers.
        let cases = [
            (create, 1, done(create, made), [0, 0, 0]),
            (create, 0, done(create, made), [1, 0, 0]),
            (create, 2, done(create, made), [0, 1, 0]),
            (create, 1, failed(false, false, false), [0, 0, 1]),
            (create, 1, failed(true, true, false), [0, 0, 0]),
            (create, 0, failed(true, true, false), [0, 0, 0]),
            (delete, 0, done(delete, &delete.id()), [0, 0, 0]),
            (delete, 0, failed(false, false, true), [0, 0, 1]),
            (delete, 0, failed(false, true, true), [0, 0, 0]),
            (
                call(Action::Update),
                0,
                done(call(Action::Update), &delete.id()),
                [1, 0, 0],
            ),
            (call(Action::Read), 0, done(create, made), [0, 0, 1]),
            (call(Action::Workflow), 1, done(create, made), [0, 0, 0]),
            (call(Action::Workflow), 2, done(create, made), [0, 1, 0]),
            (call(Action::Workflow), 0, done(create, made), [1, 0, 0]),
        ];
        for (call, times, observed, expected) in cases {
            let mut truth = GroundTruth::default();
            if times > 0 {
                truth.names.insert(made.to_owned(), create.name());
                truth.created.insert(create.name(), times);
            }
            let stats = Stats::of(&[(call, observed.clone())], &truth);
            let found = [stats.lost, stats.duplicated, stats.wrong_answers];
            assert_eq!(found, expected, "{call:?} {times} {observed:?}");
            assert_eq!(stats.is_correct(), expected == [0; 3]);
            assert_eq!(stats.ok + stats.failed + stats.unconfirmed, 1);
        }
        let mut truth = GroundTruth::default();
        truth.names.insert(delete.id(), "first-7".to_owned());
        let stats = Stats::of(&[(delete, done(delete, &delete.id()))], &truth);
        assert_eq!(stats.lost, 1);
    }
}
