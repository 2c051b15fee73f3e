//! A reply in the making: what an operation gives, by the names of its reply's properties.

use katapult_openapi::{Operation, Schema};
use serde_json::{Map, Value, json};

use crate::refusal::Refusal;
use crate::render::Renderer;
use crate::shape::Shapes;
use crate::world::{Object, World};

/// Items on a page, when a request does not say.
pub(crate) const PER_PAGE: usize = 30;
/// The most items on a page.
const MOST_PER_PAGE: usize = 200;

/// What an operation does: its document, its arguments, the world.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) shapes: &'a Shapes,
    pub(crate) world: &'a mut World,
    /// Lookups are ids here.
    pub(crate) arguments: Map<String, Value>,
    /// Sets of more items than this are large: their total is not told.
    pub(crate) large_set: usize,
}

/// What a reply's properties hold, as far as it is known; the rest follows from the document.
pub(crate) type Parts = Map<String, Value>;

/// How an operation ends.
pub(crate) type Outcome = Result<Parts, Refusal>;

impl<'a> Call<'a> {
    /// The text of an argument, as the id of what a lookup named.
    pub(crate) fn text(&self, name: &str) -> String {
        self.arguments
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// The object that an argument names.
    pub(crate) fn named(&self, name: &str) -> Option<Object> {
        self.world.get(&self.text(name)).cloned()
    }

    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        self.arguments.get("properties")?.get(name)
    }

    /// The arguments that say what an object is to be: those in `properties`, or else all that
    /// name no other object.
    pub(crate) fn wanted(&self) -> Map<String, Value> {
        match self.arguments.get("properties") {
            Some(Value::Object(properties)) => properties.clone(),
            _ => {
                let plain = self
                    .arguments
                    .iter()
                    .filter(|(name, _)| *name != "annotations" && !self.is_lookup(name));
                let mut wanted = Map::new();
                for (name, value) in plain {
                    match value {
                        Value::Object(inner) if self.is_arguments(name) => {
                            wanted.extend(inner.clone())
                        }
                        _ => {
                            wanted.insert(name.clone(), value.clone());
                        }
                    }
                }
                wanted
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

    /// The arguments that name objects: argument, type, id.
    pub(crate) fn lookups(&self) -> Vec<(String, String, String)> {
        let named = self.arguments.iter().filter_map(|(name, value)| {
            let kind = self.operation.argument(name)?.lookup_target()?;
            Some((name.clone(), kind.to_owned(), value.as_str()?.to_owned()))
        });
        named.collect()
    }

    /// Whether the operation can say this.
    pub(crate) fn knows(&self, code: &str) -> bool {
        self.operation.documents_code(code)
    }

    /// A refusal by one of the operation's codes.
    pub(crate) fn refusal(
        &self,
        code: &str,
        otherwise: u16,
        description: &str,
        detail: Value,
    ) -> Refusal {
        Refusal::of(self.operation, code, otherwise, description, detail)
    }

    pub(crate) fn renderer(&self) -> Renderer<'_> {
        Renderer {
            shapes: self.shapes,
            world: self.world,
        }
    }

    /// The schema of a property of the reply.
    pub(crate) fn slot(&self, property: &str) -> Option<Schema<'a>> {
        self.operation.response()?.property(property)
    }

    /// Shows an object in a property of the reply, as it is now.
    pub(crate) fn show(&self, parts: &mut Parts, property: &str, id: &str) {
        if let (Some(schema), Some(object)) = (self.slot(property), self.world.get(id)) {
            parts.insert(property.to_owned(), self.renderer().object(schema, object));
        }
    }

    /// Shows an object in whatever property of the reply is of its type.
    pub(crate) fn show_by_type(&self, parts: &mut Parts, id: &str) {
        let (Some(response), Some(object)) = (self.operation.response(), self.world.get(id)) else {
            return;
        };
        for (name, shown) in response.properties() {
            if shown.type_name() == Some(&object.kind) && !parts.contains_key(name) {
                parts.insert(name.to_owned(), self.renderer().object(shown, object));
            }
        }
    }

    /// A reply that shows one object.
    pub(crate) fn shown(&self, id: &str) -> Parts {
        let mut parts = Parts::new();
        self.show_by_type(&mut parts, id);
        parts
    }

    /// Properties of the reply from what is known of them; text stands for the object of that id.
    pub(crate) fn filled<const N: usize>(&self, known: [(&str, Value); N]) -> Parts {
        let shown = known.into_iter().filter_map(|(name, value)| {
            let shown = self.renderer().value(self.slot(name)?, Some(&value));
            Some((name.to_owned(), shown))
        });
        shown.collect()
    }

    /// A page of a list. The items are ids, or values as the list has them.
    pub(crate) fn page(&self, property: &str, items: &[Value]) -> Parts {
        let mut parts = Parts::new();
        let number = |name: &str| {
            self.arguments
                .get(name)
                .and_then(Value::as_u64)
                .and_then(|number| usize::try_from(number).ok())
        };
        let paged = self.operation.list.is_some();
        let page = number("page").unwrap_or(1).max(1);
        let per_page = number("per_page")
            .unwrap_or(PER_PAGE)
            .clamp(1, MOST_PER_PAGE);
        let first = (page - 1).saturating_mul(per_page).min(items.len());
        let last = first.saturating_add(per_page).min(items.len());
        let shown = if paged { &items[first..last] } else { items };
        let item = self.slot(property).and_then(Schema::items);
        if let Some(schema) = item {
            let shown = shown
                .iter()
                .map(|item| self.renderer().value(schema, Some(item)));
            parts.insert(property.to_owned(), shown.collect());
        }
        if paged {
            let large = items.len() > self.large_set;
            let told = |number: usize| if large { Value::Null } else { json!(number) };
            parts.insert(
                "pagination".into(),
                json!({
                    "current_page": page,
                    "total_pages": told(items.len().div_ceil(per_page)),
                    "total": told(items.len()),
                    "per_page": per_page,
                    "large_set": large,
                }),
            );
        }
        parts
    }

    /// The whole reply: what is known of it, and the document's emptiest for the rest.
    pub(crate) fn finish(&self, parts: &mut Parts) -> Value {
        let Some(response) = self.operation.response() else {
            return Value::Null;
        };
        let shown = response
            .properties()
            .filter(|(name, _)| self.shapes.has_beside(name));
        let whole = shown.map(|(name, schema)| {
            let value = parts
                .remove(name)
                .unwrap_or_else(|| self.renderer().value(schema, None));
            (name.to_owned(), value)
        });
        Value::Object(whole.collect())
    }
}
