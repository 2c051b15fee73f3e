//! From the upstream graph of schemas to the model: assigns each operation, object, lookup and enumeration its public
//! name, by the place where it is used.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use anyhow::{Context, Result, bail};

use crate::naming::case::{detail_type, pascal, snake};
use crate::naming::inflect::singular;
use crate::vendor::model::{Direction, Field, Model, Object, ObjectId, Operation, Shape};
use crate::vendor::pinned_names::Names;
use crate::vendor::query_form;
use crate::vendor::upstream::{
    self, Node, NodeId, Property, REMEDY, ResponseBody, SchemaRef, Upstream,
};

/// Converts one document to a model, with names from `names.yaml` or by rule.
pub(crate) fn name(api: &'static str, upstream: &Upstream, names: &mut Names) -> Result<Model> {
    let mut namer = Namer {
        api,
        upstream,
        names,
        model: Model::default(),
        known: HashMap::new(),
        open: Vec::new(),
        identified_types: identified_types(upstream),
        kinds: BTreeMap::new(),
        used_by: String::new(),
    };
    let named = namer.names.operations_of(api, upstream).into_iter();
    let mut operations: Vec<(String, &upstream::Operation)> =
        named.zip(&upstream.operations).collect();
    // The first use of a type names its component, so the order must not depend on upstream's.
    operations.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, operation) in operations {
        namer.operation(&name, operation)?;
    }
    namer.name_kinds()?;
    Ok(namer.model)
}

/// The operation or the type that contains a property.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    /// The type, or that of the operation's resource.
    pub(super) type_name: &'a str,
    /// The first part of the key in `names.yaml` of an object in a request.
    pub(super) place: &'a str,
}

impl<'a> Owner<'a> {
    fn of_type(type_name: &'a str) -> Self {
        let place = type_name.strip_suffix("Arguments").unwrap_or(type_name);
        Self { type_name, place }
    }
}

pub(super) struct Namer<'a> {
    pub(super) api: &'static str,
    pub(super) upstream: &'a Upstream,
    pub(super) names: &'a mut Names,
    pub(super) model: Model,
    known: HashMap<(NodeId, String, Direction), ObjectId>,
    /// The objects whose fields are being read, from the outermost one.
    open: Vec<(NodeId, Direction, ObjectId)>,
    /// All fields of the types that have an id, by the property that contains them.
    identified_types: HashMap<String, HashSet<String>>,
    /// The schemas that the one-ofs of responses name.
    kinds: BTreeMap<String, NodeId>,
    used_by: String,
}

/// Returns `true` if a response has an array of objects.
pub(super) fn lists(upstream: &Upstream, response: &ResponseBody) -> bool {
    let ResponseBody::Json(id) = response else {
        return false;
    };
    match &upstream.nodes[*id] {
        Node::Object(fields) => fields.iter().any(|(name, field)| {
            name != "annotations"
                && matches!(&upstream.nodes[field.schema.node], Node::Array(items) if matches!(&upstream.nodes[items.node], Node::Object(_)))
        }),
        _ => false,
    }
}

/// Collects the fields of all objects that have an id, by the property that contains them anywhere in the document.
fn identified_types(upstream: &Upstream) -> HashMap<String, HashSet<String>> {
    let mut types: HashMap<String, HashSet<String>> = HashMap::new();
    let fields = upstream.nodes.iter().filter_map(|node| match node {
        Node::Object(fields) => Some(fields),
        _ => None,
    });
    for (property, field) in fields.flatten() {
        let mut node = &upstream.nodes[field.schema.node];
        while let Node::Array(items) = node {
            node = &upstream.nodes[items.node];
        }
        if let Node::Object(fields) = node
            && fields.contains_key("id")
        {
            let known = types.entry(property.clone()).or_default();
            known.extend(fields.keys().cloned());
        }
    }
    types
}

impl Namer<'_> {
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.upstream.nodes[id]
    }

    fn operation(&mut self, name: &str, operation: &upstream::Operation) -> Result<()> {
        self.used_by = name.to_owned();
        let resource = name.split('.').next().unwrap_or(name);
        let subject = pascal(&singular(resource));
        let owner = Owner {
            type_name: &subject,
            place: name,
        };
        let query = self
            .query(owner, operation)
            .with_context(|| format!("{} {}", operation.method, operation.path))?;
        let body = match operation.body.map(|id| self.node(id).clone()) {
            None => None,
            Some(Node::Object(fields)) => Some(self.fields(Direction::Request, owner, &fields)?),
            Some(_) => bail!(
                "{name} ({} {}): the request body is not an object: {REMEDY}",
                operation.method,
                operation.path
            ),
        };
        let response = match &operation.response {
            ResponseBody::Text => None,
            ResponseBody::Json(id) => match self.node(*id).clone() {
                Node::Object(fields) => Some(self.fields(Direction::Response, owner, &fields)?),
                _ => Some(BTreeMap::new()),
            },
        };
        let mut instead = BTreeSet::new();
        let response = match response {
            None => None,
            Some(mut fields) => {
                for other in operation.other_successes.values() {
                    instead.extend(self.add_other_success(owner, other, &mut fields)?);
                }
                Some(fields)
            }
        };
        let mut errors = BTreeMap::new();
        for (status, codes) in &operation.errors {
            errors.insert(*status, codes.keys().cloned().collect());
            for (code, forms) in codes {
                let mut detail = BTreeMap::new();
                for form in forms {
                    if let Node::Object(fields) = self.node(*form).clone() {
                        let parent = detail_type(code);
                        let owner = Owner::of_type(&parent);
                        detail.extend(self.fields(Direction::Response, owner, &fields)?);
                    }
                }
                let entry = self.model.codes.entry(code.clone()).or_default();
                if !entry.statuses.contains(status) {
                    entry.statuses.push(*status);
                    entry.statuses.sort_unstable();
                }
                // A code can have several details: the union of their fields describes each of them.
                entry.detail.extend(detail);
            }
        }
        self.model.operations.insert(
            name.to_owned(),
            Operation {
                method: operation.method.clone(),
                path: operation.path.clone(),
                title: self.names.title(name),
                scopes: operation.scopes.clone(),
                query,
                body,
                status: operation.status,
                other_statuses: operation.other_successes.keys().copied().collect(),
                instead,
                deprecated: operation.deprecated,
                wait_states: None,
                response,
                errors,
            },
        );
        Ok(())
    }

    /// Adds the fields that a response has with another status of success, as optional ones. Returns those that it always
    /// has in place of the known ones.
    fn add_other_success(
        &mut self,
        owner: Owner<'_>,
        body: &ResponseBody,
        known: &mut BTreeMap<String, Field>,
    ) -> Result<BTreeSet<String>> {
        let mut instead = BTreeSet::new();
        if let ResponseBody::Json(id) = body
            && let Node::Object(fields) = self.node(*id).clone()
        {
            if fields.is_empty() {
                // A success without content has none of the others, so none is required.
                known.values_mut().for_each(|field| field.required = false);
            }
            let other = self.fields(Direction::Response, owner, &fields)?;
            if !other.keys().any(|name| known.contains_key(name)) {
                let required = other.iter().filter(|(_, field)| field.required);
                instead.extend(required.map(|(name, _)| name.clone()));
            }
            for (name, field) in other {
                let required = false;
                known.entry(name).or_insert(Field { required, ..field });
            }
        }
        Ok(instead)
    }

    /// Finds the type of each schema that a `oneOf` names. Those that occur nowhere else are named here.
    fn name_kinds(&mut self) -> Result<()> {
        let owner = Owner {
            type_name: "",
            place: "",
        };
        for (name, node) in std::mem::take(&mut self.kinds) {
            let of_schema = |object: &&(NodeId, String, Direction)| {
                object.0 == node && object.2 == Direction::Response
            };
            // Of several types of one schema the first, so that the same input gives the same output.
            let known = self.known.keys().filter(of_schema).map(|known| &known.1);
            let by_name = pascal(&name);
            let type_name = match (known.min().cloned(), self.node(node).clone()) {
                (Some(known), _) => known,
                (None, Node::Object(fields)) if !self.model.has_type(&by_name) => {
                    let response = Direction::Response;
                    let shape = self.object(response, owner, &snake(&name), Some(node), &fields)?;
                    let object = self.model.object_of(&shape);
                    object.map_or(by_name, |object| object.type_name.clone())
                }
                _ => by_name,
            };
            self.model.kinds.insert(name, type_name);
        }
        Ok(())
    }

    fn fields(
        &mut self,
        direction: Direction,
        owner: Owner<'_>,
        fields: &BTreeMap<String, Property>,
    ) -> Result<BTreeMap<String, Field>> {
        fields
            .iter()
            .map(|(name, field)| {
                Ok((
                    name.clone(),
                    Field {
                        value: self.shape(direction, owner, name, field.schema)?,
                        required: field.required,
                        nullable: field.schema.nullable,
                    },
                ))
            })
            .collect()
    }

    pub(super) fn shape(
        &mut self,
        direction: Direction,
        owner: Owner<'_>,
        property: &str,
        schema: SchemaRef,
    ) -> Result<Shape> {
        Ok(match self.node(schema.node).clone() {
            Node::Any => Shape::Any,
            Node::OneOf(kinds) => {
                let names = kinds.keys().cloned().collect();
                if direction == Direction::Response {
                    self.kinds.extend(kinds);
                }
                Shape::OneOf(names)
            }
            Node::Map(values) => {
                Shape::Map(Box::new(self.shape(direction, owner, property, values)?))
            }
            Node::Scalar(scalar) => Shape::Scalar(scalar),
            Node::Array(items) => {
                Shape::Array(Box::new(self.shape(direction, owner, property, items)?))
            }
            Node::Enum(values) => {
                // Only requests are split by schema, so only there can a known enumeration get a new place.
                let same = match direction {
                    Direction::Request => self.by_schema(schema.node, direction),
                    Direction::Response => None,
                };
                let name = self.names.enumeration(owner.type_name, property, same);
                if self.names.survey.used.contains(&name) {
                    let shared = &mut self.names.survey.by_schema;
                    shared
                        .entry((self.api, schema.node, direction))
                        .or_insert_with(|| name.clone());
                }
                let known = self.model.enums.entry(name.clone()).or_default();
                known.extend(values);
                known.sort();
                known.dedup();
                Shape::Enum(name)
            }
            Node::Object(fields)
                if direction == Direction::Request && self.is_lookup(property, &fields) =>
            {
                let keys = query_form::lookup_keys(self.upstream, &fields).unwrap_or_default();
                self.lookup(property, keys)
            }
            Node::Object(fields) => {
                self.object(direction, owner, property, Some(schema.node), &fields)?
            }
        })
    }

    /// Returns `true` if an object is of the type that has an id under this property: it has the id, or only fields
    /// that the type has too. A step or a limit that is merely named after the objects that it counts has others.
    pub(super) fn is_identified(
        &self,
        property: &str,
        fields: &BTreeMap<String, Property>,
    ) -> bool {
        fields.contains_key("id")
            || self.identified_types.get(property).is_some_and(|known| {
                !fields.is_empty() && fields.keys().all(|field| known.contains(field))
            })
    }

    pub(super) fn object(
        &mut self,
        direction: Direction,
        owner: Owner<'_>,
        property: &str,
        node: Option<NodeId>,
        fields: &BTreeMap<String, Property>,
    ) -> Result<Shape> {
        let (type_name, is_known) = match direction {
            Direction::Response => self.response_type(owner, property, node, fields),
            Direction::Request => self.request_type(owner, property, node, fields),
        };
        if let Some(node) = node {
            // In the first pass, only pinned names count: those by rule can change in the second.
            if is_known {
                let shared = &mut self.names.survey.by_schema;
                shared
                    .entry((self.api, node, direction))
                    .or_insert_with(|| type_name.clone());
            }
            if let Some(&id) = self.known.get(&(node, type_name.clone(), direction)) {
                return Ok(Shape::Object(id));
            }
            // An object that contains itself: named after the object around it, it would get a new name without end.
            let is_open =
                |open: &&(NodeId, Direction, ObjectId)| (open.0, open.1) == (node, direction);
            if !is_known && let Some(&(_, _, id)) = self.open.iter().rev().find(is_open) {
                return Ok(Shape::Object(id));
            }
        }
        // Known before its fields are read, since an object can contain itself.
        let id = self.model.objects.len();
        self.model.objects.push(Object {
            type_name: type_name.clone(),
            direction,
            fields: BTreeMap::new(),
            first_use: self.used_by.clone(),
        });
        if let Some(node) = node {
            self.known.insert((node, type_name.clone(), direction), id);
            self.open.push((node, direction, id));
        }
        let fields = self.fields(direction, Owner::of_type(&type_name), fields)?;
        if node.is_some() {
            self.open.pop();
        }
        self.model.objects[id].fields = fields;
        Ok(Shape::Object(id))
    }
}
