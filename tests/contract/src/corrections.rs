//! `openapi/corrections.yaml`, as far as recordings can support it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

const TEXT: &str = include_str!("../../../openapi/corrections.yaml");

/// One correction.
#[derive(Debug, Deserialize)]
pub struct Correction {
    /// What it says.
    pub rule: Rule,
    /// What was seen.
    pub evidence: String,
}

/// The rules that the generator knows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Failures stand in `{"error": …}`.
    Envelope {},
    /// A success has any status of success.
    AnySuccess {},
    /// A lookup that the path names is required.
    PathLookups {},
    /// Optional fields of requests can be `null`.
    NullInRequests {},
    /// A field beside the object can be absent.
    OptionalInResponses {
        /// The field.
        field: String,
    },
    /// Fields that the document does not know.
    Add {
        /// The type of their object.
        r#type: String,
        /// The fields.
        fields: BTreeMap<String, Value>,
    },
    /// Objects with one field that is one of several are values of several kinds.
    WrappedPolymorphs {
        /// Kinds by type.
        kinds: std::collections::BTreeMap<String, Vec<String>>,
    },
    /// A value of several kinds.
    Polymorph {
        /// The name of its type.
        name: String,
        /// Its places.
        at: Vec<String>,
    },
}

impl Rule {
    /// Whether a response that shows the need could not be read without it. Unknown fields are never in the
    /// way, any status of success is taken, and the rest speaks of requests.
    pub fn is_needed_to_read(&self) -> bool {
        matches!(
            self,
            Rule::Envelope {}
                | Rule::OptionalInResponses { .. }
                | Rule::WrappedPolymorphs { .. }
                | Rule::Polymorph { .. }
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Envelope {} => f.write_str("envelope"),
            Rule::AnySuccess {} => f.write_str("any_success"),
            Rule::PathLookups {} => f.write_str("path_lookups"),
            Rule::NullInRequests {} => f.write_str("null_in_requests"),
            Rule::WrappedPolymorphs { .. } => f.write_str("wrapped_polymorphs"),
            Rule::OptionalInResponses { field } => write!(f, "optional_in_responses: {field}"),
            Rule::Add { r#type, fields } => {
                let fields: Vec<_> = fields.keys().map(String::as_str).collect();
                write!(f, "add: {type}.{{{}}}", fields.join(", "))
            }
            Rule::Polymorph { name, at } => write!(f, "polymorph: {name} at {}", at.join(", ")),
        }
    }
}

/// The project's corrections.
///
/// # Errors
///
/// When they are not in a form that is known here.
pub fn load() -> Result<Vec<Correction>, String> {
    serde_saphyr::from_str(TEXT).map_err(|error| format!("openapi/corrections.yaml: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_corrections_are_of_known_forms() {
        let corrections = load().unwrap();
        assert!(corrections.len() > 5);
        assert!(
            corrections
                .iter()
                .all(|correction| !correction.evidence.is_empty())
        );
    }
}
