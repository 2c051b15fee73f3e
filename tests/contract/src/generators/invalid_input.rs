//! Invalid arguments: valid ones with one mutation, and the error that each must produce.

use katapult_openapi::{Api, Lookup, Operation, Schema, SchemaType};
use serde_json::{Map, Value, json};

/// The depth to which the fields of a body are mutated; deeper ones repeat the same types.
const MAX_DEPTH: usize = 4;

/// A mutation that makes a request invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mutation {
    /// The request has no token.
    MissingToken,
    /// The token is unknown.
    InvalidToken,
    /// The token has none of the operation's scopes.
    MissingScope,
    /// A required lookup is absent.
    MissingLookup,
    /// A lookup has no key.
    EmptyLookup,
    /// A lookup has two keys.
    AmbiguousLookup,
    /// A lookup names an object that does not exist.
    UnknownObject,
    /// A lookup in an object's properties names an object that does not exist.
    UnknownReference,
    /// A required field is absent.
    MissingField,
    /// The request has an undocumented field.
    UnknownField,
    /// A value has another type.
    WrongType,
    /// A value is not in its enumeration.
    UnknownEnumValue,
}

/// A request with one mutation.
#[derive(Clone, Debug)]
pub struct InvalidInput {
    /// The mutation.
    pub mutation: Mutation,
    /// The path of the mutated value: `body.properties.name`.
    pub path: String,
    /// The type of object that a mutated lookup names.
    pub kind: Option<String>,
    /// The arguments, in their JSON form.
    pub arguments: Value,
}

impl Mutation {
    /// Every mutation.
    pub const ALL: [Self; 12] = [
        Self::MissingToken,
        Self::InvalidToken,
        Self::MissingScope,
        Self::MissingLookup,
        Self::EmptyLookup,
        Self::AmbiguousLookup,
        Self::UnknownObject,
        Self::UnknownReference,
        Self::MissingField,
        Self::UnknownField,
        Self::WrongType,
        Self::UnknownEnumValue,
    ];

    /// Returns the codes that may reject the request, of which the first documented one applies, and the
    /// framework's error if the operation documents none. `?` is the `…_not_found` of the named object.
    fn error(self) -> (&'static [&'static str], (u16, &'static str)) {
        match self {
            Self::MissingToken => (&[], (400, "missing_api_token")),
            Self::InvalidToken => (&[], (403, "invalid_api_token")),
            Self::MissingScope => (&[], (403, "scope_not_granted")),
            Self::MissingLookup | Self::EmptyLookup | Self::AmbiguousLookup => {
                (&["validation_error", "?"], (400, "invalid_argument"))
            }
            Self::UnknownObject | Self::UnknownReference => {
                (&["?", "validation_error"], (404, "?"))
            }
            Self::MissingField => (&["validation_error"], (400, "missing_required_argument")),
            Self::UnknownField | Self::WrongType | Self::UnknownEnumValue => {
                (&["validation_error"], (400, "invalid_argument"))
            }
        }
    }
}

impl InvalidInput {
    /// Returns the status and the code that must reject the request.
    pub fn expected_error(&self, operation: &Operation) -> (u16, String) {
        let (codes, (status, code)) = self.mutation.error();
        let documented = codes.iter().find_map(|code| match *code {
            "?" => self.not_found(operation),
            code => with_status(operation, |known| known == code),
        });
        let kind = self.kind.as_deref().unwrap_or_default();
        documented.unwrap_or_else(|| {
            (
                status,
                code.replace('?', &format!("{}_not_found", snake(kind))),
            )
        })
    }

    /// Returns the operation's code for a missing object. It is named by the object's type or the field, or by
    /// the end of either: `package_not_found`.
    fn not_found(&self, operation: &Operation) -> Option<(u16, String)> {
        let kind = snake(self.kind.as_deref()?);
        let path = self.path.rsplit('.').next().unwrap_or_default();
        let stem = |code: &str, fits: &dyn Fn(&str) -> bool| {
            code.strip_suffix("_not_found").is_some_and(fits)
        };
        let by = |fits: &dyn Fn(&str) -> bool| with_status(operation, |code| stem(code, fits));
        by(&|stem| stem == kind)
            .or_else(|| by(&|stem| stem == path))
            .or_else(|| by(&|stem| kind.ends_with(stem)))
            .or_else(|| by(&|stem| stem.ends_with(path)))
    }
}

fn with_status(operation: &Operation, fits: impl Fn(&str) -> bool) -> Option<(u16, String)> {
    operation.error_codes.iter().find_map(|(status, codes)| {
        let code = codes.iter().find(|code| fits(code))?;
        Some((*status, code.clone()))
    })
}

/// Returns the name of a type as codes have it: `virtual_machine` for `VirtualMachine`.
fn snake(kind: &str) -> String {
    let mut name = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Returns every invalid request that can be made from valid arguments.
pub fn all(operation: &Operation, valid: &Value) -> Vec<InvalidInput> {
    let mut mutator = Mutator {
        valid,
        cases: Vec::new(),
    };
    // The public API takes no token.
    if operation.api == Api::Core {
        for mutation in [
            Mutation::MissingToken,
            Mutation::InvalidToken,
            Mutation::MissingScope,
        ] {
            if mutation != Mutation::MissingScope || !operation.scopes.is_empty() {
                mutator.push(mutation, &[], None, Some(valid.clone()));
            }
        }
    }
    for parameter in &operation.parameters {
        if let Some(schema) = operation.parameter(&parameter.name) {
            let path = [parameter.name.clone()];
            mutator.value(schema, &path, parameter.required);
        }
    }
    if let Some(body) = operation.request_body() {
        mutator.fields(body, &["body".to_owned()]);
    }
    mutator.cases
}

struct Mutator<'a> {
    valid: &'a Value,
    cases: Vec<InvalidInput>,
}

impl Mutator<'_> {
    fn push(
        &mut self,
        mutation: Mutation,
        path: &[String],
        kind: Option<&str>,
        value: Option<Value>,
    ) {
        self.cases.push(InvalidInput {
            mutation,
            path: path.join("."),
            kind: kind.map(str::to_owned),
            arguments: with(self.valid, path, value),
        });
    }

    fn fields(&mut self, schema: Schema<'_>, path: &[String]) {
        let required: Vec<_> = schema.required().collect();
        for (name, schema) in schema.properties() {
            let path = [path, &[name.to_owned()]].concat();
            self.value(schema, &path, required.contains(&name));
        }
        if schema.properties().next().is_some() {
            let path = [path, &["invalid".to_owned()]].concat();
            self.push(Mutation::UnknownField, &path, None, Some(json!(1)));
        }
    }

    fn value(&mut self, schema: Schema<'_>, path: &[String], required: bool) {
        if let Some(kind) = schema.lookup_target() {
            return self.lookup(schema, kind, path, required);
        }
        if required {
            self.push(Mutation::MissingField, path, None, None);
        }
        if !schema.enum_values().is_empty() {
            self.push(
                Mutation::UnknownEnumValue,
                path,
                None,
                Some(json!("invalid")),
            );
        }
        if let Some(wrong) = of_another_type(schema) {
            self.push(Mutation::WrongType, path, None, Some(wrong));
        }
        // Fields of an absent object cannot be mutated alone: its other required fields would be absent too.
        let there = self.valid.pointer(&format!("/{}", path.join("/")));
        let free = there.is_some() || schema.required().next().is_none();
        if schema.schema_type() == Some(SchemaType::Object) && free && path.len() <= MAX_DEPTH {
            self.fields(schema, path);
        }
    }

    fn lookup(&mut self, schema: Schema<'_>, kind: &str, path: &[String], required: bool) {
        let keys: Vec<_> = schema.lookup().into_iter().flat_map(Lookup::keys).collect();
        // The first key is the one that every lookup of the type has.
        let Some(key) = keys.first() else { return };
        let top = path.len() == 1 || (path.len() == 2 && path[0] == "body");
        if required {
            self.push(Mutation::MissingLookup, path, Some(kind), None);
        }
        // A query has no form for an empty object.
        if path[0] == "body" {
            self.push(Mutation::EmptyLookup, path, Some(kind), Some(json!({})));
        }
        // A lookup with a single key becomes ambiguous by an unknown one.
        let second = keys.get(1).copied().unwrap_or("other");
        let two = json!({*key: "a", second: "b"});
        self.push(Mutation::AmbiguousLookup, path, Some(kind), Some(two));
        let nothing = Some(json!({*key: "nobody"}));
        let mutation = if top {
            Mutation::UnknownObject
        } else {
            Mutation::UnknownReference
        };
        self.push(mutation, path, Some(kind), nothing);
    }
}

/// Returns a value of another type, wrong in a body and in a query.
fn of_another_type(schema: Schema<'_>) -> Option<Value> {
    match schema.schema_type()? {
        SchemaType::String | SchemaType::Array => Some(json!({"invalid": "1"})),
        _ => Some(json!("invalid")),
    }
}

/// Returns arguments with the value at a path replaced, or removed.
fn with(arguments: &Value, path: &[String], value: Option<Value>) -> Value {
    let Some((first, rest)) = path.split_first() else {
        return value.unwrap_or_default();
    };
    let mut fields = match arguments {
        Value::Object(fields) => fields.clone(),
        _ => Map::new(),
    };
    match (rest.is_empty(), value) {
        (true, None) => {
            fields.remove(first);
        }
        (_, value) => {
            let inner = fields.get(first).cloned().unwrap_or_else(|| json!({}));
            fields.insert(first.clone(), with(&inner, rest, value));
        }
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use katapult_openapi::Spec;

    #[test]
    fn documented_code_of_the_operation_comes_first() {
        let spec = Spec::embedded().unwrap();
        let check = |id, mutation, path: &str, kind: &str, (status, code): (u16, &str)| {
            let operation = spec.operation(Api::Core, id).unwrap();
            let input = InvalidInput {
                mutation,
                path: path.into(),
                kind: Some(kind.to_owned()).filter(|kind| !kind.is_empty()),
                arguments: Value::Null,
            };
            let found = input.expected_error(operation);
            assert_eq!(found, (status, code.to_owned()), "{id} {mutation:?}");
        };
        use Mutation::*;
        let error = (400, "missing_api_token");
        check("tags.create", MissingToken, "", "", error);
        let error = (422, "validation_error");
        check("tags.create", WrongType, "body.properties.name", "", error);
        let path = "body.properties.data_center";
        check(
            "load_balancers.create",
            UnknownReference,
            path,
            "DataCenter",
            error,
        );
        let error = (404, "organization_not_found");
        check(
            "tags.create",
            UnknownObject,
            "body.organization",
            "Organization",
            error,
        );
        let error = (400, "invalid_argument");
        check("countries.list", WrongType, "page", "", error);
        let (id, error) = ("virtual_machines.get", (404, "virtual_machine_not_found"));
        check(
            id,
            MissingLookup,
            "virtual_machine",
            "VirtualMachine",
            error,
        );
        let (id, error) = ("virtual_machine_builds.create", (404, "package_not_found"));
        check(
            id,
            UnknownObject,
            "body.package",
            "VirtualMachinePackage",
            error,
        );
        let error = (400, "missing_required_argument");
        check("virtual_machines.stop", MissingField, "body.x", "", error);
    }
}
