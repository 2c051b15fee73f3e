//! The API with its public names: the model that the canonical documents are written from.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::naming::case::pascal;
use crate::vendor::upstream::Scalar;

/// One API with its public names.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) objects: Vec<Object>,
    /// The keys of each lookup with their types, by its name.
    pub(crate) lookups: BTreeMap<String, BTreeMap<String, Scalar>>,
    /// The prefixes of the ids of the objects that a lookup names, by its name.
    pub(crate) id_prefixes: BTreeMap<String, Vec<String>>,
    /// The type of each object that a `oneOf` names, by its upstream name.
    pub(crate) kinds: BTreeMap<String, String>,
    /// Each thing that the corrections drop, one line each.
    pub(crate) notes: Vec<String>,
    /// The values of each enumeration, by its name.
    pub(crate) enums: BTreeMap<String, Vec<String>>,
    /// The variants of each tagged union, by its name: the object of each type.
    pub(crate) unions: BTreeMap<String, BTreeMap<String, ObjectId>>,
    /// The error codes.
    pub(crate) codes: BTreeMap<String, Code>,
}

pub(crate) type ObjectId = usize;

/// An object in one place of the document. Several objects of one type can have different fields.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) type_name: String,
    pub(crate) direction: Direction,
    pub(crate) fields: BTreeMap<String, Field>,
    /// The name of the first operation that uses it, in the order of names.
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
    /// A tagged union, by its name.
    Union(String),
    Array(Box<Shape>),
    /// An object whose names are data.
    Map(Box<Shape>),
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
    /// The other statuses of success. Their fields are in `response`, as optional ones.
    pub(crate) other_statuses: Vec<u16>,
    /// The required fields of other successes that have no field of the main one.
    pub(crate) instead: BTreeSet<String>,
    pub(crate) deprecated: bool,
    /// The fields of the response; `None` for text.
    pub(crate) response: Option<BTreeMap<String, Field>>,
    pub(crate) errors: BTreeMap<u16, Vec<String>>,
    /// The states by which the object of the response is waited for.
    pub(crate) wait_states: Option<WaitStates>,
}

/// The states of the object that an operation returns.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitStates {
    /// The field with the state.
    pub(crate) field: String,
    /// The states in which the object is ready. None if it depends on the purpose of the wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) succeeded: Vec<String>,
    /// The states that the object does not leave by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed: Vec<String>,
    /// The seconds for which a new object may be in a failed state and recover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed_after_seconds: Option<u64>,
    /// The error codes that the operation returns until the object exists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pending_codes: Vec<String>,
    /// The default timeout.
    pub(crate) timeout_minutes: u64,
}

/// An error code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    pub(crate) statuses: Vec<u16>,
    /// The fields of its `detail`.
    pub(crate) detail: BTreeMap<String, Field>,
}

impl Operation {
    /// Returns the segments of the path. A lookup of the same name fills in a segment that is a noun.
    pub(crate) fn path_nouns(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter(|part| !part.is_empty())
    }
}

impl Model {
    /// Returns the object of a shape, unless the shape is something else.
    pub(crate) fn object_of(&self, shape: &Shape) -> Option<&Object> {
        match shape {
            Shape::Object(id) => self.objects.get(*id),
            _ => None,
        }
    }

    /// Returns the objects that an operation or an error code leads to. Corrections can leave others unused.
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

    /// Returns the type of an object that a `oneOf` names.
    pub(crate) fn kind(&self, name: &str) -> String {
        let known = self.kinds.get(name).cloned();
        known.unwrap_or_else(|| pascal(name))
    }

    /// Returns `true` if an object has this type.
    pub(crate) fn has_type(&self, name: &str) -> bool {
        self.objects.iter().any(|object| object.type_name == name)
    }

    /// Returns the places of one-ofs that no correction distinguishes: `Type.field`.
    pub(crate) fn undistinguished(&self) -> impl Iterator<Item = String> {
        let used = self.used_objects();
        let objects = self.objects.iter().enumerate();
        let objects = objects
            .filter(move |(id, _)| used.contains(id))
            .map(|(_, object)| (&object.type_name, &object.fields));
        let operations = self.operations.iter().flat_map(|(name, operation)| {
            let tops = operation.body.iter().chain(&operation.response);
            tops.chain([&operation.query])
                .map(move |fields| (name, fields))
        });
        let places = objects.chain(operations).flat_map(|(owner, fields)| {
            let one_of = fields.iter().filter(|(_, field)| {
                let mut shape = &field.value;
                while let Shape::Array(items) | Shape::Map(items) = shape {
                    shape = items;
                }
                matches!(shape, Shape::OneOf(_))
            });
            one_of.map(move |(field, _)| format!("{owner}.{field}"))
        });
        places.collect::<BTreeSet<_>>().into_iter()
    }

    fn mark(&self, fields: &BTreeMap<String, Field>, used: &mut BTreeSet<ObjectId>) {
        for field in fields.values() {
            let mut shape = &field.value;
            while let Shape::Array(items) | Shape::Map(items) = shape {
                shape = items;
            }
            let objects: Vec<ObjectId> = match shape {
                Shape::Object(id) => vec![*id],
                Shape::Union(name) => self
                    .unions
                    .get(name)
                    .into_iter()
                    .flat_map(BTreeMap::values)
                    .copied()
                    .collect(),
                _ => Vec::new(),
            };
            for id in objects {
                // An object can contain itself, so each is followed once.
                if used.insert(id) {
                    self.mark(&self.objects[id].fields, used);
                }
            }
        }
    }
}
