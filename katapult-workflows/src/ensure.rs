//! Bringing a set of things to what is asked for: plan, change by change, and look again where one was left open.

use crate::WorkflowError;
use crate::plan::{Change, Plan};
use crate::rounds::Rounds;

/// What can say what is to change, and change it.
pub(crate) trait Ensure: Sync {
    /// What is ensured.
    type What: Clone + Send + Sync;

    /// Looks, and says what is to be done.
    fn look(&self) -> impl Future<Output = Result<Plan<Self::What>, WorkflowError>> + Send;

    /// Makes one change; whether it is known to be done.
    fn change(
        &self,
        change: &Change<Self::What>,
        rounds: &mut Rounds,
    ) -> impl Future<Output = Result<bool, WorkflowError>> + Send;
}

/// Does what differs, and gives what was done.
pub(crate) async fn apply<E: Ensure>(ensure: &E) -> Result<Plan<E::What>, WorkflowError> {
    let mut rounds = Rounds::default();
    let mut done = None;
    loop {
        rounds.begin()?;
        let plan = ensure.look().await?;
        let done = done.get_or_insert_with(|| plan.none_of());
        let mut open = false;
        for change in plan.changes() {
            if !ensure.change(change, &mut rounds).await? {
                // Whether it was done shows in the next plan.
                open = true;
                break;
            }
            done.push(change.clone());
        }
        if !open {
            return Ok(done.clone());
        }
    }
}
