//! The API documents, with a compiled validator for the arguments of each operation.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use katapult_openapi::{Api, Document, Operation, ParseError, Spec, embedded};

use crate::request::validate::RequestValidator;

/// Both API documents, with a validator per operation.
#[derive(Debug)]
pub(crate) struct CompiledSpec {
    pub(crate) spec: Spec,
    validators: HashMap<(Api, String), RequestValidator>,
}

/// An API document that the sandbox cannot use.
#[derive(Clone, Debug)]
pub struct DocumentError(String);

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; `cargo xtask vendor` makes canonical ones", self.0)
    }
}

impl std::error::Error for DocumentError {}

impl From<ParseError> for DocumentError {
    fn from(error: ParseError) -> Self {
        Self(error.to_string())
    }
}

impl CompiledSpec {
    /// Returns the documents of this version, which are compiled once per process.
    pub(crate) fn embedded() -> Result<Arc<Self>, DocumentError> {
        // Compiling all validators takes longer than a test that starts a sandbox.
        static COMPILED: OnceLock<Arc<CompiledSpec>> = OnceLock::new();
        if let Some(compiled) = COMPILED.get() {
            return Ok(compiled.clone());
        }
        let compiled = Arc::new(Self::compile(Spec::embedded()?)?);
        Ok(COMPILED.get_or_init(|| compiled).clone())
    }

    /// Returns another core document, with the public document of this version.
    pub(crate) fn with_core(json: &str) -> Result<Arc<Self>, DocumentError> {
        let core = Document::parse(Api::Core, json)?;
        let public = Document::parse(Api::Public, embedded::PUBLIC_JSON)?;
        Self::compile(Spec::new(core, public)).map(Arc::new)
    }

    fn compile(spec: Spec) -> Result<Self, DocumentError> {
        let compile = |operation: &Operation| {
            let validator = RequestValidator::compile(operation)
                .map_err(|error| DocumentError(format!("operation {}: {error}", operation.id)))?;
            Ok(((operation.api, operation.id.clone()), validator))
        };
        let validators = spec.operations().map(compile);
        let validators = validators.collect::<Result<_, DocumentError>>()?;
        Ok(Self { spec, validators })
    }

    /// Returns `true` if one of the documents has the operation, or none is named.
    pub(crate) fn has_operation(&self, id: Option<&str>) -> bool {
        let mut operations = self.spec.operations();
        id.is_none_or(|id| operations.any(|operation| operation.id == id))
    }

    /// Returns the validator of an operation's arguments.
    pub(crate) fn validator(&self, operation: &Operation) -> Option<&RequestValidator> {
        self.validators.get(&(operation.api, operation.id.clone()))
    }
}
