//! Custom types: lookups, enumerations and tagged unions, which progenitor does not generate as we want.

use anyhow::{Context, Result, bail};
use katapult_openapi::{Lookup, Schema};
use quote::format_ident;
use serde_json::Value;
use syn::Ident;

use super::variants::variants;
use crate::generate::descriptions::{of_custom_type, of_value};
use crate::naming::case::{english, snake};
use crate::naming::reserved::identifier;
use crate::spec::Document;

/// A definition of a custom type by one of katapult-gen's macros.
pub(crate) struct Definition {
    /// The call of the macro, as text: prettyplease does not format the arguments of macros.
    pub(crate) text: String,
    /// The types that the definition names.
    pub(crate) uses: Vec<String>,
}

/// Returns the definition of a custom type: a lookup, an enumeration or a tagged union.
pub(crate) fn custom_type(document: &Document, name: &str, schema: &Value) -> Result<Definition> {
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
        let object = words.trim_end_matches(" lookup");
        let doc = format!("A reference to one {object}, by one of its keys.");
        return Ok(Definition {
            text: lookup_macro_call(&doc, name, lookup, lines),
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
            lines.extend(of_value(document, name, tag));
            lines.push(format!("{target} = {tag:?},"));
            uses.push(target.to_owned());
        }
        let doc = of_custom_type(document, name);
        let doc = format!("/// {doc} A value of one of several types.");
        return Ok(Definition {
            text: macro_call("tagged_union", &[doc], name, lines.into_iter()),
            uses,
        });
    }
    let values = schema.enum_values().iter();
    let values: Vec<&str> = values.filter_map(Value::as_str).collect();
    let lines = variants(&values)
        .into_iter()
        .zip(&values)
        .flat_map(|(variant, value)| {
            let doc = of_value(document, name, value);
            doc.into_iter().chain([format!("{variant} = {value:?},")])
        });
    let doc = format!("/// {}", of_custom_type(document, name));
    Ok(Definition {
        text: macro_call("open_enum", &[doc], name, lines),
        uses: Vec::new(),
    })
}

/// Returns the call of the macro that defines a lookup, with the rule by which text is read.
fn lookup_macro_call(
    doc: &str,
    name: &str,
    lookup: Lookup<'_>,
    lines: impl Iterator<Item = String>,
) -> String {
    let kind = snake(name.strip_suffix("Lookup").unwrap_or(name));
    let key = natural_key(lookup);
    let variable = format!("KATAPULT_{}", kind.to_uppercase());
    let prefixes: Vec<String> = (lookup.id_prefixes())
        .map(|prefix| format!("`{prefix}_…`"))
        .collect();
    let prefixes = match prefixes.is_empty() {
        true => String::new(),
        false => format!(" ({})", prefixes.join(" or ")),
    };
    let has_id = lookup.keys().any(|key| key == "id");
    let text = match key {
        "id" => format!("an id{prefixes}"),
        key if has_id => format!("an id{prefixes}, or else the value of `{key}`"),
        key => format!("the value of `{key}`"),
    };
    let attributes = [
        format!("#[text({kind:?}, {key:?}, {variable:?})]"),
        format!("/// {doc}"),
        "///".to_owned(),
        format!(
            "/// As text, such as an argument of a program: {text}. `KEY=VALUE` names the key."
        ),
    ];
    macro_call("lookup", &attributes, name, lines)
}

/// The keys that people name objects by, the most usual one first.
const NATURAL_KEYS: &[&str] = &[
    "fqdn",
    "sub_domain",
    "permalink",
    "name",
    "address",
    "region",
    "iso_code",
    "iso_code2",
];

/// Returns the key whose value is a text that is no id: a natural key, or else the first key that is not an id.
fn natural_key<'a>(lookup: Lookup<'a>) -> &'a str {
    let is_id = |key: &str| key == "id" || key.ends_with("_id");
    let natural =
        (NATURAL_KEYS.iter()).find_map(|natural| lookup.keys().find(|key| key == natural));
    natural
        .or_else(|| lookup.keys().find(|key| !is_id(key)))
        .or_else(|| lookup.keys().find(|key| *key == "id"))
        .or_else(|| lookup.keys().next())
        .unwrap_or("id")
}

/// Returns the constructor of each key of a lookup.
fn constructors(lookup: &str, keys: &[&str]) -> Result<Vec<Ident>> {
    let mut names: Vec<Ident> = Vec::new();
    for key in keys {
        // The macro defines methods of these names.
        let name = match *key {
            "as_pair" | "from_env" => format_ident!("{key}_"),
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

/// Returns a call of a macro that defines an enumeration, with these lines of documentation and attributes.
pub(crate) fn macro_call(
    definer: &str,
    attributes: &[String],
    name: &str,
    lines: impl Iterator<Item = String>,
) -> String {
    let attributes: String = attributes
        .iter()
        .map(|line| format!("    {line}\n"))
        .collect();
    let lines: String = lines.map(|line| format!("        {line}\n")).collect();
    format!("{definer}! {{\n{attributes}    pub enum {name} {{\n{lines}    }}\n}}\n")
}
