//! The test oracle: validates responses with the JSON Schemas of the document.

use katapult_openapi::{Api, ErrorCode, Operation, Schema, Spec};
use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::Value;

/// A validator of responses. Schemas are compiled once.
#[derive(Debug)]
pub struct Oracle {
    responses: HashMap<String, Validator>,
    failures: HashMap<(String, u16), Validator>,
    details: HashMap<String, Validator>,
}

impl Oracle {
    /// Returns an oracle for all operations.
    ///
    /// # Errors
    ///
    /// If the document has an invalid schema.
    pub fn new(spec: &Spec) -> Result<Self, String> {
        let mut oracle = Self {
            responses: HashMap::new(),
            failures: HashMap::new(),
            details: HashMap::new(),
        };
        for operation in spec.operations() {
            let id = &operation.id;
            if let Some(schema) = operation.response() {
                oracle.responses.insert(id.clone(), compile(schema)?);
            }
            for (status, codes) in &operation.error_codes {
                if let Some(schema) = operation.error_response(*status) {
                    let failure = compile(schema)?;
                    oracle.failures.insert((id.clone(), *status), failure);
                }
                // Operations share codes; a code has one detail wherever it occurs.
                for code in codes {
                    let known = spec.error_code(Api::Core, code);
                    if let Some(schema) = known.and_then(ErrorCode::detail) {
                        oracle.details.insert(code.clone(), compile(schema)?);
                    }
                }
            }
        }
        Ok(oracle)
    }

    /// Returns the schema violations of a successful response.
    pub fn success(&self, operation: &Operation, response: &Value) -> Vec<String> {
        let validator = self.responses.get(&operation.id);
        validator.map_or_else(Vec::new, |validator| errors(validator, response))
    }

    /// Returns the schema violations of a failed response: of its envelope, and of its code's detail.
    pub fn failure(&self, operation: &Operation, status: u16, response: &Value) -> Vec<String> {
        let key = (operation.id.clone(), status);
        // All failures have the same envelope, also with a status that the document does not list.
        let mut of_operation = self
            .failures
            .iter()
            .filter(|((id, _), _)| *id == operation.id);
        let any = of_operation.next().map(|(_, validator)| validator);
        let envelope = self.failures.get(&key).or(any);
        let mut found = envelope.map_or_else(Vec::new, |validator| errors(validator, response));
        let error = &response["error"];
        let code = error["code"].as_str().unwrap_or_default();
        if let Some(detail) = self.details.get(code) {
            found.extend(errors(detail, &error["detail"]));
        }
        found
    }
}

fn compile(schema: Schema<'_>) -> Result<Validator, String> {
    // The canonical documents are converted to this draft; OpenAPI 3.0 has a dialect of its own.
    jsonschema::draft202012::new(&schema.to_json_schema()).map_err(|error| error.to_string())
}

fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_document_does_not_allow_is_told() {
        let spec = Spec::embedded().unwrap();
        let oracle = Oracle::new(&spec).unwrap();
        let operation = spec.operation(Api::Core, "tags.create").unwrap();
        let tag = |tag: Value| json!({ "tag": tag });
        let cases = [
            (tag(json!({"id": "tag_1", "name": "a"})), 0),
            (tag(json!({"id": "tag_1", "color": "aqua"})), 0),
            (tag(json!({"id": "tag_1", "color": "beige"})), 1),
            (tag(json!({"id": 1})), 1),
            (tag(json!({"id": "tag_1", "tea": 1})), 1),
            (tag(json!({"id": null})), 1),
            (json!({}), 1),
        ];
        for (response, expected) in cases {
            let found = oracle.success(operation, &response);
            assert_eq!(found.len(), expected, "{response}: {found:?}");
        }
        let failure = |code: &str, detail: Value| json!({"error": {"code": code, "description": "", "detail": detail}});
        let cases = [
            (failure("validation_error", json!({"errors": ["a"]})), 0),
            (failure("validation_error", json!({"errors": "a"})), 1),
            (failure("validation_error", json!("a")), 2),
            (json!({"code": "validation_error"}), 2),
        ];
        for (response, expected) in cases {
            let found = oracle.failure(operation, 422, &response);
            assert_eq!(found.len(), expected, "{response}: {found:?}");
        }
    }
}
