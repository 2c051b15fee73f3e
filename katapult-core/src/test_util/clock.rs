use std::time::SystemTime;

use tokio::time::Instant;

use crate::Clock;

/// A clock that starts at a chosen time of day and advances with tokio's time, which a test can
/// pause.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use katapult_core::Clock;
/// use katapult_core::test_util::SimulatedClock;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let clock = SimulatedClock::starting_at(UNIX_EPOCH);
/// tokio::time::sleep(Duration::from_secs(60)).await;
/// assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(60));
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SimulatedClock {
    start: SystemTime,
    origin: Instant,
}

impl SimulatedClock {
    /// Returns a clock whose time is now `start`.
    pub fn starting_at(start: SystemTime) -> Self {
        let origin = Instant::now();
        Self { start, origin }
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> SystemTime {
        self.start + self.origin.elapsed()
    }
}
