//! Applying a plan, with a new plan after each ambiguous change.

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;
use crate::reconcile::plan::{Change, Plan};

/// A set of objects that can be brought to the wanted state.
pub(crate) trait Reconcile: Sync {
    /// An object of the set.
    type Item: Clone + Send + Sync;

    /// Reads the current state and returns the remaining changes.
    fn plan(&self) -> impl Future<Output = Result<Plan<Self::Item>, WorkflowError>> + Send;

    /// Applies one change, and returns `false` if its outcome is ambiguous.
    fn apply_change(
        &self,
        change: &Change<Self::Item>,
        converge: &mut ConvergeLoop,
    ) -> impl Future<Output = Result<bool, WorkflowError>> + Send;
}

/// Applies the remaining changes and returns those that it made.
pub(crate) async fn apply<R: Reconcile>(
    set: &R,
    mut converge: ConvergeLoop,
) -> Result<Plan<R::Item>, WorkflowError> {
    let mut applied = None;
    loop {
        converge.next_step()?;
        let plan = set.plan().await?;
        let applied = applied.get_or_insert_with(|| plan.without_changes());
        let mut ambiguous = false;
        for change in plan.changes() {
            if matches!(change, Change::Create(_)) && !converge.may_create().await {
                ambiguous = true;
                break;
            }
            if !set.apply_change(change, &mut converge).await? {
                // The next plan shows whether it took effect.
                ambiguous = true;
                break;
            }
            applied.push(change.clone());
        }
        if !ambiguous {
            return Ok(applied.clone());
        }
    }
}
