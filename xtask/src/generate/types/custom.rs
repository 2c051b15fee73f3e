//! Custom types: lookups, enumerations and tagged unions, which progenitor does not generate as we want.

use anyhow::{Context, Result, bail};
use katapult_openapi::Schema;
use quote::format_ident;
use serde_json::Value;
use syn::Ident;

use super::variants::variants;
use crate::naming::case::{capitalized, english};
use crate::naming::reserved::identifier;

/// A definition of a custom type by one of katapult-gen's macros.
pub(crate) struct Definition {
    /// The call of the macro, as text: prettyplease does not format the arguments of macros.
    pub(crate) text: String,
    /// The types that the definition names.
    pub(crate) uses: Vec<String>,
}

/// Returns the definition of a custom type: a lookup, an enumeration or a tagged union.
pub(crate) fn custom_type(name: &str, schema: &Value) -> Result<Definition> {
    let words = english(name);
    let schema = Schema::new(schema, schema);
    if let Some(lookup) = schema.lookup() {
        let keys: Vec<&str> = lookup.keys().collect();
        let names = constructors(name, &keys)?;
        let variants = variants(&keys);
        let lines = (keys.iter().zip(names).zip(variants)).map(|((key, constructor), variant)| {
            let wire = match constructor == *key {
                true => String::new(),
                false => format!("#[key = {key:?}] "),
            };
            let ty = if lookup.is_integer(key) { "(i64)" } else { "" };
            format!("{wire}{variant}{ty} = {constructor},")
        });
        let doc = format!(
            "A reference to one {}, by one of its keys.",
            words.trim_end_matches(" lookup")
        );
        return Ok(Definition {
            text: macro_call("lookup", &doc, name, lines),
            uses: Vec::new(),
        });
    }
    if schema.is_tagged_union() {
        let mut lines = Vec::new();
        let mut uses = Vec::new();
        for (tag, target) in schema.variants() {
            let target = target
                .name()
                .context("a variant of a tagged union is not a reference")?;
            lines.push(format!("{target} = {tag:?},"));
            uses.push(target.to_owned());
        }
        let doc = format!("{}: a value of one of several types.", capitalized(&words));
        return Ok(Definition {
            text: macro_call("tagged_union", &doc, name, lines.into_iter()),
            uses,
        });
    }
    let values = schema.enum_values().iter();
    let values: Vec<&str> = values.filter_map(Value::as_str).collect();
    let lines = variants(&values)
        .into_iter()
        .zip(&values)
        .map(|(variant, value)| format!("{variant} = {value:?},"));
    let doc = format!("{}.", capitalized(&words));
    Ok(Definition {
        text: macro_call("open_enum", &doc, name, lines),
        uses: Vec::new(),
    })
}

/// Returns the constructor of each key of a lookup.
fn constructors(lookup: &str, keys: &[&str]) -> Result<Vec<Ident>> {
    let mut names: Vec<Ident> = Vec::new();
    for key in keys {
        // The macro defines a method of this name.
        let name = match *key {
            "as_pair" => format_ident!("as_pair_"),
            key => identifier(key),
        };
        if names.contains(&name) {
            bail!(
                "{lookup}: two of its keys are {name} in Rust: leave one of them out in openapi/corrections.yaml, with \
                 the rule `ignore_fields: {{at: [{lookup}.{key}]}}`"
            );
        }
        names.push(name);
    }
    Ok(names)
}

/// Returns a call of a macro that defines an enumeration.
pub(crate) fn macro_call(
    definer: &str,
    doc: &str,
    name: &str,
    lines: impl Iterator<Item = String>,
) -> String {
    let lines: String = lines.map(|line| format!("        {line}\n")).collect();
    format!("{definer}! {{\n    /// {doc}\n    pub enum {name} {{\n{lines}    }}\n}}\n")
}
