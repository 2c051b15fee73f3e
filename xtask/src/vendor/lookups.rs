//! Lookups: objects of a request that name one object, by one of several keys.

use std::collections::BTreeMap;

use crate::vendor::assign_names::Namer;
use crate::vendor::model::Shape;
use crate::vendor::query_form;
use crate::vendor::upstream::{Node, Property, Scalar};

impl Namer<'_> {
    /// Returns `true` if an object in a body is a lookup: it has only optional texts and integers, and one of them is an
    /// id or they are the keys that name the same object in a query.
    pub(super) fn is_lookup(&self, property: &str, fields: &BTreeMap<String, Property>) -> bool {
        let is_keys = fields.values().all(|field| {
            !field.required
                && matches!(
                    self.node(field.schema.node),
                    Node::Scalar(Scalar::String | Scalar::Integer)
                )
        });
        is_keys
            && query_form::lookup_keys(self.upstream, fields).is_some()
            && !fields.is_empty()
            && (fields.contains_key("id")
                || self.query_keys(property) == fields.keys().cloned().collect::<Vec<_>>())
    }

    /// Returns the keys by which the queries of all operations name `property`.
    fn query_keys(&self, property: &str) -> Vec<String> {
        let mut keys: Vec<String> = self
            .upstream
            .operations
            .iter()
            .flat_map(|operation| &operation.query)
            .filter_map(|parameter| {
                let key = parameter
                    .name
                    .strip_prefix(property)?
                    .strip_prefix('[')?
                    .strip_suffix(']')?;
                (!key.is_empty() && !key.contains(']')).then(|| key.to_owned())
            })
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    pub(super) fn lookup(&mut self, property: &str, keys: BTreeMap<String, Scalar>) -> Shape {
        let name = self.names.lookup(property);
        let known = self.model.lookups.entry(name.clone()).or_default();
        known.extend(keys);
        Shape::Lookup(name)
    }
}
