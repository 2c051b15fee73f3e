//! The loop of every workflow: read the state, execute the next step, read the state again.

use std::time::Duration;

#[cfg(any(feature = "disks", feature = "virtual-machines"))]
use katapult_core::WaitError;
use katapult_core::{Error, ErrorKind};
use tokio::time::{Instant, sleep};

use crate::error::WorkflowError;

/// The maximum number of steps with an ambiguous outcome.
// With the doubled delays, they cover about two minutes.
const MAX_AMBIGUOUS: u32 = 6;
/// The maximum number of steps of a workflow.
// The longest workflow needs half as many. More mean that steps succeed without an effect.
const MAX_STEPS: u32 = 20;
/// The delay after the first ambiguous step; it doubles with each further one.
const INITIAL_BACKOFF: Duration = Duration::from_secs(2);

/// The default time over which a write whose response was lost may still be executed.
// As long as the reconcile checks of a single call.
pub(crate) const RECONCILE_FOR: Duration = Duration::from_secs(45);
/// The interval at which the state is read during that time.
#[cfg(feature = "__create")]
const READ_INTERVAL: Duration = Duration::from_secs(5);

/// Counts the steps of a workflow and those with an ambiguous outcome, so that its loop ends.
#[derive(Debug)]
pub(crate) struct ConvergeLoop {
    steps: u32,
    ambiguous: u32,
    /// A step was refused once, and the state was read again.
    #[cfg(feature = "__refused")]
    refused: bool,
    /// The time over which a write whose response was lost may still be executed.
    #[cfg_attr(
        not(any(feature = "__create", feature = "virtual-machines")),
        expect(dead_code, reason = "disks alone are never created again")
    )]
    reconcile_for: Duration,
    /// The time at which the last step began to read the state.
    read_at: Instant,
    /// The time at which the response to a write was lost.
    lost_at: Option<Instant>,
}

impl Default for ConvergeLoop {
    fn default() -> Self {
        Self::reconcile_for(RECONCILE_FOR)
    }
}

impl ConvergeLoop {
    /// Creates a loop for writes that may be executed for so long after their responses were lost.
    pub(crate) fn reconcile_for(time: Duration) -> Self {
        Self {
            steps: 0,
            ambiguous: 0,
            #[cfg(feature = "__refused")]
            refused: false,
            reconcile_for: time,
            read_at: Instant::now(),
            lost_at: None,
        }
    }

    /// Counts a step.
    ///
    /// # Errors
    ///
    /// After [`MAX_STEPS`]: the steps succeed, but do not have the effect that they should have.
    pub(crate) fn next_step(&mut self) -> Result<(), WorkflowError> {
        self.steps += 1;
        self.read_at = Instant::now();
        match self.steps > MAX_STEPS {
            true => Err(WorkflowError::Failed {
                description: format!("the wanted state was not reached after {MAX_STEPS} steps"),
            }),
            false => Ok(()),
        }
    }

    /// Counts anew, because less remains to be done than ever before.
    #[cfg(feature = "__diff")]
    pub(crate) fn made_progress(&mut self) {
        self.steps = 0;
        self.ambiguous = 0;
    }

    /// Returns the result of a call, or `None` after a delay if its outcome is ambiguous: the caller reads the state
    /// again.
    ///
    /// The outcome is ambiguous if the response was lost, or if the API reports a conflict with the state of the object:
    /// another run, or this one before it was interrupted, may have executed the step or be about to.
    pub(crate) async fn or_recheck<T>(
        &mut self,
        result: Result<T, Error>,
    ) -> Result<Option<T>, WorkflowError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_ambiguous(&error) => {
                // A conflict was refused, and will not be executed later.
                if error.may_have_happened() {
                    self.lost_at = Some(Instant::now());
                }
                self.backoff(error.into()).await.map(|()| None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the result of a call and its waiter, like [`or_recheck`](Self::or_recheck).
    // Only the call itself can be ambiguous: a waiter sends no changes.
    #[cfg(any(feature = "disks", feature = "virtual-machines"))]
    pub(crate) async fn or_recheck_wait<T, S>(
        &mut self,
        result: Result<T, WaitError<S>>,
    ) -> Result<Option<T>, WorkflowError> {
        match result {
            Err(WaitError::Request(error)) => self.or_recheck(Err(error)).await,
            Err(error) => Err(error.into()),
            Ok(value) => Ok(Some(value)),
        }
    }

    /// Returns the result of a call, like [`or_recheck`](Self::or_recheck), and `None` for the first validation error: it is
    /// how the API reports that another run has done the step already.
    #[cfg(feature = "__refused")]
    pub(crate) async fn or_recheck_refused<T>(
        &mut self,
        result: Result<T, Error>,
    ) -> Result<Option<T>, WorkflowError> {
        match result {
            Err(error) if error.is_validation() && !self.refused => {
                self.refused = true;
                self.backoff(error.into()).await.map(|()| None)
            }
            other => self.or_recheck(other).await,
        }
    }

    /// Waits until no write whose response was lost can still be executed.
    #[cfg(any(feature = "object-storage", feature = "virtual-machines"))]
    pub(crate) async fn settle(&mut self) {
        if let Some(lost_at) = self.lost_at.take() {
            sleep(self.reconcile_for.saturating_sub(lost_at.elapsed())).await;
        }
    }

    /// Returns `true` if a creation may be sent: no earlier one may still be executed, which the state does not show
    /// yet. Otherwise returns `false` after a delay, and the caller reads the state again.
    #[cfg(feature = "__create")]
    pub(crate) async fn may_create(&mut self) -> bool {
        let Some(lost_at) = self.lost_at else {
            return true;
        };
        // The state that was read is no newer than the start of the read.
        if self.read_at.saturating_duration_since(lost_at) >= self.reconcile_for {
            self.lost_at = None;
            return true;
        }
        let remaining = self.reconcile_for.saturating_sub(lost_at.elapsed());
        sleep(remaining.min(READ_INTERVAL)).await;
        // Reading the state is no step, and the time is bounded.
        self.steps = self.steps.saturating_sub(1);
        false
    }

    /// Waits for the backoff.
    ///
    /// # Errors
    ///
    /// Returns `error` after [`MAX_AMBIGUOUS`] delays.
    pub(crate) async fn backoff(&mut self, error: WorkflowError) -> Result<(), WorkflowError> {
        if self.ambiguous >= MAX_AMBIGUOUS {
            return Err(error);
        }
        sleep(INITIAL_BACKOFF * 2_u32.pow(self.ambiguous)).await;
        self.ambiguous += 1;
        Ok(())
    }
}

/// Returns `true` if only the state can show whether the call took effect.
fn is_ambiguous(error: &Error) -> bool {
    error.is_unconfirmed() || error.may_have_happened() || error.kind() == ErrorKind::Conflict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn creation_waits_until_a_lost_one_can_no_longer_be_executed() {
        let mut converge = ConvergeLoop::default();
        assert!(converge.may_create().await);
        let lost_at = Instant::now();
        converge.lost_at = Some(lost_at);
        let mut reads = 0;
        while !converge.may_create().await {
            reads += 1;
            converge.next_step().unwrap();
        }
        assert_eq!((reads, lost_at.elapsed()), (9, RECONCILE_FOR));
        assert!(converge.may_create().await);
    }

    #[tokio::test(start_paused = true)]
    async fn state_that_was_read_before_a_late_execution_permits_no_creation() {
        let mut converge = ConvergeLoop {
            lost_at: Some(Instant::now()),
            ..ConvergeLoop::default()
        };
        converge.next_step().unwrap();
        // The read takes longer than the whole time.
        sleep(RECONCILE_FOR * 2).await;
        assert!(!converge.may_create().await);
        converge.next_step().unwrap();
        assert!(converge.may_create().await);
    }

    #[test]
    fn steps_without_effect_end_in_an_error() {
        let mut converge = ConvergeLoop::default();
        let steps = (0..100)
            .take_while(|_| converge.next_step().is_ok())
            .count();
        assert_eq!(steps, MAX_STEPS as usize);
    }
}
