//! How the API refuses: a status, a code and what belongs to it, in the envelope.

use katapult_openapi::Operation;
use serde_json::{Value, json};

use crate::prefix::snake;

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) description: String,
    pub(crate) detail: Value,
}

/// What is wrong with a request's arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Problem {
    Missing(String),
    Unknown(String),
    /// What was wanted at a place.
    Wrong(String, String),
    /// A lookup that has no field, or more than one.
    Lookup {
        kind: String,
        place: String,
        wanted: String,
    },
    NotFound {
        kind: String,
        place: String,
    },
    InTrash {
        kind: String,
        place: String,
        /// Its trash object.
        trash: Value,
    },
}

impl Refusal {
    pub(crate) fn new(
        status: u16,
        code: &str,
        description: impl Into<String>,
        detail: Value,
    ) -> Self {
        Self {
            status,
            code: code.to_owned(),
            description: description.into(),
            detail,
        }
    }

    /// A code with the status that the operation documents for it.
    pub(crate) fn of(
        operation: &Operation,
        code: &str,
        otherwise: u16,
        description: &str,
        detail: Value,
    ) -> Self {
        Self::new(
            operation.status_of(code).unwrap_or(otherwise),
            code,
            description,
            detail,
        )
    }

    pub(crate) fn validation(errors: &[String]) -> Self {
        let description =
            "A validation error occurred with the object that was being created/updated/deleted";
        Self::new(
            422,
            "validation_error",
            description,
            json!({"errors": errors}),
        )
    }

    pub(crate) fn invalid(error: impl Into<String>) -> Self {
        Self::validation(&[error.into()])
    }

    /// A task that cannot be queued, as with a machine in the wrong state.
    pub(crate) fn queueing(why: &str) -> Self {
        let description = "This error means that a background task could not be queued";
        Self::new(
            406,
            "task_queueing_error",
            description,
            json!({"details": why}),
        )
    }

    pub(crate) fn body(&self) -> Value {
        json!({"error": {"code": self.code, "description": self.description, "detail": self.detail}})
    }
}

/// The refusal for what is wrong with a request, in the codes that the operation documents: what was
/// not found, else a validation error, else the argument codes of the framework behind the API.
pub(crate) fn refuse(operation: &Operation, problems: &[Problem]) -> Option<Refusal> {
    let first = problems.first()?;
    Some(match first {
        Problem::InTrash { kind, place, .. } if !operation.documents_code("object_in_trash") => {
            not_found(operation, kind, place)
        }
        Problem::InTrash { trash, .. } => Refusal::new(
            406,
            "object_in_trash",
            "The object found is in the trash and therefore cannot be manipulated through the API. It should be restored in order to run this operation.",
            json!({"trash_object": trash}),
        ),
        Problem::NotFound { kind, place } => not_found(operation, kind, place),
        Problem::Lookup { kind, place, .. } if !operation.documents_code("validation_error") => {
            match documented(operation, kind, place) {
                Some(code) => missing(404, code, kind),
                None => argument(first),
            }
        }
        Problem::Missing(_) | Problem::Unknown(_) | Problem::Wrong(..) | Problem::Lookup { .. } => {
            if operation.documents_code("validation_error") {
                Refusal::validation(&problems.iter().map(say).collect::<Vec<_>>())
            } else {
                argument(first)
            }
        }
    })
}

fn argument(problem: &Problem) -> Refusal {
    let code = match problem {
        Problem::Missing(_) => "missing_required_argument",
        _ => "invalid_argument",
    };
    Refusal::new(400, code, say(problem), json!({}))
}

fn not_found(operation: &Operation, kind: &str, place: &str) -> Refusal {
    match documented(operation, kind, place) {
        Some(code) => missing(operation.status_of(code).unwrap_or(404), code, kind),
        None if operation.documents_code("validation_error") => Refusal::invalid(format!(
            "{} must exist",
            capital(&words(place.rsplit('.').next().unwrap_or(place)))
        )),
        None => missing(404, &format!("{}_not_found", snake(kind)), kind),
    }
}

/// The code by which an operation says that an object of a type is not there: that of its whole
/// name, of its place, or of the end of its name (`package_not_found`).
fn documented<'a>(operation: &'a Operation, kind: &str, place: &str) -> Option<&'a str> {
    let kind = snake(kind);
    let place = place.rsplit('.').next().unwrap_or(place);
    let stems = operation
        .error_codes
        .values()
        .flatten()
        .filter_map(|code| Some((code, code.strip_suffix("_not_found")?)));
    let rank = |stem: &str| match stem {
        stem if stem == kind => Some(0),
        stem if stem == place => Some(1),
        stem if kind.ends_with(stem) => Some(2),
        stem if stem.ends_with(place) => Some(3),
        _ => None,
    };
    let best = stems
        .filter_map(|(code, stem)| Some((rank(stem)?, code)))
        .min();
    best.map(|(_, code)| code.as_str())
}

fn missing(status: u16, code: &str, kind: &str) -> Refusal {
    let name = words(&snake(kind));
    let text = match kind {
        "IpAddress" => {
            "No IP addresses were found matching any of the criteria provided in the arguments"
                .to_owned()
        }
        _ => format!("No {name} was found matching any of the criteria provided in the arguments"),
    };
    Refusal::new(status, code, text, json!({}))
}

fn say(problem: &Problem) -> String {
    match problem {
        Problem::Missing(place) => format!("{place} is required"),
        Problem::Unknown(place) => format!("{place} is not an argument of this operation"),
        Problem::Wrong(place, wanted) => format!("{place} must be {wanted}"),
        Problem::Lookup { place, wanted, .. } => {
            format!("{place} must have exactly one of {wanted}")
        }
        Problem::NotFound { place, .. } => format!("{place} must exist"),
        Problem::InTrash { .. } => "the object is in the trash".into(),
    }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use katapult_openapi::Api;

    use super::*;
    use crate::document::Document;

    #[test]
    fn the_operations_own_codes_are_used() {
        let document = Document::read(None, None).unwrap();
        let not_found = |kind: &str, place: &str| Problem::NotFound {
            kind: kind.into(),
            place: place.into(),
        };
        let cases = [
            (
                "virtual_machines.get",
                not_found("VirtualMachine", "virtual_machine"),
                (404, "virtual_machine_not_found"),
            ),
            (
                "virtual_machine_builds.create",
                not_found("VirtualMachinePackage", "package"),
                (404, "package_not_found"),
            ),
            (
                "virtual_machine_builds.get",
                not_found("VirtualMachineBuild", "virtual_machine_build"),
                (404, "build_not_found"),
            ),
            (
                "load_balancers.create",
                not_found("DataCenter", "properties.data_center"),
                (422, "validation_error"),
            ),
            (
                "tags.create",
                Problem::Wrong("properties.color".into(), "a string".into()),
                (422, "validation_error"),
            ),
            (
                "countries.list",
                Problem::Wrong("page".into(), "an integer".into()),
                (400, "invalid_argument"),
            ),
        ];
        for (id, problem, expected) in cases {
            let operation = document.spec.operation(Api::Core, id).unwrap();
            let refusal = refuse(operation, &[problem]).unwrap();
            assert_eq!((refusal.status, refusal.code.as_str()), expected, "{id}");
        }
    }
}
