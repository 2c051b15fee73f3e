//! Lookups: the extension `x-katapult-lookup`.

use serde_json::Value;

/// A lookup: an object with exactly one of several keys, which names an object of the API.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    name: Option<&'a str>,
    keys: &'a [Value],
    choices: &'a [Value],
    id_prefixes: &'a [Value],
}

impl<'a> Lookup<'a> {
    /// Returns the lookup of a schema that has `x-katapult-lookup`.
    pub(crate) fn new(name: Option<&'a str>, schema: &'a Value) -> Option<Self> {
        let list = |key: &str| schema[key].as_array().map(Vec::as_slice);
        Some(Self {
            name,
            keys: list("x-katapult-lookup")?,
            choices: list("oneOf").unwrap_or_default(),
            id_prefixes: list("x-katapult-id-prefixes").unwrap_or_default(),
        })
    }

    /// Returns `true` if the value of a key is an integer, and not a text.
    pub fn is_integer(self, key: &str) -> bool {
        let mut choices = self.choices.iter();
        choices.any(|choice| choice["properties"][key]["type"] == "integer")
    }

    /// Returns the name of the schema: `VirtualMachineLookup`. `None` if the schema is in place.
    pub fn name(self) -> Option<&'a str> {
        self.name
    }

    /// Returns the type of the named object: `VirtualMachine` of `VirtualMachineLookup`.
    pub fn target(self) -> Option<&'a str> {
        self.name?.strip_suffix("Lookup")
    }

    /// Returns the keys, in the order of the document: `fqdn`, `id`.
    pub fn keys(self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.keys.iter().filter_map(Value::as_str)
    }

    /// Returns the prefixes of the objects' ids, without the underscore: `vm`. Empty if they are not
    /// known.
    pub fn id_prefixes(self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.id_prefixes.iter().filter_map(Value::as_str)
    }
}
