//! The same validation by a library for JSON Schema.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};

use super::*;

/// A validator of one operation's arguments.
pub(super) struct RequestValidator {
    validator: Validator,
}

impl RequestValidator {
    /// Compiles the validator of an operation.
    pub(super) fn compile(operation: &Operation) -> Self {
        let mut schema = operation.arguments_json_schema();
        // The API ignores a parameter that it does not know.
        schema["additionalProperties"] = (operation.method == "GET").into();
        Self {
            validator: jsonschema::draft202012::new(&schema).unwrap(),
        }
    }

    /// Returns the problems of the arguments.
    pub(super) fn validate(&self, operation: &Operation, value: &Value) -> Vec<Problem> {
        let errors = self.validator.iter_errors(value);
        errors
            .flat_map(|error| problems(&error, operation))
            .collect()
    }
}

fn problems(error: &ValidationError<'_>, operation: &Operation) -> Vec<Problem> {
    let (path, schema) = locate(error.instance_path(), operation);
    let lookup = |path: &str, schema: Option<Schema<'_>>| lookup_problem(schema?, path);
    // The API reports any problem inside a lookup as one of the lookup.
    if let Some(problem) = lookup(&path, schema) {
        return vec![problem];
    }
    let inside = |name: &str| match path.as_str() {
        "" => (name.to_owned(), operation.argument(name)),
        _ => {
            let schema = schema.and_then(|schema| schema.property(name));
            (format!("{path}.{name}"), schema)
        }
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let (path, schema) = inside(property.as_str().unwrap_or_default());
            vec![lookup(&path, schema).unwrap_or(Problem::Missing(path))]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| Problem::Unknown(inside(name).0))
            .collect(),
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().into_iter().flatten();
            let options: Vec<_> = options
                .map(|value| {
                    let text = value.as_str();
                    text.map_or_else(|| value.to_string(), str::to_owned)
                })
                .collect();
            vec![Problem::Invalid(
                path,
                format!("one of {}", options.join(", ")),
            )]
        }
        // The API treats `null` like a missing argument where the document does not permit it.
        ValidationErrorKind::Type { .. } if error.instance().is_null() => {
            vec![Problem::Missing(path)]
        }
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => {
            let kind = kind.to_string();
            let article = if kind.starts_with(['a', 'i', 'o']) {
                "an"
            } else {
                "a"
            };
            vec![Problem::Invalid(path, format!("{article} {kind}"))]
        }
        _ => vec![Problem::Invalid(path, format!("another: {error}"))],
    }
}

/// Returns a path as text, with its schema. A path into a lookup ends at the lookup.
fn locate<'a>(location: &Location, operation: &'a Operation) -> (String, Option<Schema<'a>>) {
    let mut path = String::new();
    let mut schema: Option<Schema<'a>> = None;
    for segment in location.segments() {
        if schema.is_some_and(Schema::is_lookup) {
            break;
        }
        schema = match &segment {
            LocationSegment::Property(name) if path.is_empty() => operation.argument(name),
            LocationSegment::Property(name) => schema.and_then(|schema| schema.property(name)),
            LocationSegment::Index(_) => schema.and_then(Schema::items),
        };
        match segment {
            LocationSegment::Property(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&name);
            }
            LocationSegment::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    (path, schema)
}
