//! The documentation of an operation: what it is, what it needs, what it does, how it fails.

use crate::generate::document::Operation;
use crate::text::capitalized;

/// What every operation can answer.
const EVERYWHERE: &[&str] = &[
    "invalid_api_token",
    "invalid_capabilities_token",
    "missing_api_token",
    "permission_denied",
    "rate_limit_reached",
    "scope_not_granted",
    "service_unavailable",
    "unauthorized_network_for_api_token",
];

/// The lines of an operation's documentation.
pub(super) fn about(operation: &Operation) -> Vec<String> {
    let mut lines = vec![
        format!(" {}.", capitalized(&operation.spec.title)),
        String::new(),
        format!(" `{} {}`", operation.spec.method, operation.spec.path),
    ];
    let mut facts = vec![match operation.spec.scopes.as_slice() {
        [] => "Needs no scope".to_owned(),
        [only] => format!("Needs the scope `{only}`"),
        several => format!("Needs one of the scopes `{}`", several.join("`, `")),
    }];
    if operation.spec.list.is_some() {
        facts.push("answers page by page".to_owned());
    }
    if operation.spec.task.is_some() {
        facts.push("queues a task".to_owned());
    }
    if operation.spec.trash.is_some() {
        facts.push("moves the object to the trash".to_owned());
    }
    facts.push(
        if operation.spec.idempotent {
            "is idempotent"
        } else {
            "is not idempotent"
        }
        .to_owned(),
    );
    lines.push(String::new());
    lines.push(format!(" {}.", facts.join("; ")));
    let own: Vec<String> = operation
        .spec
        .error_codes
        .iter()
        .flat_map(|(status, codes)| {
            codes
                .iter()
                .filter(|code| !EVERYWHERE.contains(&code.as_str()))
                .map(move |code| format!("{status} `{code}`"))
        })
        .collect();
    if !own.is_empty() {
        lines.push(String::new());
        lines.push(" # Errors".to_owned());
        lines.push(String::new());
        lines.push(format!(
            " Besides what every operation can answer: {}.",
            own.join(", ")
        ));
    }
    lines
}
