//! States by which an object is waited for: stated by a correction, and generated as traits.

use serde_json::{Value, json};

use super::{Own, accepted, lamp};

const STATES: &str = "wait_states: {operations: {lamps.get: {field: state, succeeded: [lit], failed: [broken], timeout_minutes: 5}}}";

fn state(document: &mut Value, field: &str) {
    let states = json!({ "type": "string", "enum": ["dark", "lit", "broken"] });
    lamp(document, field, states);
}

#[rustfmt::skip] // one line a fact
pub(super) fn all() -> Vec<Own> {
    vec![
        accepted("state_that_settles", |d| state(d, "state"))
            .corrected_by(STATES)
            .code("impl StateOperation for Get").code("type State = LampState;")
            .code("const SUCCEEDED: &'static [&'static str] = &[\"lit\"];")
            .code("const FAILED: &'static [&'static str] = &[\"broken\"];")
            .code("impl SettlingOperation for Get {}")
            .code("impl<T: Transport> StateResource<T> for Lamps<T>"),
        accepted("state_for_a_purpose", |d| state(d, "state"))
            .corrected_by("wait_states: {operations: {lamps.get: {field: state, timeout_minutes: 5}}}")
            .code("impl StateOperation for Get").no_code("impl SettlingOperation for Get"),
        accepted("state_without_correction", |d| state(d, "state"))
            .no_code("impl StateOperation for Get"),
    ]
}
