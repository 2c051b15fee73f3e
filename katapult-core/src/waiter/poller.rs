//! The polling loop of a waiter.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::debug;

use super::condition::{WaitCondition, WaitState};
use super::error::WaitError;
use super::poll_policy::PollPolicy;
use crate::error::Error;
use crate::transport::{CallOptions, HttpTransport};
use crate::util::rng;

/// The minimum time of the final poll, which begins when the timeout passes.
// A task that has just completed is worth a few seconds more than a wait for nothing.
const FINAL_POLL_TIMEOUT: Duration = Duration::from_secs(10);

type ProgressCallback<S> = Box<dyn FnMut(&S) + Send>;

/// The caller's settings of a waiter.
pub(super) struct WaitSettings<S> {
    pub(super) policy: PollPolicy,
    pub(super) timeout: Option<Duration>,
    pub(super) progress: Option<ProgressCallback<S>>,
}

impl<S> Default for WaitSettings<S> {
    fn default() -> Self {
        Self {
            policy: PollPolicy::default(),
            timeout: None,
            progress: None,
        }
    }
}

/// A state and its evaluation, or the error that ends the wait.
pub(super) type PollResult<C> =
    Result<(<C as WaitCondition>::State, WaitState), WaitError<<C as WaitCondition>::State>>;

/// The polling loop of a waiter.
pub(super) struct Poller<C: WaitCondition> {
    transport: HttpTransport,
    condition: C,
    settings: WaitSettings<C::State>,
    /// The state that the response of the operation contains.
    initial_state: Option<C::State>,
    last_state: Option<C::State>,
    polls: u32,
    started: Instant,
    /// The time of the last poll, or of the start.
    last_poll: Instant,
    end: Option<Instant>,
    /// The time since which polls have failed.
    failing_since: Option<Instant>,
}

impl<C: WaitCondition> Poller<C> {
    pub(super) fn new(
        transport: HttpTransport,
        condition: C,
        settings: WaitSettings<C::State>,
        initial_state: Option<C::State>,
    ) -> Self {
        let started = Instant::now();
        let timeout = settings.timeout.unwrap_or_else(|| condition.timeout());
        Self {
            transport,
            condition,
            settings,
            initial_state,
            last_state: None,
            polls: 0,
            started,
            last_poll: started,
            // `None` when it overflows: `Duration::MAX` means no timeout.
            end: started.checked_add(timeout),
            failing_since: None,
        }
    }

    /// Polls until the condition is met.
    pub(super) async fn run(mut self) -> Result<C::State, WaitError<C::State>> {
        loop {
            if let (state, WaitState::Succeeded) = self.next_state().await? {
                return Ok(state);
            }
        }
    }

    /// Polls for one state, and returns the poller for the next one.
    pub(super) async fn advance(mut self) -> (Option<Self>, PollResult<C>) {
        let result = self.next_state().await;
        (Some(self), result)
    }

    /// Polls until a poll succeeds.
    async fn next_state(&mut self) -> PollResult<C> {
        if let Some(state) = self.initial_state.take() {
            return self.on_state(state, false);
        }
        loop {
            self.pause().await;
            if !self.turn().await {
                return Err(self.timed_out(None));
            }
            let poll_started = Instant::now();
            self.last_poll = poll_started;
            let options = self.call_options(poll_started);
            let result = self.condition.poll(options).await;
            // A poll that was in flight when the timeout passed counts as the final one.
            let timed_out = self.end.is_some_and(|end| end <= Instant::now());
            match result {
                Ok(state) => return self.on_state(state, timed_out),
                Err(error) => self.on_poll_error(error, poll_started, timed_out)?,
            }
        }
    }

    async fn pause(&mut self) {
        let random = rng::unit_interval(&*self.transport.config().rng);
        let interval = self.settings.policy.interval(self.polls, random);
        self.polls = self.polls.saturating_add(1);
        let until = match (Instant::now().checked_add(interval), self.end) {
            (Some(until), Some(end)) => Some(until.min(end)),
            (until, end) => until.or(end),
        };
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }

    /// Waits for the turn of the next poll among those of all waiters. Returns `false` if the timeout passed, and
    /// there was no room for a final poll.
    async fn turn(&mut self) -> bool {
        let polls = &self.transport.config().polls;
        let Some(end) = self.end else {
            polls.turn(self.last_poll, false).await;
            return true;
        };
        if Instant::now() < end
            && timeout_at(end, polls.turn(self.last_poll, false))
                .await
                .is_ok()
        {
            return true;
        }
        // The last chance to see the condition met, so it goes first.
        let turn = polls.turn(self.last_poll, true);
        match end.checked_add(FINAL_POLL_TIMEOUT) {
            Some(end) => timeout_at(end, turn).await.is_ok(),
            None => {
                turn.await;
                true
            }
        }
    }

    /// Returns the options of a poll: one attempt in the time that remains, with a minimum at the end.
    fn call_options(&self, now: Instant) -> CallOptions {
        let limits = &self.transport.config().limits;
        let remaining = self
            .end
            .map_or(Duration::MAX, |end| end.saturating_duration_since(now));
        CallOptions {
            retry: Some(limits.retry.clone().max_attempts(1)),
            deadline: Some(remaining.max(FINAL_POLL_TIMEOUT).min(limits.deadline)),
            ..CallOptions::default()
        }
    }

    fn on_state(&mut self, state: C::State, timed_out: bool) -> PollResult<C> {
        self.failing_since = None;
        if let Some(progress) = &mut self.settings.progress {
            progress(&state);
        }
        let wait_state = self.condition.evaluate(&state);
        debug!(target: "katapult_core", state = ?wait_state, polls = self.polls, description = self.condition.describe(&state), "polled");
        match wait_state {
            WaitState::Failed => Err(WaitError::Failed {
                description: self.condition.describe(&state),
                state: Box::new(state),
            }),
            WaitState::Pending if timed_out => {
                self.last_state = Some(state);
                Err(self.timed_out(None))
            }
            WaitState::Pending | WaitState::Succeeded => {
                self.last_state = Some(state.clone());
                Ok((state, wait_state))
            }
        }
    }

    /// Returns the error that ends the wait, unless the error of the poll is tolerated.
    fn on_poll_error(
        &mut self,
        error: Error,
        poll_started: Instant,
        timed_out: bool,
    ) -> Result<(), WaitError<C::State>> {
        let transient = error.is_retryable() || self.condition.is_transient(&error);
        let failing_since = *self.failing_since.get_or_insert(poll_started);
        debug!(target: "katapult_core", %error, transient, "poll failed");
        if transient && timed_out {
            return Err(self.timed_out(Some(error)));
        }
        if !transient || failing_since.elapsed() >= self.settings.policy.error_tolerance() {
            let last_state = self.last_state.take().map(Box::new);
            return Err(WaitError::Polling { error, last_state });
        }
        Ok(())
    }

    fn timed_out(&mut self, error: Option<Error>) -> WaitError<C::State> {
        let last_state = self.last_state.take();
        WaitError::TimedOut {
            description: match &last_state {
                Some(state) => self.condition.describe(state),
                None => "none observed".to_owned(),
            },
            last_state: last_state.map(Box::new),
            elapsed: self.started.elapsed(),
            error,
        }
    }
}
