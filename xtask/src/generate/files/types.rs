//! The files of types: `types.rs` has those that several resources use and re-exports all others,
//! which are in a file per resource. The public path of a type is always `types::Name`.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use katapult_openapi::Schema;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Item, parse_quote};

use super::emitter::{Emitter, gate};
use super::format::{format, parse};
use super::imports::{imports, qualify_gated};
use crate::generate::cargo_features;
use crate::generate::types::custom::custom_type;
use crate::generate::types::structs::builder;
use crate::naming::case::{english, snake};
use crate::naming::reserved::identifier;
use crate::spec::is_custom;

/// Returns the file of the types that several resources use, each behind their features, and of the
/// names of all others.
pub(super) fn shared_types(emitter: &Emitter<'_>) -> Result<String> {
    let details: BTreeSet<&String> = emitter.document.codes.values().flatten().collect();
    let shared: Vec<&str> = emitter
        .users
        .iter()
        .filter(|(name, users)| users.len() != 1 && !details.contains(name))
        .map(|(name, _)| name.as_str())
        .collect();
    let mut types = types(emitter, &shared, true)?;
    types.items.extend(conversions(emitter)?);
    qualify_gated(&mut types.items, is_gated)?;
    // An import for gated items alone would be unused without their features.
    let always: Vec<Item> = types
        .items
        .iter()
        .filter(|item| !is_gated(item))
        .cloned()
        .collect();
    let imports = imports(&always, std::iter::empty(), &[])?;
    let re_exports = re_exports(emitter);
    let items = &types.items;
    let file = parse(quote! {
        #![doc = " Types of requests and responses."]
        #imports
        #(#re_exports)*
        #(#items)*
    })?;
    Ok(format(file, &types.definitions))
}

/// Returns the file of the types that only one resource uses, if there are any.
pub(super) fn resource_types(emitter: &Emitter<'_>, resource: &str) -> Result<Option<String>> {
    let names = emitter.types_only_of(resource);
    if names.is_empty() {
        return Ok(None);
    }
    let types = types(emitter, &names, false)?;
    let doc = format!(" Types of the operations on {} alone.", english(resource));
    let others = emitter.document.types.keys();
    // Two types of one file need no import.
    let others = others.filter(|name| !names.contains(&name.as_str()));
    let imports = imports(&types.items, others, &types.used_by_definitions)?;
    let items = &types.items;
    let file = parse(quote! {
        #![doc = #doc]
        #imports
        #(#items)*
    })
    .with_context(|| format!("the types of {resource}"))?;
    Ok(Some(format(file, &types.definitions)))
}

fn re_exports(emitter: &Emitter<'_>) -> Vec<TokenStream> {
    let resources = emitter.document.resources().into_iter();
    let re_export = |resource: &str| {
        let names = emitter.types_only_of(resource);
        let names: Vec<Ident> = names.iter().map(|name| format_ident!("{name}")).collect();
        let feature = cargo_features::name(resource);
        let module = identifier(resource);
        (!names.is_empty()).then(|| {
            quote! {
                #[cfg(feature = #feature)]
                mod #module;
                #[cfg(feature = #feature)]
                pub use #module::{#(#names),*};
            }
        })
    };
    resources.filter_map(re_export).collect()
}

/// Returns conversions of objects to their lookups by id. They can fail, because a nested object may be without its id.
fn conversions(emitter: &Emitter<'_>) -> Result<Vec<Item>> {
    let types = &emitter.document.types;
    let mut conversions = TokenStream::new();
    for (lookup, schema) in types {
        let by_id = Schema::new(schema, schema)
            .lookup()
            // The id of an object is a text, which is no value of another type.
            .is_some_and(|found| {
                found
                    .keys()
                    .any(|key| key == "id" && !found.is_integer(key))
            });
        let Some(object) = lookup.strip_suffix("Lookup").filter(|_| by_id) else {
            continue;
        };
        let has_id = types
            .get(object)
            .map(|schema| &schema["properties"]["id"])
            .is_some_and(|id| id["type"] == "string" && id["nullable"] != true);
        let in_response = emitter
            .usages
            .get(object)
            .is_some_and(|usage| usage.response);
        if !has_id || !in_response {
            continue;
        }
        let (users, object_users) = (emitter.features(lookup), emitter.features(object));
        let lookup_gate = gate(&users);
        // Two equal attributes would be noise.
        let object_gate = gate(&object_users).filter(|_| object_users != users);
        let kind = snake(object);
        let (lookup, object) = (format_ident!("{lookup}"), format_ident!("{object}"));
        conversions.extend(quote! {
            #lookup_gate
            #object_gate
            impl TryFrom<&#object> for #lookup {
                type Error = LookupError;

                #[inline]
                fn try_from(object: &#object) -> Result<Self, Self::Error> {
                    LookupError::require_id(#kind, &object.id).map(Self::id)
                }
            }
        });
    }
    Ok(parse(conversions)?.items)
}

/// Types, as items and as calls of macros.
struct Types {
    items: Vec<Item>,
    /// Calls of the macros that define custom types.
    definitions: String,
    /// The types in these calls.
    used_by_definitions: Vec<String>,
}

/// Returns types by name, each behind the features of its users if `gated`.
fn types(emitter: &Emitter<'_>, names: &[&str], gated: bool) -> Result<Types> {
    let mut types = Types {
        items: Vec::new(),
        definitions: String::new(),
        used_by_definitions: Vec::new(),
    };
    for name in names {
        let schema = emitter
            .document
            .types
            .get(*name)
            .with_context(|| {
                format!(
                    "no type {name}, which katapult-gen's traits use: pin the name for its object in openapi/names.yaml"
                )
            })?;
        let features = match gated {
            true => emitter.features(name),
            false => Vec::new(),
        };
        if is_custom(schema) {
            let definition = custom_type(emitter.document, name, schema)?;
            if !features.is_empty() {
                let any: Vec<String> = features
                    .iter()
                    .map(|feature| format!("feature = {feature:?}"))
                    .collect();
                types.definitions += &format!("\n#[cfg(any({}))]", any.join(", "));
            }
            types.definitions += &format!("\n{}", definition.text);
            types.used_by_definitions.extend(definition.uses);
            continue;
        }
        let item = emitter.finished(name)?;
        let in_request = emitter.usages.get(*name).is_some_and(|usage| usage.request);
        let builder = in_request.then(|| builder(&item));
        for mut item in parse(quote!(#item #builder))?.items {
            add_gate(&mut item, &features)?;
            types.items.push(item);
        }
    }
    Ok(types)
}

/// Adds the features of an item after its documentation.
fn add_gate(item: &mut Item, features: &[String]) -> Result<()> {
    let attributes = match item {
        Item::Struct(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        _ => bail!("a type is neither a struct nor an impl"),
    };
    if let Some(gate) = gate(features) {
        let docs = attributes
            .iter()
            .take_while(|attribute| attribute.path().is_ident("doc"))
            .count();
        attributes.insert(docs, parse_quote!(#gate));
    }
    Ok(())
}

fn is_gated(item: &Item) -> bool {
    let attributes = match item {
        Item::Struct(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg"))
}
