//! Faults of the sandbox as text: `tasks.get:504#1`.

use katapult_sandbox::Fault;

/// Panics if a fault that is read is not the same after it is written and read again.
pub fn check(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        crate::check_round_trip::<Fault>(text);
    }
}

/// Returns a fault of each form.
pub fn seeds() -> Vec<Vec<u8>> {
    crate::bytes(&[
        "429=0.05",
        "429_for_1s",
        "429_left",
        "late=5s",
        "tasks.get:504#1",
        "late_reset=250ms@0110",
        "latency_200ms",
        "shape_2024",
        "virtual_machines.list:truncated=1",
    ])
}
