//! What was told, held against the truth.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::plan::{Deed, Plan, Told};
use super::truth::Truth;

/// The sum of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Calls.
    pub requests: u32,
    /// Those that ended well; a deletion also when it was told that the list is gone and that it may have done it.
    pub ok: u32,
    /// Those that failed, and are known to have.
    pub failed: u32,
    /// Creations of which it is not known.
    pub unconfirmed: u32,
    /// Told done, but not there.
    pub lost: u32,
    /// Made more than once.
    pub duplicated: u32,
    /// Told not to have happened, though it did; or answered with something else than was asked for.
    pub wrong_answers: u32,
    /// Requests that came to the server.
    pub attempts: u32,
    /// Deletions whose further attempt found nothing, as the first had done it.
    pub refused_after_done: u32,
    /// How long it took.
    pub seconds: f64,
    /// The first few errors, each once.
    #[serde(skip)]
    pub errors: BTreeMap<String, u32>,
    /// Calls that can be repeated, and those of them that ended well.
    #[serde(skip)]
    pub idempotent: (u32, u32),
}

impl Tally {
    /// Counts what was told against the truth.
    pub fn of(told: &[(Plan, Told)], truth: &Truth) -> Self {
        let mut tally = Self {
            attempts: truth.requests,
            ..Self::default()
        };
        for (plan, told) in told {
            tally.count(*plan, told, truth);
        }
        tally
    }

    /// Whether nothing was lost, made twice or told wrong.
    pub fn is_right(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.wrong_answers == 0
    }

    fn count(&mut self, plan: Plan, told: &Told, truth: &Truth) {
        self.requests += 1;
        let creates = matches!(plan.deed, Deed::Create | Deed::CreateSafely);
        let happened = happened(plan, truth);
        if creates && truth.made(&plan.name()) > 1 {
            self.duplicated += 1;
        }
        let ok = self.ok;
        match told {
            Told::Done { id, name } => {
                self.ok += 1;
                let other = *name != plan.name() || !creates && *id != plan.id();
                let missing = creates && truth.name(id) != Some(name.as_str());
                if !happened || missing {
                    self.lost += 1;
                } else if other {
                    self.wrong_answers += 1;
                }
            }
            Told::Failed {
                gone: true,
                may_have_happened: true,
                ..
            } if plan.deed == Deed::Delete => {
                self.ok += 1;
                self.refused_after_done += 1;
                self.lost += u32::from(!happened);
            }
            Told::Failed {
                unconfirmed,
                may_have_happened,
                shown,
                ..
            } => {
                if *unconfirmed {
                    self.unconfirmed += 1;
                } else {
                    self.failed += 1;
                }
                if plan.deed != Deed::Read && happened && !may_have_happened {
                    self.wrong_answers += 1;
                }
                *self.errors.entry(shown.clone()).or_default() += 1;
            }
        }
        if !creates {
            self.idempotent.0 += 1;
            self.idempotent.1 += self.ok - ok;
        }
    }
}

/// Whether what was asked for is so; a read always is.
fn happened(plan: Plan, truth: &Truth) -> bool {
    match plan.deed {
        Deed::Read => true,
        Deed::Update => {
            truth.was_named(&plan.id(), &plan.name())
                && truth.name(&plan.id()) == Some(plan.name().as_str())
        }
        Deed::Delete => truth.name(&plan.id()).is_none(),
        Deed::Create | Deed::CreateSafely => truth.made(&plan.name()) > 0,
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (error, count) in self.errors.iter().take(10) {
            writeln!(f, "{count:>6} × {error}")?;
        }
        let (all, ok) = self.idempotent;
        writeln!(
            f,
            "{} requests in {} s: {} ok, {} failed, {} unconfirmed; {ok} of {all} idempotent ones ok",
            self.requests, self.seconds, self.ok, self.failed, self.unconfirmed
        )?;
        writeln!(
            f,
            "{} attempts, {:.3} a request; {} deletions refused after they were done",
            self.attempts,
            f64::from(self.attempts) / f64::from(self.requests.max(1)),
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

    fn failed(unconfirmed: bool, may_have_happened: bool, gone: bool) -> Told {
        Told::Failed {
            unconfirmed,
            may_have_happened,
            gone,
            shown: String::new(),
        }
    }

    #[test]
    fn lies_are_found_out() {
        let plan = |deed| Plan { number: 7, deed };
        let done = |plan: Plan, id: &str| Told::Done {
            id: id.into(),
            name: plan.name(),
        };
        let create = plan(Deed::Create);
        let delete = plan(Deed::Delete);
        let made = "al_made";
        // what, how often it was made before, what was told: lost, duplicated, wrong
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
                plan(Deed::Update),
                0,
                done(plan(Deed::Update), &delete.id()),
                [1, 0, 0],
            ),
            (plan(Deed::Read), 0, done(create, made), [0, 0, 1]),
        ];
        for (plan, times, told, expected) in cases {
            let mut truth = Truth::default();
            if times > 0 {
                truth.names.insert(made.to_owned(), create.name());
                truth.made.insert(create.name(), times);
            }
            let tally = Tally::of(&[(plan, told.clone())], &truth);
            let found = [tally.lost, tally.duplicated, tally.wrong_answers];
            assert_eq!(found, expected, "{plan:?} {times} {told:?}");
            assert_eq!(tally.is_right(), expected == [0; 3]);
            assert_eq!(tally.ok + tally.failed + tally.unconfirmed, 1);
        }
        let mut truth = Truth::default();
        truth.names.insert(delete.id(), "first-7".to_owned());
        let tally = Tally::of(&[(delete, done(delete, &delete.id()))], &truth);
        assert_eq!(tally.lost, 1);
    }
}
