//! Faults of the sandbox as text: `tasks.get:504#1`.

use katapult_sandbox::Fault;

use crate::text;

/// Panics if a fault that is read is not the same after it is written and read again.
pub fn check(input: &[u8]) {
    if let Ok(input) = std::str::from_utf8(input) {
        text::check_round_trip::<Fault>(input);
    }
}

/// Returns a fault of each kind, and some with an operation and a schedule.
pub fn seeds() -> Vec<Vec<u8>> {
    let kinds: Vec<_> = Fault::kinds().map(|(example, _)| example).collect();
    let mut seeds = text::bytes(&kinds);
    seeds.extend(text::bytes(&[
        "429=0.05",
        "429_for_1s",
        "tasks.get:504#1",
        "late_reset=250ms@0110",
        "latency_200ms",
        "shape_2024",
        "virtual_machines.list:truncated=1",
    ]));
    seeds
}
