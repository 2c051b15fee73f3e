//! Look, do the next step, look again: what every workflow is made of.

use std::time::Duration;

use tokio::time::sleep;

use crate::WorkflowError;
use katapult_core::WaitError;
use katapult_core::{Error, ErrorKind};

/// How often a step may leave open whether it was done.
const MOST: u32 = 6;
/// How often a workflow looks and does a step; the longest needs half as many when nothing is in its way.
const ROUNDS: u32 = 20;
/// How long it is let come about before looking, doubled each time.
const PAUSE: Duration = Duration::from_secs(2);

/// Counts the steps that left open whether they were done, so that looking again has an end.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    begun: u32,
    unsure: u32,
}

impl Rounds {
    /// Begins a round; an error if there have been so many that steps must be done without what they should bring about.
    pub(crate) fn begin(&mut self) -> Result<(), WorkflowError> {
        self.begun += 1;
        match self.begun > ROUNDS {
            true => Err(WorkflowError::Failed {
                what: format!("after {ROUNDS} steps it is still not as it should be"),
            }),
            false => Ok(()),
        }
    }

    /// What a call gave; `None` if looking will tell whether it was done.
    ///
    /// That is so when the reply was lost, and when the API says that the object's state doesn't allow it: another
    /// run, or this one before it was broken off, may have done it or be about to.
    pub(crate) async fn settle<T>(
        &mut self,
        result: Result<T, Error>,
    ) -> Result<Option<T>, WorkflowError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_open(&error) => self.again(error.into()).await.map(|()| None),
            Err(error) => Err(error.into()),
        }
    }

    /// The same of a call that was waited for.
    pub(crate) async fn settle_wait<T, S>(
        &mut self,
        result: Result<T, WaitError<S>>,
    ) -> Result<Option<T>, WorkflowError> {
        match result {
            Err(WaitError::Sending(error)) => self.settle(Err(error)).await,
            Err(error) => Err(error.into()),
            Ok(value) => Ok(Some(value)),
        }
    }

    /// Lets some time pass, or gives the error if it has been too often.
    pub(crate) async fn again(&mut self, error: WorkflowError) -> Result<(), WorkflowError> {
        if self.unsure >= MOST {
            return Err(error);
        }
        sleep(PAUSE * 2_u32.pow(self.unsure)).await;
        self.unsure += 1;
        Ok(())
    }
}

/// Whether it is for a look to tell what came of the call.
fn is_open(error: &Error) -> bool {
    error.is_unconfirmed() || error.may_have_happened() || error.kind() == ErrorKind::Conflict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_have_an_end() {
        let mut rounds = Rounds::default();
        let begun = (0..100).take_while(|_| rounds.begin().is_ok()).count();
        assert_eq!(begun, ROUNDS as usize);
    }
}
