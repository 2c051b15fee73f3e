//! The corrections of `openapi/corrections.yaml`, as far as recordings can support them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

const TEXT: &str = include_str!("../../../../openapi/corrections.yaml");

/// A correction.
#[derive(Debug, Deserialize)]
pub(crate) struct Correction {
    /// The rule.
    pub rule: Rule,
    /// The evidence.
    pub evidence: String,
}

/// The rules of the generator.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rule {
    /// Failures are wrapped in `{"error": …}`.
    Envelope {},
    /// Any status of success is accepted.
    AnySuccess {},
    /// A lookup in the path is required.
    PathLookups {},
    /// Arguments are required.
    Required {
        /// The arguments: `resource.action.argument`.
        at: Vec<String>,
    },
    /// Optional fields of requests accept `null`.
    NullInRequests {},
    /// A field of responses can be absent.
    OptionalInResponses {
        /// The name of the field.
        field: String,
    },
    /// Fields that the upstream document lacks.
    Add {
        /// The type of object that has the fields.
        r#type: String,
        /// The schemas of the fields, by name.
        fields: BTreeMap<String, Value>,
    },
    /// Fields of responses with secrets.
    Secrets {
        /// The names of the fields.
        fields: Vec<String>,
    },
    /// The prefixes of ids.
    IdPrefixes {
        /// The prefixes by kind of object.
        kinds: BTreeMap<String, Vec<String>>,
    },
    /// Objects with one field out of several are tagged unions.
    WrappedPolymorphs {},
    /// A value is a tagged union.
    Polymorph {
        /// The name of its type.
        name: String,
        /// The places of the value: `Type.field`.
        at: Vec<String>,
    },
}

impl Rule {
    /// Returns `true` if the responses that support the rule cannot be decoded without it. Unknown fields are
    /// ignored and any status of success is accepted; the other rules are about requests.
    pub(crate) fn is_needed_to_read(&self) -> bool {
        matches!(
            self,
            Rule::Envelope {}
                | Rule::OptionalInResponses { .. }
                | Rule::WrappedPolymorphs {}
                | Rule::Polymorph { .. }
        )
    }

    /// Returns `true` if the rule changes the arguments of methods, so that handwritten code does not compile without it.
    pub(crate) fn changes_arguments(&self) -> bool {
        matches!(self, Rule::PathLookups {} | Rule::Required { .. })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Envelope {} => f.write_str("envelope"),
            Rule::AnySuccess {} => f.write_str("any_success"),
            Rule::PathLookups {} => f.write_str("path_lookups"),
            Rule::Required { at } => write!(f, "required: {}", at.join(", ")),
            Rule::NullInRequests {} => f.write_str("null_in_requests"),
            Rule::IdPrefixes { kinds } => write!(f, "id_prefixes of {} kinds", kinds.len()),
            Rule::Secrets { fields } => write!(f, "secrets: {}", fields.join(", ")),
            Rule::WrappedPolymorphs {} => f.write_str("wrapped_polymorphs"),
            Rule::OptionalInResponses { field } => write!(f, "optional_in_responses: {field}"),
            Rule::Add { r#type, fields } => {
                let fields: Vec<_> = fields.keys().map(String::as_str).collect();
                write!(f, "add: {type}.{{{}}}", fields.join(", "))
            }
            Rule::Polymorph { name, at } => write!(f, "polymorph: {name} at {}", at.join(", ")),
        }
    }
}

/// Loads the project's corrections.
///
/// # Errors
///
/// If the file has an unknown rule or form.
pub(crate) fn load() -> Result<Vec<Correction>, String> {
    let fail = |why: String| format!("openapi/corrections.yaml: {why}");
    let corrections: Vec<Correction> =
        serde_saphyr::from_str(TEXT).map_err(|error| fail(error.to_string()))?;
    let is_unfounded = |correction: &&Correction| correction.evidence.is_empty();
    match corrections.iter().find(is_unfounded) {
        Some(correction) => Err(fail(format!("{} has no evidence", correction.rule))),
        None => Ok(corrections),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn corrections_of_the_project_load() {
        assert!(super::load().unwrap().len() > 5);
    }
}
