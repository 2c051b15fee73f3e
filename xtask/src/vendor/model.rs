//! The API with its public names: what both canonical documents are written from.

use std::collections::{BTreeMap, BTreeSet};

use crate::vendor::upstream::Scalar;

/// One API, named.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) objects: Vec<Object>,
    /// Lookups by name: their keys.
    pub(crate) lookups: BTreeMap<String, Vec<String>>,
    /// Enumerations by name: their values.
    pub(crate) enums: BTreeMap<String, Vec<String>>,
    /// Values of several kinds, by name: the object of each type.
    pub(crate) polymorphs: BTreeMap<String, BTreeMap<String, ObjectId>>,
    /// Codes: the statuses under which they come, and what they bring with them.
    pub(crate) codes: BTreeMap<String, Code>,
}

pub(crate) type ObjectId = usize;

/// An object as it stands in one place; several of one type can have different fields.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) type_name: String,
    pub(crate) direction: Direction,
    pub(crate) fields: BTreeMap<String, Field>,
    /// The operation that uses it first, in the order of names.
    pub(crate) first_use: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Direction {
    Response,
    Request,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) value: Shape,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    Object(ObjectId),
    Lookup(String),
    Enum(String),
    Polymorph(String),
    Array(Box<Shape>),
    Scalar(Scalar),
    /// One of several objects, by their upstream names.
    OneOf(Vec<String>),
    Any,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) query: BTreeMap<String, Field>,
    pub(crate) body: Option<BTreeMap<String, Field>>,
    pub(crate) status: u16,
    /// The fields of the response; `None` when it is text.
    pub(crate) response: Option<BTreeMap<String, Field>>,
    pub(crate) errors: BTreeMap<u16, Vec<String>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    pub(crate) statuses: Vec<u16>,
    pub(crate) detail: BTreeMap<String, Field>,
}

impl Operation {
    /// The nouns of the path that a lookup of the same name fills in.
    pub(crate) fn path_nouns(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter(|part| !part.is_empty())
    }
}

impl Model {
    /// The object of a shape, if it is one.
    pub(crate) fn object_of(&self, shape: &Shape) -> Option<&Object> {
        match shape {
            Shape::Object(id) => self.objects.get(*id),
            _ => None,
        }
    }

    /// The objects that some operation or code leads to; a correction can leave others behind.
    pub(crate) fn used_objects(&self) -> BTreeSet<ObjectId> {
        let tops = self
            .operations
            .values()
            .flat_map(|operation| {
                operation
                    .body
                    .iter()
                    .chain(&operation.response)
                    .chain([&operation.query])
            })
            .chain(self.codes.values().map(|code| &code.detail));
        let mut used = BTreeSet::new();
        for fields in tops {
            self.mark(fields, &mut used);
        }
        used
    }

    fn mark(&self, fields: &BTreeMap<String, Field>, used: &mut BTreeSet<ObjectId>) {
        for field in fields.values() {
            let mut shape = &field.value;
            while let Shape::Array(items) = shape {
                shape = items;
            }
            let objects: Vec<ObjectId> = match shape {
                Shape::Object(id) => vec![*id],
                Shape::Polymorph(name) => self
                    .polymorphs
                    .get(name)
                    .into_iter()
                    .flat_map(BTreeMap::values)
                    .copied()
                    .collect(),
                _ => Vec::new(),
            };
            for id in objects {
                if used.insert(id) {
                    self.mark(&self.objects[id].fields, used);
                }
            }
        }
    }
}
