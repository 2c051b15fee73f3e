//! Query parameters: the keys of a lookup, or of an array of objects, are one parameter.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::vendor::assign_names::{Namer, Owner};
use crate::vendor::model::{Direction, Field, Shape};
use crate::vendor::upstream::{Node, Property, QueryParam};

impl Namer<'_> {
    /// Converts query parameters: `virtual_machine[id]` and `virtual_machine[fqdn]` are one lookup,
    /// `annotations[][key]` and `annotations[][value]` one array of objects, each of which has all keys.
    pub(super) fn query(
        &mut self,
        owner: Owner<'_>,
        parameters: &[QueryParam],
    ) -> Result<BTreeMap<String, Field>> {
        let mut fields = BTreeMap::new();
        let mut grouped: BTreeMap<&str, Vec<(&str, &QueryParam)>> = BTreeMap::new();
        for parameter in parameters {
            match parameter.name.split_once('[') {
                Some((base, keys)) => grouped.entry(base).or_default().push((keys, parameter)),
                None => {
                    let value =
                        self.shape(Direction::Request, owner, &parameter.name, parameter.schema)?;
                    let field = Field {
                        value,
                        required: parameter.required,
                        nullable: false,
                    };
                    fields.insert(parameter.name.clone(), field);
                }
            }
        }
        for (base, keys) in grouped {
            let required = keys.iter().all(|(_, parameter)| parameter.required);
            let mut items = BTreeMap::new();
            let mut lookup = Vec::new();
            let mut plain = None;
            // Some documents write the keys of an array's objects like those of a lookup: only the pinned name of
            // an argument tells them apart.
            let is_object = self
                .names
                .arguments
                .contains_key(&format!("{}.{base}", owner.place));
            for (key, parameter) in keys {
                let array_key = key.strip_prefix(']');
                match array_key {
                    None if !is_object => lookup.push(key.trim_end_matches(']').to_owned()),
                    Some("") => plain = Some(parameter.schema),
                    _ => {
                        let schema = match (array_key, self.node(parameter.schema.node)) {
                            (Some(_), Node::Array(items)) => *items,
                            _ => parameter.schema,
                        };
                        let key = array_key.unwrap_or(key).trim_matches(['[', ']']);
                        let required = true;
                        items.insert(key.to_owned(), Property { schema, required });
                    }
                }
            }
            let value = if !lookup.is_empty() {
                self.lookup(base, lookup)
            } else if let Some(schema) = plain {
                self.shape(Direction::Request, owner, base, schema)?
            } else {
                let object = self.object(Direction::Request, owner, base, None, &items)?;
                Shape::Array(Box::new(object))
            };
            fields.insert(
                base.to_owned(),
                Field {
                    value,
                    required,
                    nullable: false,
                },
            );
        }
        Ok(fields)
    }
}
