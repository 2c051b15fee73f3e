//! One canonical document.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::ParseError;
use crate::error_code::ErrorCode;
use crate::operation::{self, Api, Operation};
use crate::schema::{Lookup, Schema, validate};

/// The canonical document of one API.
pub struct Document {
    api: Api,
    root: Arc<Value>,
    operations: Vec<Operation>,
}

impl Document {
    /// Reads a document from its text.
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON, or not in the canonical form.
    pub fn parse(api: Api, text: &str) -> Result<Self, ParseError> {
        let root = serde_json::from_str(text).map_err(|error| ParseError::not_json(api, &error))?;
        Self::from_json(api, root)
    }

    /// Reads a document from its JSON value.
    ///
    /// # Errors
    ///
    /// Fails if the value is not in the canonical form.
    pub fn from_json(api: Api, root: Value) -> Result<Self, ParseError> {
        let root = Arc::new(root);
        let read = || {
            validate_components(&root)?;
            read_operations(&root, api)
        };
        match read() {
            Ok(operations) => Ok(Self {
                api,
                root,
                operations,
            }),
            Err(reason) => Err(ParseError::not_canonical(api, reason)),
        }
    }

    /// Returns `true` if a JSON value has the mark of a canonical document. An upstream document
    /// has none.
    pub fn is_canonical(root: &Value) -> bool {
        root.get("x-katapult-error-codes").is_some()
    }

    /// Returns the API whose document it is.
    pub fn api(&self) -> Api {
        self.api
    }

    /// Returns the document's JSON.
    pub fn json(&self) -> &Value {
        &self.root
    }

    /// Returns the version that the document states: `2.68.0`.
    pub fn version(&self) -> Option<&str> {
        self.root["info"]["version"].as_str()
    }

    /// Returns all operations, in the order of their paths and methods.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Returns the operation of that id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// Returns the named schemas, sorted by name. A type has one schema for each of its projections.
    pub fn schemas(&self) -> impl Iterator<Item = Schema<'_>> {
        let schemas = components(&self.root).into_iter().flatten();
        schemas.map(|(name, node)| Schema::component(&self.root, name, node))
    }

    /// Returns the schema of that name: `VirtualMachine.virtual_machines.list`.
    pub fn schema(&self, name: &str) -> Option<Schema<'_>> {
        let (name, node) = components(&self.root)?.get_key_value(name)?;
        Some(Schema::component(&self.root, name, node))
    }

    /// Returns the lookups, sorted by name.
    pub fn lookups(&self) -> impl Iterator<Item = Lookup<'_>> {
        self.schemas().filter_map(Schema::lookup)
    }

    /// Returns the catalogue of error codes, sorted by code.
    pub fn error_codes(&self) -> impl Iterator<Item = ErrorCode<'_>> {
        let codes = self.root["x-katapult-error-codes"].as_object();
        let codes = codes.into_iter().flatten();
        codes.map(|(code, entry)| ErrorCode::new(&self.root, code, entry))
    }

    /// Returns an entry of the catalogue of error codes.
    pub fn error_code(&self, code: &str) -> Option<ErrorCode<'_>> {
        let codes = self.root["x-katapult-error-codes"].as_object()?;
        let (code, entry) = codes.get_key_value(code)?;
        Some(ErrorCode::new(&self.root, code, entry))
    }
}

impl fmt::Debug for Document {
    // Not derived: the JSON of a document is long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("api", &self.api)
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

fn components(root: &Value) -> Option<&Map<String, Value>> {
    root["components"]["schemas"].as_object()
}

fn validate_components(root: &Value) -> Result<(), String> {
    for (name, schema) in components(root).into_iter().flatten() {
        validate(root, schema).map_err(|fault| format!("schema {name}: {fault}"))?;
    }
    let codes = root["x-katapult-error-codes"].as_object();
    for (code, entry) in codes.into_iter().flatten() {
        if let Some(detail) = entry.get("detail") {
            validate(root, detail).map_err(|fault| format!("error code {code}: {fault}"))?;
        }
    }
    Ok(())
}

fn read_operations(root: &Arc<Value>, api: Api) -> Result<Vec<Operation>, String> {
    let paths = root["paths"].as_object().ok_or("it has no paths")?;
    let mut operations = Vec::new();
    let mut ids = HashSet::new();
    for (path, item) in paths {
        let item = item
            .as_object()
            .ok_or_else(|| format!("{path}: the path is not an object"))?;
        for (method, node) in item {
            let operation = operation::read(root, api, method, path, node)
                .map_err(|fault| format!("{} {path}: {fault}", method.to_uppercase()))?;
            if !ids.insert(operation.id.clone()) {
                return Err(format!("operation {} is there twice", operation.id));
            }
            operations.push(operation);
        }
    }
    Ok(operations)
}
