//! The files of types: `types.rs` has those that several resources use, and names all others, which are in a
//! file a resource. A type's public path is always `types::Name`, whoever comes to use it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use katapult_openapi::Schema;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Item, parse_quote};

use super::Emitter;
use super::print::{HEADER, printed};
use crate::generate::document::is_ours;
use crate::generate::features;
use crate::generate::types::{builder, ours};
use crate::text::{english, identifier};

impl Emitter<'_> {
    /// Types that several resources use, each there when one of them is; and the names of all others.
    pub(super) fn shared_types(&self) -> Result<String> {
        let shared: Vec<&str> = self
            .uses
            .iter()
            .filter(|(name, users)| users.len() != 1 && !self.is_detail(name))
            .map(|(name, _)| name.as_str())
            .collect();
        let (types, text) = self.types(shared.iter().copied(), &self.uses)?;
        let resources = self.resources();
        let elsewhere = resources.iter().filter_map(|resource| {
            let names = self.only_of(resource);
            let names: Vec<Ident> = names.iter().map(|name| format_ident!("{name}")).collect();
            let feature = features::name(resource);
            let module = identifier(resource);
            (!names.is_empty()).then(|| {
                quote! {
                    #[cfg(feature = #feature)]
                    mod #module;
                    #[cfg(feature = #feature)]
                    pub use #module::{#(#names),*};
                }
            })
        });
        let conversions = self.conversions();
        let tokens = quote! {
            #![doc = " Every type that requests and responses hold."]
            #(#elsewhere)*
            #types
            #conversions
        };
        Ok(format!("{HEADER}\n{}{text}", printed(tokens)?))
    }

    /// Types that only one resource uses, if there are any.
    pub(super) fn own_types(&self, resource: &str) -> Result<Option<String>> {
        let names = self.only_of(resource);
        if names.is_empty() {
            return Ok(None);
        }
        let (types, text) = self.types(names.into_iter(), &BTreeMap::new())?;
        let about = format!(
            " Types that only the operations on {} use.",
            english(resource)
        );
        let printed = printed(quote! {
            #![doc = #about]
            #[allow(unused_imports)]
            use super::*;

            #types
        })
        .with_context(|| format!("the types of {resource}"))?;
        Ok(Some(format!("{HEADER}\n{printed}{text}")))
    }

    /// An object stands for its lookup where that takes an id.
    fn conversions(&self) -> TokenStream {
        let mut conversions = TokenStream::new();
        for (lookup, schema) in &self.document.types {
            let by_id = Schema::new(schema, schema)
                .lookup()
                .is_some_and(|found| found.keys().any(|key| key == "id"));
            let Some(object) = lookup.strip_suffix("Lookup").filter(|_| by_id) else {
                continue;
            };
            let has_id = self
                .document
                .types
                .get(object)
                .is_some_and(|schema| schema["properties"]["id"].is_object());
            if !has_id || !self.ways.get(object).is_some_and(|ways| ways.received) {
                continue;
            }
            let gates = [lookup.as_str(), object].map(|name| {
                let users: Vec<String> = self
                    .uses
                    .get(name)
                    .into_iter()
                    .flatten()
                    .map(|user| features::name(user))
                    .collect();
                any_of(&users)
            });
            let [lookup_gate, object_gate] = gates;
            let (lookup, object) = (format_ident!("{lookup}"), format_ident!("{object}"));
            conversions.extend(quote! {
                #lookup_gate
                #object_gate
                impl From<&#object> for #lookup {
                    fn from(object: &#object) -> Self {
                        Self::id(object.id.clone())
                    }
                }

                #lookup_gate
                #object_gate
                impl From<&#object> for crate::Patch<#lookup> {
                    fn from(object: &#object) -> Self {
                        crate::Patch::Value(object.into())
                    }
                }
            });
        }
        conversions
    }

    fn is_detail(&self, name: &str) -> bool {
        self.document
            .codes
            .values()
            .flatten()
            .any(|detail| detail == name)
    }

    /// Types by name, those of ours as text, each behind the features of its users.
    fn types<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        users: &BTreeMap<String, BTreeSet<String>>,
    ) -> Result<(TokenStream, String)> {
        let mut tokens = TokenStream::new();
        let mut text = String::new();
        for name in names {
            let schema = self
                .document
                .types
                .get(name)
                .with_context(|| format!("no type {name}"))?;
            let features: Vec<String> = users
                .get(name)
                .into_iter()
                .flatten()
                .map(|user| features::name(user))
                .collect();
            if is_ours(schema) {
                for defined in ours(name, schema)? {
                    if !features.is_empty() {
                        let any: Vec<String> = features
                            .iter()
                            .map(|feature| format!("feature = {feature:?}"))
                            .collect();
                        text.push_str(&format!("\n#[cfg(any({}))]", any.join(", ")));
                    }
                    text.push_str(&format!("\n{defined}"));
                }
                continue;
            }
            let item = self.finished(name)?;
            let builder = self
                .ways
                .get(name)
                .is_some_and(|ways| ways.sent)
                .then(|| builder(&item));
            let file: syn::File =
                syn::parse2(quote!(#item #builder)).context("a type is no Rust")?;
            for mut item in file.items {
                if !features.is_empty() {
                    gate(&mut item, &features)?;
                }
                tokens.extend(quote!(#item));
            }
        }
        Ok((tokens, text))
    }
}

fn gate(item: &mut Item, features: &[String]) -> Result<()> {
    let attributes = match item {
        Item::Struct(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        _ => bail!("a type is neither struct nor impl"),
    };
    if let Some(gate) = any_of(features) {
        attributes.insert(0, parse_quote!(#gate));
    }
    Ok(())
}

/// The attribute that lets something be there with any of these features; none where it always is.
fn any_of(features: &[String]) -> Option<TokenStream> {
    match features {
        [] => None,
        [only] => Some(quote!(#[cfg(feature = #only)])),
        several => Some(quote!(#[cfg(any(#(feature = #several),*))])),
    }
}
