//! Tokens from which a list or a wait is resumed.

use katapult_core::{ResumeToken, WaitToken};

use crate::text;

/// Panics if a token that is read is not the same after it is written and read again.
pub fn check(input: &[u8]) {
    if let Ok(input) = std::str::from_utf8(input) {
        text::check_round_trip::<ResumeToken>(input);
        text::check_round_trip::<WaitToken>(input);
    }
}

/// Returns tokens of each form.
pub fn seeds() -> Vec<Vec<u8>> {
    text::bytes(&[
        "katapult-list-1:virtual_machines.list:00c0ffee00c0ffee:30:2:vm_1,vm_2",
        "katapult-list-1:tags.list:ffffffffffffffff:0:9223372036854775807:a%2cb,%c3%bc",
        "katapult-wait-1:virtual_machines.get:state=started:virtual_machine%5Bid%5D=vm_1",
        "katapult-wait-1:disks.get:attachment=not%20yet:disk%5Bid%5D=disk_1",
        "katapult-wait-1:virtual_machines.get:gone:virtual_machine%5Bfqdn%5D=a.example",
        "katapult-wait-1:tasks.get:settled:task%5Bid%5D=task_1",
    ])
}
