//! The documentation of an operation: path, scopes, effects and errors.

use std::collections::BTreeMap;

use katapult_openapi::{Api, Operation};

use crate::naming::case::capitalized;

/// The crate's root in links of the documentation.
const CRATE: &str = "crate";

/// Returns the name of the constant with the error codes that all operations of an API have.
pub(crate) fn common_error_codes(api: Api) -> &'static str {
    match api {
        Api::Core => "COMMON_CORE",
        Api::Public => "COMMON_PUBLIC",
    }
}

/// Returns the lines of an operation's documentation; `error_codes` are specific to it.
pub(super) fn docs(operation: &Operation, error_codes: &BTreeMap<u16, Vec<String>>) -> Vec<String> {
    let mut lines = vec![
        format!(" {}.", capitalized(&operation.title)),
        String::new(),
        format!(" `{} {}`", operation.method, operation.path),
        String::new(),
        format!(" {}.", properties(operation).join("; ")),
        String::new(),
        " # Errors".to_owned(),
        String::new(),
    ];
    let common = common_error_codes(operation.api);
    let link = format!("[common errors]({CRATE}::error_codes::{common})");
    let specific: Vec<String> = error_codes
        .iter()
        .flat_map(|(status, codes)| codes.iter().map(move |code| format!("{status} `{code}`")))
        .collect();
    lines.push(match specific.as_slice() {
        [] => format!(" The {link}."),
        specific => format!(" In addition to the {link}: {}.", specific.join(", ")),
    });
    lines
}

fn properties(operation: &Operation) -> Vec<String> {
    let mut properties = vec![match operation.scopes.as_slice() {
        [] => "Requires no scope".to_owned(),
        [only] => format!("Requires the scope `{only}`"),
        several => format!("Requires one of the scopes `{}`", several.join("`, `")),
    }];
    for (applies, property) in [
        (operation.list.is_some(), "paginated"),
        (operation.task.is_some(), "queues a task"),
        (operation.trash.is_some(), "moves the object to the trash"),
        (operation.idempotent, "idempotent"),
        (!operation.idempotent, "not idempotent"),
    ] {
        if applies {
            properties.push(property.to_owned());
        }
    }
    properties
}
