//! Bringing a set of objects to the wanted state: a plan, and its application.

#[cfg(feature = "__diff")]
pub(crate) mod apply;
pub(crate) mod plan;

use crate::error::WorkflowError;
use plan::Plan;

/// A workflow that brings a set of objects to the wanted state.
///
/// Each of them has these methods itself; the trait is for code that works with any of them. Objects that the workflow
/// does not name stay as they are, unless its `prune(true)` is set.
///
#[cfg_attr(feature = "dns", doc = "```no_run")]
#[cfg_attr(not(feature = "dns"), doc = "```ignore")]
/// use katapult_workflows::{DesiredState, WorkflowError};
///
/// /// Applies the changes if they are few.
/// async fn apply_few<W: DesiredState>(workflow: &W) -> Result<bool, WorkflowError> {
///     let is_small = workflow.plan().await?.changes().len() < 10;
///     if is_small {
///         workflow.apply().await?;
///     }
///     Ok(is_small)
/// }
/// # async fn run(records: &katapult_workflows::EnsureRecords) -> Result<(), WorkflowError> {
/// # apply_few(records).await?;
/// # Ok(()) }
/// ```
pub trait DesiredState {
    /// An object of the set.
    type Item;

    /// Returns the changes that [`apply`](DesiredState::apply) would make.
    ///
    /// # Errors
    ///
    /// If the wanted state is invalid, or a call fails.
    fn plan(&self) -> impl Future<Output = Result<Plan<Self::Item>, WorkflowError>> + Send;

    /// Makes the changes and returns them.
    ///
    /// # Errors
    ///
    /// If the wanted state is invalid, or a call fails. Earlier changes remain; apply again to continue.
    fn apply(&self) -> impl Future<Output = Result<Plan<Self::Item>, WorkflowError>> + Send;
}

/// Adds the methods that all workflows of the family have.
#[cfg(feature = "__diff")]
macro_rules! impl_desired_state {
    ($workflow:ident, $item:ident) => {
        impl $workflow {
            /// Sets how long after the loss of a response the state is read before a creation is sent again. Default:
            /// 45 s.
            ///
            /// The API may execute a request so long after its response was lost: a shorter time risks a second object.
            #[must_use]
            pub fn reconcile_for(mut self, time: Duration) -> Self {
                self.reconcile_for = time;
                self
            }

            #[doc = concat!("Returns the changes that [`apply`](", stringify!($workflow), "::apply) would make.")]
            ///
            /// # Errors
            ///
            /// If the wanted state is invalid, which is checked before anything is sent, or if a call fails.
            pub async fn plan(&self) -> Result<Plan<$item>, WorkflowError> {
                crate::reconcile::apply::plan(self).await
            }

            /// Makes the changes and returns them.
            ///
            /// # Errors
            ///
            /// If the wanted state is invalid, which is checked before anything is sent, or if a call fails. Earlier
            /// changes remain; apply again to continue.
            pub async fn apply(&self) -> Result<Plan<$item>, WorkflowError> {
                crate::reconcile::apply::apply(self, self.reconcile_for).await
            }
        }

        impl crate::reconcile::DesiredState for $workflow {
            type Item = $item;

            async fn plan(&self) -> Result<Plan<$item>, WorkflowError> {
                self.plan().await
            }

            async fn apply(&self) -> Result<Plan<$item>, WorkflowError> {
                self.apply().await
            }
        }
    };
}
#[cfg(feature = "__diff")]
pub(crate) use impl_desired_state;
