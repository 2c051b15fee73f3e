//! The generated files: operations and types per resource, shared types, error codes, and the root
//! module.

mod emitter;
mod error_codes;
mod format;
mod imports;
mod resource;
mod root_module;
mod schemas;
mod secret_fields;
mod types;

use std::collections::BTreeMap;

use anyhow::Result;

use crate::naming::reserved::identifier;
use crate::spec::Document;
use emitter::Emitter;

pub(super) use format::HEADER;

/// Returns all files by name.
pub(super) fn files(document: &Document) -> Result<BTreeMap<String, String>> {
    let emitter = Emitter::new(document)?;
    let mut files = BTreeMap::new();
    for resource in document.resources() {
        let file = format!("{}.rs", identifier(resource));
        if let Some(types) = types::resource_types(&emitter, resource)? {
            files.insert(format!("types/{file}"), types);
        }
        files.insert(file, resource::file(&emitter, resource)?);
    }
    files.insert("types.rs".to_owned(), types::shared_types(&emitter)?);
    files.insert("error_codes.rs".to_owned(), error_codes::file(&emitter)?);
    files.insert("schemas.rs".to_owned(), schemas::file(&emitter));
    files.insert("mod.rs".to_owned(), root_module::file(document)?);
    Ok(files)
}
