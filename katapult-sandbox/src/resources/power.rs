//! Power actions of virtual machines: the states in which they are possible, and their transitions.

use super::tasks;
use crate::response::context::{OperationContext, OperationResult};
use crate::response::refusal::Refusal;
use crate::world::Change;

/// The transition that a power action starts.
#[derive(Debug, PartialEq, Eq)]
struct Transition {
    task_name: &'static str,
    /// The state until the end.
    via: &'static str,
    /// The state at the end.
    to: &'static str,
    /// The attachment state of disks and interfaces at the end.
    attachment: &'static str,
    /// In milliseconds.
    duration: u64,
}

/// Returns the transition of an action in a state; `None` if the API rejects it.
fn transition(action: &str, state: &str) -> Option<Transition> {
    let (task_name, from, via, to, duration): (_, &[&str], _, _, _) = match action {
        "start" => (
            "Start virtual machine",
            &["stopped", "failed"],
            "starting",
            "started",
            10_000,
        ),
        "stop" => (
            "Stop virtual machine",
            &["started", "starting", "shutting_down", "resetting"],
            "stopping",
            "stopped",
            3_000,
        ),
        "shutdown" => (
            "Shutdown virtual machine",
            &["started"],
            "shutting_down",
            "stopped",
            5_000,
        ),
        "reset" => (
            "Reset virtual machine",
            &["started"],
            "resetting",
            "started",
            4_000,
        ),
        _ => return None,
    };
    let attachment = if to == "started" {
        "attached"
    } else {
        "detached"
    };
    from.contains(&state).then_some(Transition {
        task_name,
        via,
        to,
        attachment,
        duration,
    })
}

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> OperationResult {
    let machine = ctx.text("virtual_machine");
    let state = ctx
        .world
        .get(&machine)
        .map(|machine| machine.text("state").to_owned())
        .unwrap_or_default();
    let Some(transition) = transition(action, &state) else {
        return Err(Refusal::task_queueing(&format!(
            "The virtual machine cannot be asked to {action}: it is {state}"
        )));
    };
    // A test sets this field to imitate a guest that hangs.
    let ignored = action == "shutdown"
        && ctx
            .world
            .get(&machine)
            .is_some_and(|machine| machine.flag("ignores_shutdown"));
    let changes = if ignored {
        // The task completes, but the operating system does not shut down.
        Vec::new()
    } else {
        ctx.world.set(&machine, "state", transition.via);
        vec![
            Change::Transition(machine.clone(), transition.via, transition.to),
            Change::SetAttachment(machine.clone(), transition.attachment),
        ]
    };
    let task = tasks::start_with_duration(
        ctx.world,
        transition.task_name,
        &machine,
        transition.duration,
        changes,
    );
    Ok(ctx.rendered(&task))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_is_possible_in_its_states() {
        let cases = [
            ("start", "stopped", true),
            ("start", "started", false),
            ("stop", "started", true),
            ("stop", "stopped", false),
            ("shutdown", "stopped", false),
            ("reset", "started", true),
            ("reset", "stopping", false),
            ("dance", "started", false),
        ];
        for (action, state, taken) in cases {
            assert_eq!(
                transition(action, state).is_some(),
                taken,
                "{action} {state}"
            );
        }
    }
}
