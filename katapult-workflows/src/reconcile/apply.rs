//! Applying a plan, with a new plan after each ambiguous change.

use std::time::Duration;

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;
use crate::reconcile::plan::{Change, Plan};

/// A set of objects that can be brought to the wanted state.
pub(crate) trait Reconcile: Sync {
    /// An object of the set.
    type Item: Clone + PartialEq + Send + Sync;
    /// The facts that a run reads once or that one step leaves for the next, such as the id of the set.
    type Known: Default + Send + Sync;

    /// Checks the wanted state, before anything is sent.
    fn check(&self) -> Result<(), WorkflowError>;

    /// Reads the current state and returns the remaining changes.
    fn read(
        &self,
        known: &mut Self::Known,
    ) -> impl Future<Output = Result<Plan<Self::Item>, WorkflowError>> + Send;

    /// Applies one change, and returns `false` if its outcome is ambiguous.
    fn apply_change(
        &self,
        change: &Change<Self::Item>,
        known: &mut Self::Known,
        converge: &mut ConvergeLoop,
    ) -> impl Future<Output = Result<bool, WorkflowError>> + Send;
}

/// Returns the remaining changes.
pub(crate) async fn plan<R: Reconcile>(set: &R) -> Result<Plan<R::Item>, WorkflowError> {
    set.check()?;
    set.read(&mut R::Known::default()).await
}

/// Applies the remaining changes and returns those that it made.
pub(crate) async fn apply<R: Reconcile>(
    set: &R,
    reconcile_for: Duration,
) -> Result<Plan<R::Item>, WorkflowError> {
    set.check()?;
    let mut converge = ConvergeLoop::reconcile_for(reconcile_for);
    let mut known = R::Known::default();
    let mut applied: Option<Plan<R::Item>> = None;
    let mut ambiguous: Option<Change<R::Item>> = None;
    let mut least_remaining = usize::MAX;
    'read: loop {
        converge.next_step()?;
        let plan = set.read(&mut known).await?;
        // A long plan may lose many responses; the limits are for a run that does not get any further.
        if plan.changes().len() < least_remaining {
            least_remaining = plan.changes().len();
            converge.made_progress();
        }
        let applied = applied.get_or_insert_with(|| plan.without_changes());
        if let Some(change) = ambiguous.take_if(|change| !plan.changes().contains(change)) {
            applied.push(change);
        }
        for change in plan.changes() {
            if matches!(change, Change::Create(_)) && !converge.may_create().await {
                continue 'read;
            }
            if !set.apply_change(change, &mut known, &mut converge).await? {
                // The next plan shows whether it took effect.
                ambiguous = Some(change.clone());
                continue 'read;
            }
            applied.push(change.clone());
        }
        return Ok(applied.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A set of numbers, of which the change of every second one is ambiguous.
    struct Numbers {
        wanted: Vec<u32>,
        existing: Mutex<Vec<u32>>,
        /// An ambiguous change is executed.
        executes: bool,
    }

    impl Numbers {
        fn new(wanted: u32, executes: bool) -> Self {
            Self {
                wanted: (0..wanted).collect(),
                existing: Mutex::default(),
                executes,
            }
        }
    }

    impl Reconcile for Numbers {
        type Item = u32;
        type Known = ();

        fn check(&self) -> Result<(), WorkflowError> {
            Ok(())
        }

        async fn read(&self, (): &mut ()) -> Result<Plan<u32>, WorkflowError> {
            let existing = self.existing.lock().unwrap();
            let existing = existing.iter().map(|number| (number.to_string(), *number));
            let wanted = self.wanted.clone();
            Ok(Plan::diff(existing.collect(), wanted, u32::eq, &[]))
        }

        async fn apply_change(
            &self,
            change: &Change<u32>,
            (): &mut (),
            converge: &mut ConvergeLoop,
        ) -> Result<bool, WorkflowError> {
            let Change::Create(number) = change else {
                return Ok(true);
            };
            let is_lost = number % 2 == 1;
            if self.executes || !is_lost {
                self.existing.lock().unwrap().push(*number);
            }
            if is_lost {
                let lost = WorkflowError::Failed {
                    description: "lost".to_owned(),
                };
                converge.backoff(lost).await?;
            }
            Ok(!is_lost)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn long_plan_survives_many_lost_responses() {
        let numbers = Numbers::new(100, true);
        let applied = apply(&numbers, Duration::ZERO).await.unwrap();
        assert_eq!(applied.changes().len(), 100);
        assert!(plan(&numbers).await.unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn plan_that_gets_no_smaller_ends_in_the_error() {
        let numbers = Numbers::new(100, false);
        let error = apply(&numbers, Duration::ZERO).await.unwrap_err();
        assert_eq!(error.to_string(), "failed: lost");
        assert_eq!(*numbers.existing.lock().unwrap(), [0]);
    }
}
