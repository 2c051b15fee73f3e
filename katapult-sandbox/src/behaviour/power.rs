//! Power: which action a machine takes in which state, and what it is on the way and at the end.

use super::tasks;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome};
use crate::world::Change;

/// What a power action asks and does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Power {
    name: &'static str,
    on_the_way: &'static str,
    at_the_end: &'static str,
    attached: &'static str,
    takes: u64,
}

/// The course of an action on a machine in a state; `None` when it is refused.
pub(crate) fn course(action: &str, state: &str) -> Option<Power> {
    let (name, from, on_the_way, at_the_end, takes): (_, &[&str], _, _, _) = match action {
        "start" => (
            "Start virtual machine",
            &["stopped", "failed"],
            "starting",
            "started",
            8_000,
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
            9_000,
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
    let attached = if at_the_end == "started" {
        "attached"
    } else {
        "detached"
    };
    from.contains(&state).then_some(Power {
        name,
        on_the_way,
        at_the_end,
        attached,
        takes,
    })
}

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Outcome {
    let machine = call.text("virtual_machine");
    let state = call
        .world
        .get(&machine)
        .map(|machine| machine.text("state").to_owned())
        .unwrap_or_default();
    let Some(power) = course(action, &state) else {
        return Err(Refusal::queueing(&format!(
            "The virtual machine cannot be asked to {action}: it is {state}"
        )));
    };
    let deaf = action == "shutdown"
        && call
            .world
            .get(&machine)
            .is_some_and(|machine| machine.is("ignores_shutdown"));
    let changes = if deaf {
        // The guest was asked, and that is all.
        Vec::new()
    } else {
        call.world.set(&machine, "state", power.on_the_way);
        vec![
            Change::State(machine.clone(), power.on_the_way, power.at_the_end),
            Change::Attached(machine.clone(), power.attached),
        ]
    };
    let task = tasks::start_for(call.world, power.name, &machine, power.takes, changes);
    Ok(call.shown(&task))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_needs_its_state() {
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
            assert_eq!(course(action, state).is_some(), taken, "{action} {state}");
        }
    }
}
