//! The steps that stop and start a virtual machine.

use std::time::Duration;

use katapult_core::types::VirtualMachineState as State;
use katapult_core::virtual_machines::{Shutdown, Start, Stop};

use crate::steps::Step;

/// A step that stops or starts a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PowerStep {
    /// A request to the guest, and its shutdown.
    Shutdown,
    /// The shutdown that was requested before.
    WaitForShutdown,
    /// The stop by force if the guest does not shut down in time.
    StopUnlessShutDown,
    Stop,
    WaitUntilStopped,
    Start,
    WaitUntilStarted,
}

impl PowerStep {
    pub(super) fn describe(self, shutdown_timeout: Duration) -> Step {
        match self {
            PowerStep::Shutdown => Step::request::<Shutdown>("shut down the guest of the machine"),
            PowerStep::WaitForShutdown => Step::wait("wait until the guest has shut down"),
            PowerStep::StopUnlessShutDown => Step::request::<Stop>(format!(
                "stop the machine by force, unless its guest has shut down within {shutdown_timeout:?}"
            ))
            .conditional(),
            PowerStep::Stop => Step::request::<Stop>("stop the machine by force"),
            PowerStep::WaitUntilStopped => Step::wait("wait until the machine is stopped"),
            PowerStep::Start => Step::request::<Start>("start the machine"),
            PowerStep::WaitUntilStarted => Step::wait("wait until the machine is started"),
        }
    }
}

/// Returns the steps that stop a machine; `force` stops it without its guest.
pub(super) fn stop_steps(state: Option<&State>, force: bool) -> &'static [PowerStep] {
    use PowerStep::{Shutdown, Stop, StopUnlessShutDown, WaitForShutdown, WaitUntilStarted};
    match (state, force) {
        (Some(State::Stopped), _) => &[],
        // The shutdown of an earlier run, or of the guest itself.
        (Some(State::ShuttingDown), false) => &[WaitForShutdown, StopUnlessShutDown],
        // The stop of an earlier run is in progress.
        (Some(State::Stopping), _) => &[PowerStep::WaitUntilStopped],
        (Some(state), false) if is_starting(state) => {
            &[WaitUntilStarted, Shutdown, StopUnlessShutDown]
        }
        (Some(state), true) if is_starting(state) => &[WaitUntilStarted, Stop],
        (_, false) => &[Shutdown, StopUnlessShutDown],
        (_, true) => &[Stop],
    }
}

/// Returns the steps that start a machine.
pub(super) fn start_steps(state: Option<&State>) -> &'static [PowerStep] {
    match state {
        Some(State::Started) => &[],
        Some(State::ShuttingDown | State::Stopping) => {
            &[PowerStep::WaitUntilStopped, PowerStep::Start]
        }
        Some(State::Stopped) => &[PowerStep::Start],
        _ => &[PowerStep::WaitUntilStarted],
    }
}

/// Returns `true` if the machine will be started without a further call.
fn is_starting(state: &State) -> bool {
    matches!(
        state,
        State::Allocating
            | State::Allocated
            | State::Starting
            | State::Migrating
            | State::Resetting
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remaining_steps_follow_from_the_state() {
        use PowerStep::*;
        type Steps = &'static [PowerStep];
        let table: [(Option<State>, Steps, Steps, Steps); 7] = [
            // State, stop, stop by force, start.
            (Some(State::Stopped), &[], &[], &[Start]),
            (
                Some(State::Started),
                &[Shutdown, StopUnlessShutDown],
                &[Stop],
                &[],
            ),
            (
                Some(State::ShuttingDown),
                &[WaitForShutdown, StopUnlessShutDown],
                &[Stop],
                &[WaitUntilStopped, Start],
            ),
            (
                Some(State::Stopping),
                &[WaitUntilStopped],
                &[WaitUntilStopped],
                &[WaitUntilStopped, Start],
            ),
            (
                Some(State::Starting),
                &[WaitUntilStarted, Shutdown, StopUnlessShutDown],
                &[WaitUntilStarted, Stop],
                &[WaitUntilStarted],
            ),
            (
                Some(State::Failed),
                &[Shutdown, StopUnlessShutDown],
                &[Stop],
                &[WaitUntilStarted],
            ),
            (
                None,
                &[Shutdown, StopUnlessShutDown],
                &[Stop],
                &[WaitUntilStarted],
            ),
        ];
        for (state, stop, force, start) in table {
            assert_eq!(stop_steps(state.as_ref(), false), stop, "{state:?}");
            assert_eq!(stop_steps(state.as_ref(), true), force, "{state:?}");
            assert_eq!(start_steps(state.as_ref()), start, "{state:?}");
        }
    }
}
