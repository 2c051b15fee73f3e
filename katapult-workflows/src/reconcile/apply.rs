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
    'read: loop {
        converge.next_step()?;
        let plan = set.read(&mut known).await?;
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
