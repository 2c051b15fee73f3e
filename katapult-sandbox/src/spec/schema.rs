//! The schemas of a canonical document, compiled: references followed once, so that a reply is
//! made without searching.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// Where a schema stands in [`Schemas`], and whether `null` is a value there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    index: usize,
    pub(crate) nullable: bool,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
    #[default]
    Any,
}

/// One schema.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// The component's name: `VirtualMachine.virtual_machines.list`.
    pub(crate) name: Option<String>,
    /// The type of object of which it is a projection: `VirtualMachine`.
    pub(crate) type_name: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) values: Vec<Value>,
    pub(crate) properties: Vec<(String, Node)>,
    pub(crate) items: Option<Node>,
    /// The fields by one of which an object can be named.
    pub(crate) lookup: Option<Vec<String>>,
    /// The projection of each kind of a polymorph.
    pub(crate) polymorph: BTreeMap<String, Node>,
}

/// All schemas of a document.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    all: Vec<Schema>,
    names: HashMap<String, usize>,
}

impl Schema {
    pub(crate) fn property(&self, name: &str) -> Option<Node> {
        let found = self.properties.iter().find(|(known, _)| known == name);
        found.map(|(_, node)| *node)
    }

    /// The type of object that a lookup names: `VirtualMachine` of `VirtualMachineLookup`.
    pub(crate) fn looks_up(&self) -> Option<&str> {
        self.lookup.as_ref()?;
        self.name.as_deref()?.strip_suffix("Lookup")
    }
}

impl Schemas {
    pub(crate) fn get(&self, node: Node) -> &Schema {
        &self.all[node.index]
    }

    /// Compiles a schema of the document `root`, with everything that it refers to.
    pub(crate) fn compile(&mut self, root: &Value, node: &Value) -> Node {
        let nullable = node.get("nullable") == Some(&Value::Bool(true));
        let reference = node.get("$ref").and_then(Value::as_str);
        if let Some(target) = reference {
            let found = self.reference(root, target);
            return Node {
                nullable: nullable || found.nullable,
                ..found
            };
        }
        let composed = node.get("allOf").and_then(Value::as_array);
        if let Some(first) = composed.and_then(|parts| parts.first()) {
            let found = self.compile(root, first);
            return Node {
                nullable: nullable || found.nullable,
                ..found
            };
        }
        let index = self.reserve();
        self.fill(root, node, index);
        Node { index, nullable }
    }

    fn reserve(&mut self) -> usize {
        self.all.push(Schema::default());
        self.all.len() - 1
    }

    fn reference(&mut self, root: &Value, target: &str) -> Node {
        let name = target.rsplit('/').next().unwrap_or(target);
        if let Some(index) = self.names.get(name) {
            return Node {
                index: *index,
                nullable: false,
            };
        }
        let index = self.reserve();
        self.names.insert(name.to_owned(), index);
        let node = target
            .strip_prefix('#')
            .and_then(|pointer| root.pointer(pointer));
        self.fill(root, node.unwrap_or(&Value::Null), index);
        self.all[index].name = Some(name.to_owned());
        Node {
            index,
            nullable: false,
        }
    }

    fn fill(&mut self, root: &Value, node: &Value, index: usize) {
        let list = |key: &str| {
            node.get(key)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let texts = |key: &str| -> Vec<String> {
            let texts = list(key);
            texts
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let map = |key: &str| {
            node.get(key)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
        };
        let properties =
            map("properties").map(|(name, node)| (name.clone(), self.compile(root, node)));
        let properties = properties.collect();
        let polymorph = map("x-katapult-polymorph")
            .map(|(name, node)| (name.clone(), self.compile(root, node)));
        let polymorph = polymorph.collect();
        let schema = Schema {
            name: None,
            type_name: node
                .get("x-katapult-type")
                .and_then(Value::as_str)
                .map(str::to_owned),
            kind: kind(node.get("type").and_then(Value::as_str)),
            values: list("enum"),
            properties,
            items: node.get("items").map(|items| self.compile(root, items)),
            lookup: node
                .get("x-katapult-lookup")
                .map(|_| texts("x-katapult-lookup")),
            polymorph,
        };
        self.all[index] = schema;
    }
}

fn kind(name: Option<&str>) -> Kind {
    match name {
        Some("string") => Kind::String,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        Some("array") => Kind::Array,
        Some("object") => Kind::Object,
        _ => Kind::Any,
    }
}
