//! The fields that are secret by the document, which logs hide by name.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::generate::progenitor::input::has_secret_words;
use crate::spec::{Document, VALUES};

/// Returns the constant with the names of these fields.
pub(super) fn secret_fields(document: &Document) -> TokenStream {
    let operations = document.operations.values();
    let own = operations.flat_map(|operation| operation.body.iter().chain(&operation.response));
    let mut names = BTreeSet::new();
    for schema in document.types.values().chain(own) {
        add(schema, &mut names);
    }
    quote! {
        #[doc = " The names of fields that are secret by the document, though not by their words."]
        pub(crate) const SECRET_FIELDS: &[&str] = &[#(#names),*];
    }
}

/// Adds the names of an object's fields that are secret by their format.
fn add(schema: &Value, names: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if is_secret(field) && !has_secret_words(name) {
            names.insert(name.clone());
        }
    }
}

/// Returns `true` if a text, or the texts of a list or map, are secret.
fn is_secret(field: &Value) -> bool {
    field["format"] == "password"
        || VALUES
            .iter()
            .any(|values| field[values].is_object() && is_secret(&field[values]))
}
