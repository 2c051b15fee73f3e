//! Retries: classification of an attempt, the policy, the budget, and the decision.
//!
//! [`classify`] turns an attempt into an [`AttemptOutcome`](classify::AttemptOutcome), and [`decide`] turns
//! that outcome, the policy and the state of the call into the next step. Both are pure functions; the
//! [request loop](crate::transport) acts on the result.

pub(crate) mod budget;
pub(crate) mod classify;
pub(crate) mod decide;
mod policy;
#[cfg(test)]
mod tests;

pub use budget::RetryBudget;
pub use policy::{Jitter, RetryPolicy};
