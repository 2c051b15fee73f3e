//! Both documents of the API as one.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::document::Document;
use crate::error::ParseError;
use crate::error_code::ErrorCode;
use crate::operation::{Api, Operation};
use crate::router::{Route, Router};
use crate::schema::Lookup;

/// The documents of both APIs, with a router over their operations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Spec {
    documents: Arc<[Document; 2]>,
    router: Arc<Router>,
}

impl Spec {
    /// Reads both documents from their texts.
    ///
    /// # Errors
    ///
    /// Fails if a text is not JSON, or not in the canonical form.
    pub fn parse(core: &str, public: &str) -> Result<Self, ParseError> {
        Ok(Self::new(
            Document::parse(Api::Core, core)?,
            Document::parse(Api::Public, public)?,
        ))
    }

    /// Creates a specification of two documents.
    pub fn new(core: Document, public: Document) -> Self {
        let documents = [core, public];
        let router = Router::new(&documents);
        Self {
            documents: Arc::new(documents),
            router: Arc::new(router),
        }
    }

    /// Returns the document of an API.
    pub fn document(&self, api: Api) -> &Document {
        let [core, public] = &*self.documents;
        match api {
            Api::Core => core,
            Api::Public => public,
        }
    }

    /// Returns both documents, core before public.
    pub fn documents(&self) -> &[Document; 2] {
        &self.documents
    }

    /// Returns every operation, core before public.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.documents.iter().flat_map(Document::operations)
    }

    /// Returns the operation of that id. An id is unique within its API only.
    pub fn operation(&self, api: Api, id: &str) -> Option<&Operation> {
        self.document(api).operation(id)
    }

    /// Returns the operation of a request.
    ///
    /// `method` is in capitals, and `path` has the API's prefix and no query:
    /// `/core/v1/virtual_machines/virtual_machine`. A path names an object by the bare noun. Older
    /// clients send `_`, `:virtual_machine` or the id itself in the place of the noun; these match
    /// too, the noun before the placeholders and those before an id.
    pub fn route(&self, method: &str, path: &str) -> Option<Route<'_>> {
        self.router.route(&self.documents, method, path)
    }

    /// Returns the names of all types of both documents.
    pub fn type_names(&self) -> BTreeSet<&str> {
        let schemas = self.documents.iter().flat_map(Document::schemas);
        schemas.filter_map(|schema| schema.type_name()).collect()
    }

    /// Returns the lookups of both documents, core before public. The same one can be in both.
    pub fn lookups(&self) -> impl Iterator<Item = Lookup<'_>> {
        self.documents.iter().flat_map(Document::lookups)
    }

    /// Returns an entry of an API's catalogue of error codes.
    pub fn error_code(&self, api: Api, code: &str) -> Option<ErrorCode<'_>> {
        self.document(api).error_code(code)
    }
}
