//! The context of an operation: its arguments, the world, and the rendering of its response.

use katapult_openapi::{Operation, Schema};
use serde_json::{Map, Value, json};

use crate::response::history::ResponseHistory;
use crate::response::refusal::Refusal;
use crate::response::render::Renderer;
use crate::world::{Object, World};

/// The number of items on a page unless the request sets it: the API's default.
const DEFAULT_PER_PAGE: usize = 30;
/// The largest page of the API.
const MAX_PER_PAGE: usize = 200;
/// The size above which the API does not count a list: it leaves the totals out.
const LARGE_SET: usize = 1_000;

/// The context in which an operation is executed.
pub(crate) struct OperationContext<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) history: &'a ResponseHistory,
    pub(crate) world: &'a mut World,
    /// The valid arguments. Each lookup is replaced by the id of its object.
    pub(crate) arguments: Map<String, Value>,
}

/// The known fields of a response. The others get the emptiest value that the document permits.
pub(crate) type ResponseFields = Map<String, Value>;

/// The result of an operation: fields of its response, or an error.
pub(crate) type OperationResult = Result<ResponseFields, Refusal>;

impl<'a> OperationContext<'a> {
    /// Returns the text of an argument, such as the id of an object; empty if it is not given.
    pub(crate) fn text(&self, name: &str) -> String {
        self.arguments
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// Returns the object that a lookup argument names.
    pub(crate) fn object(&self, name: &str) -> Option<Object> {
        self.world.get(&self.text(name)).cloned()
    }

    /// Returns the object that a lookup argument names, or an error if the argument is optional and was
    /// not given.
    pub(crate) fn require_object(&self, name: &str) -> Result<Object, Refusal> {
        let missing = || Refusal::invalid(format!("{name} must exist"));
        self.object(name).ok_or_else(missing)
    }

    /// Returns a field of the argument `properties`.
    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        self.arguments.get("properties")?.get(name)
    }

    /// Returns the fields that an object is to have: the argument `properties`, or all arguments that
    /// are not lookups.
    pub(crate) fn requested_fields(&self) -> Map<String, Value> {
        match self.arguments.get("properties") {
            Some(Value::Object(properties)) => properties.clone(),
            _ => {
                let plain = self
                    .arguments
                    .iter()
                    .filter(|(name, _)| *name != "annotations" && !self.is_lookup(name));
                let mut requested = Map::new();
                for (name, value) in plain {
                    match value {
                        Value::Object(inner) if self.is_arguments(name) => {
                            requested.extend(inner.clone())
                        }
                        _ => {
                            requested.insert(name.clone(), value.clone());
                        }
                    }
                }
                requested
            }
        }
    }

    fn is_lookup(&self, name: &str) -> bool {
        let schema = self.operation.argument(name);
        schema.is_some_and(Schema::is_lookup)
    }

    fn is_arguments(&self, name: &str) -> bool {
        let schema = self.operation.argument(name);
        let type_name = schema.and_then(Schema::type_name);
        type_name.is_some_and(|type_name| type_name.ends_with("Arguments"))
    }

    /// Returns the lookup arguments: argument, type, id.
    pub(crate) fn lookups(&self) -> Vec<(String, String, String)> {
        let named = self.arguments.iter().filter_map(|(name, value)| {
            let kind = self.operation.argument(name)?.lookup_target()?;
            Some((name.clone(), kind.to_owned(), value.as_str()?.to_owned()))
        });
        named.collect()
    }

    /// Returns `true` if the operation documents an error code.
    pub(crate) fn documents_code(&self, code: &str) -> bool {
        self.operation.documents_code(code)
    }

    /// Returns an error with the status that the operation documents for its code.
    pub(crate) fn refusal(
        &self,
        code: &str,
        default_status: u16,
        description: &str,
        detail: Value,
    ) -> Refusal {
        Refusal::documented(self.operation, code, default_status, description, detail)
    }

    pub(crate) fn renderer(&self) -> Renderer<'_> {
        Renderer {
            history: self.history,
            operation: &self.operation.id,
            world: self.world,
        }
    }

    /// Returns the schema of a field of the response.
    pub(crate) fn schema_at(&self, property: &str) -> Option<Schema<'a>> {
        self.operation.response()?.property(property)
    }

    /// Renders an object into a field of the response, in its present state.
    pub(crate) fn render_as(&self, response: &mut ResponseFields, property: &str, id: &str) {
        if let (Some(schema), Some(object)) = (self.schema_at(property), self.world.get(id)) {
            response.insert(property.to_owned(), self.renderer().object(schema, object));
        }
    }

    /// Renders an object into the fields of the response that have its type and are not set.
    pub(crate) fn render_by_type(&self, response: &mut ResponseFields, id: &str) {
        let (Some(shape), Some(object)) = (self.operation.response(), self.world.get(id)) else {
            return;
        };
        for (name, schema) in shape.properties() {
            if schema.type_name() == Some(&object.kind) && !response.contains_key(name) {
                response.insert(name.to_owned(), self.renderer().object(schema, object));
            }
        }
    }

    /// Returns a response with one object.
    pub(crate) fn rendered(&self, id: &str) -> ResponseFields {
        let mut response = ResponseFields::new();
        self.render_by_type(&mut response, id);
        response
    }

    /// Renders fields of the response. An id is rendered as the object.
    pub(crate) fn render_fields<const N: usize>(
        &self,
        known: [(&str, Value); N],
    ) -> ResponseFields {
        let rendered = known.into_iter().filter_map(|(name, value)| {
            let rendered = self.renderer().value(self.schema_at(name)?, Some(&value));
            Some((name.to_owned(), rendered))
        });
        rendered.collect()
    }

    /// Renders the requested page of a list. The items are ids, or values in the form of the list.
    pub(crate) fn page(&self, property: &str, items: &[Value]) -> ResponseFields {
        let mut response = ResponseFields::new();
        let number = |name: &str| {
            self.arguments
                .get(name)
                .and_then(Value::as_u64)
                .and_then(|number| usize::try_from(number).ok())
        };
        let paged = self.operation.list.is_some();
        let page = number("page").unwrap_or(1).max(1);
        let per_page = number("per_page")
            .unwrap_or(DEFAULT_PER_PAGE)
            .clamp(1, MAX_PER_PAGE);
        let first = (page - 1).saturating_mul(per_page).min(items.len());
        let last = first.saturating_add(per_page).min(items.len());
        // Only operations that document a pagination return a part of the list.
        let rendered = if paged { &items[first..last] } else { items };
        let item = self.schema_at(property).and_then(Schema::items);
        if let Some(schema) = item {
            let rendered = rendered
                .iter()
                .map(|item| self.renderer().value(schema, Some(item)));
            response.insert(property.to_owned(), rendered.collect());
        }
        if paged {
            let large = items.len() > LARGE_SET;
            let total = |number: usize| if large { Value::Null } else { json!(number) };
            response.insert(
                "pagination".into(),
                json!({
                    "current_page": page,
                    "total_pages": total(items.len().div_ceil(per_page)),
                    "total": total(items.len()),
                    "per_page": per_page,
                    "large_set": large,
                }),
            );
        }
        response
    }

    /// Returns the complete response: the known fields, and the emptiest value for the others.
    pub(crate) fn finish(&self, response: &mut ResponseFields) -> Value {
        let Some(shape) = self.operation.response() else {
            return Value::Null;
        };
        let rendered = shape
            .properties()
            .filter(|(name, _)| self.history.has_response_field(name));
        let whole = rendered.map(|(name, schema)| {
            let value = response
                .remove(name)
                .unwrap_or_else(|| self.renderer().value(schema, None));
            (name.to_owned(), value)
        });
        Value::Object(whole.collect())
    }
}
