//! The API's documents, with a validator of each operation's arguments.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use katapult_openapi::{Api, Document as ApiDocument, Operation, ParseError, Spec, embedded};

use crate::form::Form;

/// Both documents, and what the sandbox makes of them once.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) spec: Spec,
    forms: HashMap<(Api, String), Form>,
}

/// The reason for which a document cannot be used.
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

impl Document {
    /// Returns the documents of this package, which are compiled once a process.
    pub(crate) fn own() -> Result<Arc<Self>, DocumentError> {
        // Compiling a validator for each operation takes longer than a test that starts a sandbox.
        static OWN: OnceLock<Arc<Document>> = OnceLock::new();
        if let Some(own) = OWN.get() {
            return Ok(own.clone());
        }
        let own = Arc::new(Self::compile(Spec::embedded()?)?);
        Ok(OWN.get_or_init(|| own).clone())
    }

    /// Reads documents, those of this package where none is given.
    pub(crate) fn read(core: Option<&str>, public: Option<&str>) -> Result<Self, DocumentError> {
        let core = ApiDocument::parse(Api::Core, core.unwrap_or(embedded::CORE_JSON))?;
        let public = ApiDocument::parse(Api::Public, public.unwrap_or(embedded::PUBLIC_JSON))?;
        Self::compile(Spec::new(core, public))
    }

    fn compile(spec: Spec) -> Result<Self, DocumentError> {
        let compile = |operation: &Operation| -> Result<_, DocumentError> {
            let form = Form::compile(operation)
                .map_err(|error| DocumentError(format!("operation {}: {error}", operation.id)))?;
            Ok(((operation.api, operation.id.clone()), form))
        };
        let forms = spec
            .operations()
            .map(compile)
            .collect::<Result<_, DocumentError>>()?;
        Ok(Self { spec, forms })
    }

    /// Returns the validator of an operation's arguments.
    pub(crate) fn form(&self, operation: &Operation) -> Option<&Form> {
        self.forms.get(&(operation.api, operation.id.clone()))
    }
}
