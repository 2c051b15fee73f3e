//! What the recordings have that the document lacks, and the reverse: where corrections are found, and
//! which families of recordings support each.
//!
//! A family is the recordings that were made for one kind of object, whatever client and test made them.

mod shown;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::corrections::{Correction, Rule};
use crate::recording::{self, Exchange};
use crate::request;
use crate::route::{self, Route};
use katapult_openapi::Schema;
use katapult_openapi::Spec;

/// The owner of fields that stand at the top of a body.
const REPLY: &str = "(a response)";
const REQUEST: &str = "(a request)";

/// All that was found.
#[derive(Debug, Default, Serialize)]
pub struct Drift {
    /// By the type of object.
    pub objects: BTreeMap<String, Seen>,
    /// Types of the document of which no object was recorded.
    pub types_never_seen: BTreeSet<String>,
    /// Each correction with what supports it.
    pub corrections: Vec<Support>,
    /// The files of each family.
    pub families: BTreeMap<String, Vec<PathBuf>>,
}

/// What was seen of the objects of one type.
#[derive(Debug, Default, Serialize)]
pub struct Seen {
    /// How many there were.
    pub objects: usize,
    /// Fields that the document knows.
    pub fields: BTreeMap<String, SeenField>,
    /// Fields that it does not know in the place, how often.
    pub unknown_fields: BTreeMap<String, usize>,
}

/// What was seen of one field.
#[derive(Debug, Default, Serialize)]
pub struct SeenField {
    /// In how many objects the document has it.
    pub due: usize,
    /// In how many it was.
    pub there: usize,
    /// Whether the document always requires it.
    pub required: bool,
    /// Values of an enumeration that never came.
    pub values_never_seen: BTreeSet<String>,
    /// Values that the enumeration does not know.
    pub unknown_values: BTreeSet<String>,
    #[serde(skip)]
    values_seen: BTreeSet<String>,
}

/// What supports one correction.
#[derive(Debug, Serialize)]
pub struct Support {
    /// In words.
    pub rule: String,
    /// Families in which it was seen, with the number of exchanges.
    pub families: BTreeMap<String, usize>,
    /// Where one family alone supports it: how many responses of that family could not be read without it.
    pub unreadable_without: Option<usize>,
}

impl Support {
    /// Whether only one family shows the need, and it could not be read by the other corrections alone.
    pub fn is_too_narrow(&self) -> bool {
        self.unreadable_without
            .is_some_and(|responses| responses > 0)
    }
}

/// Reads recordings.
///
/// # Errors
///
/// When a file, a document or the corrections cannot be read.
pub fn read(paths: &[PathBuf]) -> Result<Drift, Box<dyn Error + Send + Sync>> {
    let documents = Spec::embedded()?;
    let corrections = crate::corrections::load()?;
    let mut drift = Drift::default();
    let mut families: Vec<BTreeMap<String, usize>> = vec![BTreeMap::new(); corrections.len()];
    for path in recording::find(paths)? {
        let family = family(&path);
        let files = drift.families.entry(family.clone()).or_default();
        files.push(path.clone());
        for line in recording::read(&path)? {
            let Ok(exchange) = line.exchange else {
                continue;
            };
            let Ok(route) = route::find(&documents, &exchange.method, &exchange.url) else {
                continue;
            };
            let found = drift.exchange(&route, &exchange);
            for (correction, families) in corrections.iter().zip(&mut families) {
                if found.supports(&correction.rule) {
                    *families.entry(family.clone()).or_default() += 1;
                }
            }
        }
    }
    drift.finish(&documents);
    drift.corrections = corrections.iter().zip(families).map(support).collect();
    Ok(drift)
}

fn support((correction, families): (&Correction, BTreeMap<String, usize>)) -> Support {
    let mut counts = families.values();
    let unreadable_without = match (counts.next(), counts.next()) {
        (Some(count), None) if correction.rule.is_needed_to_read() => Some(*count),
        (Some(_), None) => Some(0),
        _ => None,
    };
    Support {
        rule: correction.rule.to_string(),
        families,
        unreadable_without,
    }
}

/// The kind of object that a file's name tells: what stands between its client and its test, whether the objects were
/// read or made, one or many; rules are of the family of what they belong to.
fn family(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let subject = name.split('_').next().unwrap_or_default();
    let subject = subject.split_once('-').map_or(subject, |(_, kind)| kind);
    let kind = subject.strip_prefix("DataSource").unwrap_or(subject);
    let kind = kind.strip_suffix('s').unwrap_or(kind);
    kind.strip_suffix("Rule").unwrap_or(kind).to_owned()
}

/// What one exchange shows.
#[derive(Debug, Default)]
struct Reconciled {
    /// Fields that were there, by their owner: a type, or an operation for the top of its response.
    fields: BTreeSet<(String, String)>,
    /// Those of them whose value tells its own kind.
    tagged: BTreeSet<(String, String)>,
    /// Fields at the top of a response that the document has and the response has not.
    absent: BTreeSet<String>,
    envelope: bool,
    other_success: bool,
    null_sent: bool,
    path_lookup: bool,
}

impl Reconciled {
    fn supports(&self, rule: &Rule) -> bool {
        match rule {
            Rule::Envelope {} => self.envelope,
            Rule::AnySuccess {} => self.other_success,
            Rule::PathLookups {} => self.path_lookup,
            Rule::NullInRequests {} => self.null_sent,
            Rule::OptionalInResponses { field } => self.absent.contains(field),
            Rule::Add { r#type, fields } => fields
                .keys()
                .any(|field| self.fields.contains(&(r#type.clone(), field.clone()))),
            // However the document shows it: the API writes what has several kinds in one way.
            Rule::WrappedPolymorphs { .. } => !self.tagged.is_empty(),
            Rule::Polymorph { at, .. } => at.iter().any(|place| {
                place.rsplit_once('.').is_some_and(|(owner, field)| {
                    self.tagged.contains(&(owner.into(), field.into()))
                })
            }),
        }
    }
}

impl Drift {
    fn exchange(&mut self, route: &Route<'_>, exchange: &Exchange) -> Reconciled {
        let operation = route.operation;
        let mut found = Reconciled::default();
        let response = serde_json::from_str::<Value>(&exchange.response_body).unwrap_or_default();
        let success = (200..300).contains(&exchange.status);
        if success {
            found.other_success = exchange.status != operation.status;
            if let (Some(schema), Value::Object(response)) = (operation.response(), &response) {
                let absent = schema.properties().map(|(name, _)| name);
                let absent = absent.filter(|name| !response.contains_key(*name));
                found.absent = absent.map(str::to_owned).collect();
                self.object(REPLY, &operation.id, schema, response, &mut found);
            }
        } else {
            found.envelope = response["error"]["code"].is_string();
        }
        if let Ok(request) = request::recorded(route, exchange) {
            found.path_lookup = operation.path.split('/').any(|noun| {
                operation
                    .parameter(noun)
                    .or_else(|| operation.request_body()?.property(noun))
                    .is_some_and(Schema::is_lookup)
            });
            if let (Some(schema), Some(Value::Object(body))) =
                (operation.request_body(), &request.body)
            {
                found.null_sent = has_null(&request.body);
                let mut sent = Reconciled::default();
                self.object(REQUEST, REQUEST, schema, body, &mut sent);
            }
        }
        found
    }

    fn object(
        &mut self,
        owner: &str,
        place: &str,
        schema: Schema<'_>,
        object: &Map<String, Value>,
        found: &mut Reconciled,
    ) {
        let required: BTreeSet<&str> = schema.required().collect();
        let seen = self.objects.entry(owner.to_owned()).or_default();
        let is_first = seen.objects == 0;
        seen.objects += 1;
        for (name, _) in schema.properties() {
            let field = seen.fields.entry(name.to_owned()).or_default();
            field.required =
                (is_first || field.due == 0 || field.required) && required.contains(name);
            field.due += 1;
            field.there += usize::from(object.contains_key(name));
        }
        for key in object.keys().filter(|key| schema.property(key).is_none()) {
            *seen.unknown_fields.entry(key.clone()).or_default() += 1;
        }
        for (name, value) in object {
            found.fields.insert((place.to_owned(), name.clone()));
            if let Some(schema) = schema.property(name) {
                self.value((owner, place, name), schema, value, found);
            }
        }
    }

    fn value(
        &mut self,
        at: (&str, &str, &str),
        schema: Schema<'_>,
        value: &Value,
        found: &mut Reconciled,
    ) {
        let (owner, place, name) = at;
        match value {
            Value::Array(items) => {
                for item in items {
                    if let Some(schema) = schema.items() {
                        self.value(at, schema, item, found);
                    }
                }
            }
            Value::Object(object) if schema.is_tagged_union() => {
                let kind = object.get("type").and_then(Value::as_str);
                if let (Some(kind), Some(value)) = (kind, object.get("value")) {
                    found.tagged.insert((place.to_owned(), name.to_owned()));
                    let kinds = schema.variants().map(|(kind, _)| kind.to_owned());
                    let known = kinds.collect();
                    self.enumerated(owner, name, known, kind);
                    if let Some(schema) = schema.variant(kind) {
                        self.value(at, schema, value, found);
                    }
                }
            }
            Value::Object(object) => {
                if let Some(name) = schema.type_name() {
                    self.object(name, name, schema, object, found);
                }
            }
            Value::String(text) if !schema.enum_values().is_empty() => {
                let known = schema.enum_values().iter().filter_map(Value::as_str);
                let known = known.map(str::to_owned).collect();
                self.enumerated(owner, name, known, text);
            }
            _ => {}
        }
    }

    fn enumerated(&mut self, owner: &str, field: &str, known: BTreeSet<String>, value: &str) {
        let seen = self.objects.entry(owner.to_owned()).or_default();
        let field = seen.fields.entry(field.to_owned()).or_default();
        if !known.contains(value) {
            field.unknown_values.insert(value.to_owned());
        }
        field.values_never_seen.extend(known);
        field.values_seen.insert(value.to_owned());
    }

    fn finish(&mut self, documents: &Spec) {
        for field in self
            .objects
            .values_mut()
            .flat_map(|seen| seen.fields.values_mut())
        {
            let SeenField {
                values_never_seen,
                values_seen,
                ..
            } = field;
            values_never_seen.retain(|value| !values_seen.contains(value));
        }
        let types = documents.type_names();
        self.types_never_seen = types
            .into_iter()
            .filter(|name| !self.objects.contains_key(*name))
            .map(str::to_owned)
            .collect();
    }
}

fn has_null(value: &Option<Value>) -> bool {
    fn inside(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(items) => items.iter().any(inside),
            Value::Object(fields) => fields.values().any(inside),
            _ => false,
        }
    }
    value.as_ref().is_some_and(inside)
}
