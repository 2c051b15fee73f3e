//! The data that all generated files share.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ItemStruct;

use crate::generate::cargo_features;
use crate::generate::deserialize;
use crate::generate::progenitor::output::Generated;
use crate::generate::progenitor::{input, output};
use crate::generate::types::boxes::rebox;
use crate::generate::types::structs::finish_struct;
use crate::generate::usage::{Usage, usages, users};
use crate::spec::is_custom;
use crate::spec::{Document, NULLABLE_ID};

pub(super) struct Emitter<'a> {
    pub(super) document: &'a Document,
    pub(super) generated: Generated,
    /// The resources that use each type; none for a type that every build has.
    pub(super) users: BTreeMap<String, BTreeSet<String>>,
    pub(super) usages: BTreeMap<String, Usage>,
    /// The fields that are boxed, as `Type.field`.
    boxed: BTreeSet<String>,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(document: &'a Document) -> Result<Self> {
        let custom = document
            .types
            .iter()
            .filter(|(_, schema)| is_custom(schema));
        let generated = output::run(
            &input::prepare(document)?,
            custom.map(|(name, _)| name.as_str()),
        )?;
        Ok(Self {
            document,
            generated,
            users: users(document),
            usages: usages(document),
            boxed: document.boxed_fields(),
        })
    }

    /// Returns the types that only this resource uses.
    pub(super) fn types_only_of(&self, resource: &str) -> Vec<&str> {
        let users = self.users.iter();
        users
            .filter(|(_, users)| users.len() == 1 && users.contains(resource))
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// Returns progenitor's struct, in which only the fields of circles are boxed.
    pub(super) fn structure(&self, name: &str) -> Result<ItemStruct> {
        let found = self.generated.structs.get(name).cloned();
        let found = found.map(|item| rebox(item, &self.boxed));
        found.with_context(|| {
            format!(
                "progenitor made no struct {name}: pin a name whose only capitals begin words, \
                 like IpAddress"
            )
        })
    }

    /// Returns the struct of a type.
    pub(super) fn finished(&self, name: &str) -> Result<ItemStruct> {
        let usage = self.usages.get(name).copied().unwrap_or_default();
        let mut item = finish_struct(self.structure(name)?, usage);
        let schema = self.document.types.get(name);
        if usage.response && schema.is_some_and(|schema| schema[NULLABLE_ID] == true) {
            deserialize::accept_null_id(&mut item);
        }
        Ok(item)
    }

    /// Returns the features that enable a type, one per user.
    pub(super) fn features(&self, name: &str) -> Vec<String> {
        let users = self.users.get(name).into_iter().flatten();
        users.map(|user| cargo_features::name(user)).collect()
    }
}

/// Returns the attribute for an item that any of these features enables; `None` for an item that
/// always exists.
pub(super) fn gate(features: &[String]) -> Option<TokenStream> {
    match features {
        [] => None,
        [only] => Some(quote!(#[cfg(feature = #only)])),
        several => Some(quote!(#[cfg(any(#(feature = #several),*))])),
    }
}
