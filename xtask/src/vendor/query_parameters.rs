//! The fields of query parameters: the keys of a lookup, or of an object, are one field.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::vendor::assign_names::{Namer, Owner};
use crate::vendor::model::{Direction, Field, Shape};
use crate::vendor::query_form::{self, QueryForm};
use crate::vendor::upstream::Operation;

impl Namer<'_> {
    /// Converts query parameters: `virtual_machine[id]` and `virtual_machine[fqdn]` are one lookup,
    /// `annotations[][key]` and `annotations[][value]` one array of objects, each of which has all keys.
    pub(super) fn query(
        &mut self,
        owner: Owner<'_>,
        operation: &Operation,
    ) -> Result<BTreeMap<String, Field>> {
        let request = Direction::Request;
        let mut fields = BTreeMap::new();
        for group in query_form::groups(&operation.query) {
            let (base, parameters) = &group;
            let argument = format!("{}.{base}", owner.place);
            let known = if self.names.arguments.contains_key(&argument) {
                Some(query_form::Known::Object)
            } else if self.names.lookups.contains_key(*base) {
                Some(query_form::Known::Lookup)
            } else {
                None
            };
            let required = parameters.iter().all(|(_, parameter)| parameter.required);
            let value = match query_form::form(self.upstream, &operation.path, known, &group)? {
                QueryForm::Value(schema) => self.shape(request, owner, base, schema)?,
                QueryForm::Array(items) => {
                    Shape::Array(Box::new(self.shape(request, owner, base, items)?))
                }
                QueryForm::Lookup(keys) => self.lookup(base, keys),
                QueryForm::Object(fields) => self.object(request, owner, base, None, &fields)?,
                QueryForm::Objects(fields) => {
                    let object = self.object(request, owner, base, None, &fields)?;
                    Shape::Array(Box::new(object))
                }
            };
            let field = Field {
                value,
                required,
                nullable: false,
            };
            fields.insert((*base).to_owned(), field);
        }
        Ok(fields)
    }
}
