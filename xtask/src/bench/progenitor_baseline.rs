//! The baseline of compile times: a crate that progenitor generates from the same documents, in its builder style.
//!
//! The documents change as little as progenitor requires: it supports one error type for each operation, so each keeps
//! its first; unused schemas are removed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::Value;

use crate::util::fs;

/// The APIs, each a module of the crate.
pub(crate) const APIS: [&str; 2] = ["core", "public"];

// The dependencies of progenitor's output.
const MANIFEST: &str = r#"[package]
name = "progenitor-baseline"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
bytes = "1"
chrono = { version = "0.4", default-features = false, features = ["serde"] }
futures-core = "0.3"
progenitor-client = "0.15"
reqwest = { version = "0.13", default-features = false, features = ["json", "query", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
uuid = { version = "1", features = ["serde"] }
"#;

/// Writes the crate into a folder. Returns the number of generated lines.
pub(crate) fn write(documents: &[PathBuf; 2], folder: &Path) -> Result<usize> {
    let mut wanted = vec![(folder.join("Cargo.toml"), MANIFEST.to_owned())];
    // Warnings of generated code would cost time to print.
    let mut library = String::from("#![allow(warnings)]\n");
    let mut lines = 0;
    for (api, path) in APIS.into_iter().zip(documents) {
        let document: Value = serde_json::from_str(&fs::read(path)?).with_context(|| {
            format!(
                "{} is not JSON: give an OpenAPI document in JSON",
                path.display()
            )
        })?;
        let text = generated(acceptable(document)).with_context(|| path.display().to_string())?;
        lines += text.lines().count();
        library.push_str(&format!("pub mod {api};\n"));
        wanted.push((folder.join("src").join(format!("{api}.rs")), text));
    }
    wanted.push((folder.join("src").join("lib.rs"), library));
    fs::write_all(&wanted)?;
    Ok(lines)
}

fn generated(document: Value) -> Result<String> {
    let document: openapiv3::OpenAPI = serde_json::from_value(document)
        .context("this is not an OpenAPI 3.0 document: give another one")?;
    let mut settings = GenerationSettings::default();
    settings.with_interface(InterfaceStyle::Builder);
    let tokens = Generator::new(&settings)
        .generate_tokens(&document)
        .context("progenitor does not support the document: give another one")?;
    let file = syn::parse2(tokens)
        .context("progenitor's output is not valid Rust: give another document")?;
    Ok(prettyplease::unparse(&file))
}

/// Leaves one error for each operation, and removes unused schemas and responses.
fn acceptable(mut document: Value) -> Value {
    for item in document["paths"].as_object_mut().into_iter().flatten() {
        for (_, operation) in item.1.as_object_mut().into_iter().flatten() {
            one_error(operation);
            for parameter in operation
                .get_mut("parameters")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                if let Some(parameter) = parameter.as_object_mut() {
                    parameter.remove("style"); // progenitor does not support `deepObject`
                }
            }
        }
    }
    let mut used = BTreeSet::new();
    references(&document["paths"], &document, &mut used);
    if let Some(components) = document["components"].as_object_mut() {
        for (kind, entries) in components {
            if let Some(entries) = entries.as_object_mut() {
                entries.retain(|name, _| used.contains(&format!("#/components/{kind}/{name}")));
            }
        }
    }
    document
}

/// Leaves the first of the responses that are not a success.
fn one_error(operation: &mut Value) {
    let Some(responses) = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let mut kept = false;
    responses.retain(|status, _| status.starts_with('2') || !std::mem::replace(&mut kept, true));
}

/// Collects the references of a part of the document, recursively.
fn references(part: &Value, document: &Value, used: &mut BTreeSet<String>) {
    match part {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str)
                && used.insert(reference.to_owned())
                && let Some(target) = document.pointer(reference.trim_start_matches('#'))
            {
                references(target, document, used);
            }
            fields
                .values()
                .for_each(|value| references(value, document, used));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| references(item, document, used)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_keep_one_error_and_unused_schemas_are_removed() {
        let reference = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
        let made = acceptable(json!({
            "paths": { "/lamps": { "get": { "responses": {
                "200": reference("Lamps"), "403": reference("No"), "404": reference("Gone"),
            } } } },
            "components": {
                "responses": {
                    "Lamps": { "schema": { "$ref": "#/components/schemas/Lamp" } },
                    "No": {},
                    "Gone": { "schema": { "$ref": "#/components/schemas/GoneError" } },
                },
                "schemas": { "Lamp": { "items": { "$ref": "#/components/schemas/Bulb" } }, "Bulb": {}, "GoneError": {} },
            },
        }));
        let responses = &made["paths"]["/lamps"]["get"]["responses"];
        assert_eq!(
            *responses,
            json!({ "200": reference("Lamps"), "403": reference("No") })
        );
        let names = |kind: &str| -> Vec<String> {
            let entries = made["components"][kind].as_object().expect("entries");
            entries.keys().cloned().collect()
        };
        assert_eq!(names("responses"), ["Lamps", "No"]);
        assert_eq!(names("schemas"), ["Bulb", "Lamp"]);
    }
}
