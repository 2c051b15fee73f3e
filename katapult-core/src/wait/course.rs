//! A wait on its way: pause, look, judge, and look again.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::watch::{WaitCondition, WaitState};
use crate::call_ext::CallOptions;
use crate::error::Error;
use crate::poll::PollPolicy;
use crate::wait_error::WaitError;
use crate::{HttpTransport, random};

/// What the last look is given, when the time is up.
const LAST_LOOK: Duration = Duration::from_secs(10);

type Progress<S> = Box<dyn FnMut(&S) + Send>;

/// What the caller asks of a wait.
pub(super) struct Settings<S> {
    pub(super) policy: PollPolicy,
    pub(super) timeout: Option<Duration>,
    pub(super) progress: Option<Progress<S>>,
}

impl<S> Default for Settings<S> {
    fn default() -> Self {
        Self {
            policy: PollPolicy::default(),
            timeout: None,
            progress: None,
        }
    }
}

/// What was seen and how it was judged.
pub(super) type Seen<W> =
    Result<(<W as WaitCondition>::State, WaitState), WaitError<<W as WaitCondition>::State>>;

/// A wait on its way.
pub(super) struct Course<W: WaitCondition> {
    http: HttpTransport,
    watch: W,
    settings: Settings<W::State>,
    /// What is known without a look.
    first: Option<W::State>,
    last: Option<W::State>,
    looks: u32,
    begun: Instant,
    end: Option<Instant>,
    /// Since when looks have failed.
    troubled: Option<Instant>,
}

impl<W: WaitCondition> Course<W> {
    pub(super) fn new(
        http: HttpTransport,
        watch: W,
        settings: Settings<W::State>,
        first: Option<W::State>,
    ) -> Self {
        let begun = Instant::now();
        let timeout = settings.timeout.unwrap_or_else(|| watch.timeout());
        Self {
            http,
            watch,
            settings,
            first,
            last: None,
            looks: 0,
            begun,
            end: begun.checked_add(timeout),
            troubled: None,
        }
    }

    pub(super) async fn run(mut self) -> Result<W::State, WaitError<W::State>> {
        loop {
            if let (state, WaitState::Succeeded) = self.step().await? {
                return Ok(state);
            }
        }
    }

    pub(super) async fn advance(mut self) -> (Option<Self>, Seen<W>) {
        let seen = self.step().await;
        (Some(self), seen)
    }

    /// Goes on until something was seen.
    async fn step(&mut self) -> Seen<W> {
        if let Some(state) = self.first.take() {
            return self.seen(state, false);
        }
        loop {
            self.pause().await;
            let began = Instant::now();
            let options = self.options(began);
            let looked = self.watch.poll(options).await;
            // A look that was under way when the time ran out counts as the last.
            let over = self.end.is_some_and(|end| end <= Instant::now());
            match looked {
                Ok(state) => return self.seen(state, over),
                Err(error) => self.missed(error, began, over)?,
            }
        }
    }

    async fn pause(&mut self) {
        let chance = random::unit(&*self.http.parts().random);
        let pause = self.settings.policy.pause(self.looks, chance);
        self.looks = self.looks.saturating_add(1);
        let until = Instant::now().checked_add(pause);
        let until = match (until, self.end) {
            (Some(until), Some(end)) => Some(until.min(end)),
            (until, end) => until.or(end),
        };
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }

    /// One attempt, in the time that is left, and a little more at the end.
    fn options(&self, now: Instant) -> CallOptions {
        let limits = &self.http.parts().limits;
        let left = self
            .end
            .map_or(Duration::MAX, |end| end.saturating_duration_since(now));
        CallOptions {
            retry: Some(limits.retry.clone().max_attempts(1)),
            deadline: Some(left.max(LAST_LOOK).min(limits.deadline)),
            ..CallOptions::default()
        }
    }

    fn seen(&mut self, state: W::State, over: bool) -> Seen<W> {
        self.troubled = None;
        if let Some(progress) = &mut self.settings.progress {
            progress(&state);
        }
        let verdict = self.watch.evaluate(&state);
        debug!(target: "katapult_core", ?verdict, looks = self.looks, "{}", self.watch.describe(&state));
        match verdict {
            WaitState::Failed => Err(WaitError::Failed {
                what: self.watch.describe(&state),
                state: Box::new(state),
            }),
            WaitState::Pending if over => {
                self.last = Some(state);
                Err(self.timed_out(None))
            }
            WaitState::Pending | WaitState::Succeeded => {
                self.last = Some(state.clone());
                Ok((state, verdict))
            }
        }
    }

    /// Looks past an error, or gives it.
    fn missed(
        &mut self,
        error: Error,
        began: Instant,
        over: bool,
    ) -> Result<(), WaitError<W::State>> {
        let passes = error.is_retryable() || self.watch.is_transient(&error);
        let since = *self.troubled.get_or_insert(began);
        debug!(target: "katapult_core", %error, passes, "a look failed");
        if passes && over {
            return Err(self.timed_out(Some(error)));
        }
        if !passes || since.elapsed() >= self.settings.policy.patience() {
            let last = self.last.take().map(Box::new);
            return Err(WaitError::Polling { error, last });
        }
        Ok(())
    }

    fn timed_out(&mut self, error: Option<Error>) -> WaitError<W::State> {
        let last = self.last.take();
        WaitError::TimedOut {
            what: match &last {
                Some(state) => self.watch.describe(state),
                None => "nothing".to_owned(),
            },
            last: last.map(Box::new),
            after: self.begun.elapsed(),
            error,
        }
    }
}
