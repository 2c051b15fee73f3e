//! Each kind of invalid input that an operation can be given, and the code that must answer it.

use katapult_openapi::{Api, Lookup, Operation, Schema, SchemaType};
use serde_json::{Value, json};

use super::stage::with;

/// How deep the fields of a body are looked at.
const MAX_DEPTH: usize = 4;

/// A kind of invalid input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slip {
    /// No token is sent.
    NoToken,
    /// The token is no token.
    WrongToken,
    /// The token has none of the scopes.
    MissingScope,
    /// What names an object is not there.
    NoLookup,
    /// What names an object is empty.
    EmptyLookup,
    /// An object is named in two ways.
    TwoLookups,
    /// Nothing has this name.
    LookupOfNothing,
    /// An object's field refers to nothing.
    ReferenceToNothing,
    /// A required field is not there.
    MissingField,
    /// A field that the operation does not take.
    UnknownField,
    /// A value of another type.
    WrongType,
    /// A value that the enumeration does not have.
    UnknownValue,
}

/// Every kind.
pub const SLIPS: [Slip; 12] = [
    Slip::NoToken,
    Slip::WrongToken,
    Slip::MissingScope,
    Slip::NoLookup,
    Slip::EmptyLookup,
    Slip::TwoLookups,
    Slip::LookupOfNothing,
    Slip::ReferenceToNothing,
    Slip::MissingField,
    Slip::UnknownField,
    Slip::WrongType,
    Slip::UnknownValue,
];

/// Invalid input of one kind at one place.
#[derive(Clone, Debug)]
pub struct Case {
    /// Of which kind.
    pub slip: Slip,
    /// Where: `body.properties.name`.
    pub place: String,
    /// The type of object that is named there, if one is.
    pub kind: Option<String>,
    /// The arguments.
    pub arguments: Value,
}

impl Slip {
    /// The codes with which an operation can answer it, the first that it documents counts, and the
    /// framework's own where it documents none. `?` stands for the named object's `…_not_found`.
    fn answers(self) -> (&'static [&'static str], (u16, &'static str)) {
        match self {
            Self::NoToken => (&[], (400, "missing_api_token")),
            Self::WrongToken => (&[], (403, "invalid_api_token")),
            Self::MissingScope => (&[], (403, "scope_not_granted")),
            Self::NoLookup | Self::EmptyLookup | Self::TwoLookups => {
                (&["validation_error", "?"], (400, "invalid_argument"))
            }
            Self::LookupOfNothing | Self::ReferenceToNothing => {
                (&["?", "validation_error"], (404, "?"))
            }
            Self::MissingField => (&["validation_error"], (400, "missing_required_argument")),
            Self::UnknownField | Self::WrongType | Self::UnknownValue => {
                (&["validation_error"], (400, "invalid_argument"))
            }
        }
    }
}

impl Case {
    /// The status and the code that must answer it.
    pub fn expected(&self, operation: &Operation) -> (u16, String) {
        let (codes, (status, code)) = self.slip.answers();
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

    /// The code by which the operation says that what is named there was not found. It can be called
    /// by its type, by its place, or by the end of either: `package_not_found`.
    fn not_found(&self, operation: &Operation) -> Option<(u16, String)> {
        let kind = snake(self.kind.as_deref()?);
        let place = self.place.rsplit('.').next().unwrap_or_default();
        let stem = |code: &str, fits: &dyn Fn(&str) -> bool| {
            code.strip_suffix("_not_found").is_some_and(fits)
        };
        let by = |fits: &dyn Fn(&str) -> bool| with_status(operation, |code| stem(code, fits));
        by(&|stem| stem == kind)
            .or_else(|| by(&|stem| stem == place))
            .or_else(|| by(&|stem| kind.ends_with(stem)))
            .or_else(|| by(&|stem| stem.ends_with(place)))
    }
}

fn with_status(operation: &Operation, fits: impl Fn(&str) -> bool) -> Option<(u16, String)> {
    operation.error_codes.iter().find_map(|(status, codes)| {
        let code = codes.iter().find(|code| fits(code))?;
        Some((*status, code.clone()))
    })
}

/// `VirtualMachine` as codes have it: `virtual_machine`.
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

/// Every case of an operation, made from valid arguments.
pub fn cases(operation: &Operation, valid: &Value) -> Vec<Case> {
    let mut maker = Maker {
        valid,
        cases: Vec::new(),
    };
    if operation.api == Api::Core {
        for slip in [Slip::NoToken, Slip::WrongToken, Slip::MissingScope] {
            if slip != Slip::MissingScope || !operation.scopes.is_empty() {
                maker.push(slip, &[], None, Some(valid.clone()));
            }
        }
    }
    for parameter in &operation.parameters {
        if let Some(schema) = operation.parameter(&parameter.name) {
            let place = [parameter.name.clone()];
            maker.value(schema, &place, parameter.required);
        }
    }
    if let Some(body) = operation.request_body() {
        maker.fields(body, &["body".to_owned()]);
    }
    maker.cases
}

struct Maker<'a> {
    valid: &'a Value,
    cases: Vec<Case>,
}

impl Maker<'_> {
    fn push(&mut self, slip: Slip, place: &[String], kind: Option<&str>, value: Option<Value>) {
        self.cases.push(Case {
            slip,
            place: place.join("."),
            kind: kind.map(str::to_owned),
            arguments: with(self.valid, place, value),
        });
    }

    fn fields(&mut self, schema: Schema<'_>, place: &[String]) {
        let required: Vec<_> = schema.required().collect();
        for (name, schema) in schema.properties() {
            let place = [place, &[name.to_owned()]].concat();
            self.value(schema, &place, required.contains(&name));
        }
        if schema.properties().next().is_some() {
            let place = [place, &["tea".to_owned()]].concat();
            self.push(Slip::UnknownField, &place, None, Some(json!(1)));
        }
    }

    fn value(&mut self, schema: Schema<'_>, place: &[String], required: bool) {
        if let Some(kind) = schema.lookup_target() {
            return self.lookup(schema, kind, place, required);
        }
        if required {
            self.push(Slip::MissingField, place, None, None);
        }
        if !schema.enum_values().is_empty() {
            self.push(Slip::UnknownValue, place, None, Some(json!("tea")));
        }
        if let Some(wrong) = wrong(schema) {
            self.push(Slip::WrongType, place, None, Some(wrong));
        }
        // What a field holds can only be judged where nothing else is missing.
        let there = self.valid.pointer(&format!("/{}", place.join("/")));
        let free = there.is_some() || schema.required().next().is_none();
        if schema.schema_type() == Some(SchemaType::Object) && free && place.len() <= MAX_DEPTH {
            self.fields(schema, place);
        }
    }

    fn lookup(&mut self, schema: Schema<'_>, kind: &str, place: &[String], required: bool) {
        let keys: Vec<_> = schema.lookup().into_iter().flat_map(Lookup::keys).collect();
        let Some(key) = keys.first() else { return };
        let top = place.len() == 1 || (place.len() == 2 && place[0] == "body");
        if required {
            self.push(Slip::NoLookup, place, Some(kind), None);
        }
        // A query cannot say that something is empty.
        if place[0] == "body" {
            self.push(Slip::EmptyLookup, place, Some(kind), Some(json!({})));
        }
        let second = keys.get(1).copied().unwrap_or("other");
        let two = json!({*key: "a", second: "b"});
        self.push(Slip::TwoLookups, place, Some(kind), Some(two));
        let nothing = Some(json!({*key: "nobody"}));
        let slip = if top {
            Slip::LookupOfNothing
        } else {
            Slip::ReferenceToNothing
        };
        self.push(slip, place, Some(kind), nothing);
    }
}

/// A value that is not of the schema's type, in a body as in a query.
fn wrong(schema: Schema<'_>) -> Option<Value> {
    match schema.schema_type()? {
        SchemaType::String | SchemaType::Array => Some(json!({"tea": "1"})),
        _ => Some(json!("tea")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use katapult_openapi::Spec;

    #[test]
    fn the_operations_own_codes_come_first() {
        let documents = Spec::embedded().unwrap();
        let cases = [
            (
                "tags.create",
                Slip::NoToken,
                "",
                None,
                (400, "missing_api_token"),
            ),
            (
                "tags.create",
                Slip::WrongType,
                "body.properties.name",
                None,
                (422, "validation_error"),
            ),
            (
                "tags.create",
                Slip::LookupOfNothing,
                "body.organization",
                Some("Organization"),
                (404, "organization_not_found"),
            ),
            (
                "countries.list",
                Slip::WrongType,
                "page",
                None,
                (400, "invalid_argument"),
            ),
            (
                "virtual_machines.get",
                Slip::NoLookup,
                "virtual_machine",
                Some("VirtualMachine"),
                (404, "virtual_machine_not_found"),
            ),
            (
                "virtual_machine_builds.create",
                Slip::LookupOfNothing,
                "body.package",
                Some("VirtualMachinePackage"),
                (404, "package_not_found"),
            ),
            (
                "load_balancers.create",
                Slip::ReferenceToNothing,
                "body.properties.data_center",
                Some("DataCenter"),
                (422, "validation_error"),
            ),
            (
                "virtual_machines.stop",
                Slip::MissingField,
                "body.x",
                None,
                (400, "missing_required_argument"),
            ),
        ];
        for (id, slip, place, kind, (status, code)) in cases {
            let operation = documents.operation(Api::Core, id).unwrap();
            let case = Case {
                slip,
                place: place.into(),
                kind: kind.map(str::to_owned),
                arguments: Value::Null,
            };
            assert_eq!(
                case.expected(operation),
                (status, code.to_owned()),
                "{id} {slip:?}"
            );
        }
    }
}
