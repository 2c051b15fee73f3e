//! Errors of the API: status, code, description and detail.

use katapult_openapi::Operation;
use serde_json::{Value, json};

use crate::request::problem::Problem;
use crate::world::id_prefix::snake_case;

/// An error response of the API.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) description: String,
    pub(crate) detail: Value,
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

    /// Returns an error with the status that the operation documents for its code.
    pub(crate) fn documented(
        operation: &Operation,
        code: &str,
        default_status: u16,
        description: &str,
        detail: Value,
    ) -> Self {
        Self::new(
            operation.status_of(code).unwrap_or(default_status),
            code,
            description,
            detail,
        )
    }

    /// Returns a validation error with several messages.
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

    /// Returns a validation error with one message.
    pub(crate) fn invalid(error: impl Into<String>) -> Self {
        Self::validation(&[error.into()])
    }

    /// Returns the error of a task that cannot be queued, such as for a machine in the wrong state.
    pub(crate) fn task_queueing(reason: &str) -> Self {
        let description = "This error means that a background task could not be queued";
        Self::new(
            406,
            "task_queueing_error",
            description,
            json!({"details": reason}),
        )
    }

    /// Returns the description with the detail, for the journal.
    pub(crate) fn message(&self) -> String {
        match self.detail.as_object() {
            Some(detail) if detail.is_empty() => self.description.clone(),
            _ => format!("{} {}", self.description, self.detail),
        }
    }

    pub(crate) fn body(&self) -> Value {
        json!({"error": {"code": self.code, "description": self.description, "detail": self.detail}})
    }
}

/// Returns the error for a request's problems, with a code that the operation documents: that of an
/// object that was not found, otherwise a validation error, otherwise the argument codes of the
/// framework behind the API. `None` if there are no problems.
pub(crate) fn refusal_for(operation: &Operation, problems: &[Problem]) -> Option<Refusal> {
    let first = problems.first()?;
    Some(match first {
        // An operation that does not document the code treats the object as missing.
        Problem::InTrash { kind, path, .. } if !operation.documents_code("object_in_trash") => {
            not_found(operation, kind, path)
        }
        Problem::InTrash { trash_object, .. } => Refusal::new(
            406,
            "object_in_trash",
            "The object found is in the trash and therefore cannot be manipulated through the API. It should be restored in order to run this operation.",
            json!({"trash_object": trash_object}),
        ),
        Problem::NotFound { kind, path } => not_found(operation, kind, path),
        Problem::Lookup { kind, path, .. } if !operation.documents_code("validation_error") => {
            match documented_code(operation, kind, path) {
                Some(code) => missing(404, code, kind),
                None => argument_error(first),
            }
        }
        Problem::Missing(_)
        | Problem::Unknown(_)
        | Problem::Invalid(..)
        | Problem::Lookup { .. } => {
            if operation.documents_code("validation_error") {
                Refusal::validation(&problems.iter().map(message).collect::<Vec<_>>())
            } else {
                argument_error(first)
            }
        }
    })
}

fn argument_error(problem: &Problem) -> Refusal {
    let code = match problem {
        Problem::Missing(_) => "missing_required_argument",
        _ => "invalid_argument",
    };
    Refusal::new(400, code, message(problem), json!({}))
}

fn not_found(operation: &Operation, kind: &str, path: &str) -> Refusal {
    match documented_code(operation, kind, path) {
        Some(code) => missing(operation.status_of(code).unwrap_or(404), code, kind),
        None if operation.documents_code("validation_error") => Refusal::invalid(format!(
            "{} must exist",
            capitalize(&words(path.rsplit('.').next().unwrap_or(path)))
        )),
        None => missing(404, &format!("{}_not_found", snake_case(kind)), kind),
    }
}

/// Returns the code that an operation documents for an object that was not found: by the name of the
/// type, by the argument, or by the end of the type's name (`package_not_found`).
fn documented_code<'a>(operation: &'a Operation, kind: &str, path: &str) -> Option<&'a str> {
    let kind = snake_case(kind);
    let argument = path.rsplit('.').next().unwrap_or(path);
    let stems = operation
        .error_codes
        .values()
        .flatten()
        .filter_map(|code| Some((code, code.strip_suffix("_not_found")?)));
    let rank = |stem: &str| match stem {
        stem if stem == kind => Some(0),
        stem if stem == argument => Some(1),
        stem if kind.ends_with(stem) => Some(2),
        stem if stem.ends_with(argument) => Some(3),
        _ => None,
    };
    // The lowest rank is the most specific match.
    let best = stems
        .filter_map(|(code, stem)| Some((rank(stem)?, code)))
        .min();
    best.map(|(_, code)| code.as_str())
}

fn missing(status: u16, code: &str, kind: &str) -> Refusal {
    let name = words(&snake_case(kind));
    let text = match kind {
        "IpAddress" => {
            "No IP addresses were found matching any of the criteria provided in the arguments"
                .to_owned()
        }
        _ => format!("No {name} was found matching any of the criteria provided in the arguments"),
    };
    Refusal::new(status, code, text, json!({}))
}

fn message(problem: &Problem) -> String {
    match problem {
        // A property is checked with the object, and not with the arguments.
        Problem::Missing(path) => match path.strip_prefix("properties.") {
            Some(field) => format!("{} can't be blank", capitalize(&words(field))),
            None => format!("{path} is required"),
        },
        Problem::Unknown(path) => format!("{path} is not an argument of this operation"),
        Problem::Invalid(path, expected) => format!("{path} must be {expected}"),
        Problem::Lookup { path, expected, .. } => {
            format!("{path} must have exactly one of {expected}")
        }
        Problem::NotFound { path, .. } => format!("{path} must exist"),
        Problem::InTrash { .. } => "the object is in the trash".into(),
    }
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use katapult_openapi::{Api, Spec};

    use super::*;

    #[test]
    fn missing_property_is_reported_as_blank() {
        let cases = [
            ("organization", "organization is required"),
            ("properties.name", "Name can't be blank"),
            ("properties.listen_port", "Listen port can't be blank"),
        ];
        for (path, expected) in cases {
            assert_eq!(message(&Problem::Missing(path.into())), expected);
        }
    }

    #[test]
    fn refusal_has_a_code_that_the_operation_documents() {
        let spec = Spec::embedded().unwrap();
        let not_found = |kind: &str, path: &str| Problem::NotFound {
            kind: kind.into(),
            path: path.into(),
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
                Problem::Invalid("properties.color".into(), "a string".into()),
                (422, "validation_error"),
            ),
            (
                "countries.list",
                Problem::Invalid("page".into(), "an integer".into()),
                (400, "invalid_argument"),
            ),
        ];
        for (id, problem, expected) in cases {
            let operation = spec.operation(Api::Core, id).unwrap();
            let refusal = refusal_for(operation, &[problem]).unwrap();
            assert_eq!((refusal.status, refusal.code.as_str()), expected, "{id}");
        }
    }
}
