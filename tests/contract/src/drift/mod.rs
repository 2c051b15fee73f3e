//! Differences between recordings and document, and the families of recordings that support each correction.
//!
//! A family is the recordings of one kind of object, whatever client and test made them.

mod arguments;
mod report;
#[cfg(test)]
mod tests;

pub use arguments::{ObservedArgument, ObservedArguments};

use katapult_openapi::{Schema, Spec};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::replay::compare_request;
use crate::replay::recording::{self, Exchange};
use crate::spec::corrections::{Correction, Rule};
use crate::spec::router::{self, Route};

/// The owners of fields at the top of a body, which has no type of its own.
const RESPONSE: &str = "(a response)";
const REQUEST: &str = "(a request)";

/// The differences between recordings and document.
#[derive(Debug, Default, Serialize)]
pub struct Drift {
    /// The observations by type of object.
    pub objects: BTreeMap<String, ObservedType>,
    /// The observations of arguments, by creation or action.
    pub arguments: BTreeMap<String, ObservedArguments>,
    /// Documented types without a recorded object.
    pub types_never_seen: BTreeSet<String>,
    /// The corrections with their support.
    pub corrections: Vec<Support>,
    /// The files of each family.
    pub families: BTreeMap<String, Vec<PathBuf>>,
}

/// The observations of one type of object.
#[derive(Debug, Default, Serialize)]
pub struct ObservedType {
    /// The number of objects.
    pub objects: usize,
    /// The documented fields.
    pub fields: BTreeMap<String, ObservedField>,
    /// The undocumented fields, with their number.
    pub unknown_fields: BTreeMap<String, usize>,
}

/// The observations of one field.
#[derive(Debug, Default, Serialize)]
pub struct ObservedField {
    /// The number of objects in which the field is documented.
    pub due: usize,
    /// The number of objects that have the field.
    pub there: usize,
    /// `true` if the document always requires the field.
    pub required: bool,
    /// Documented enumeration values that were never recorded.
    pub values_never_seen: BTreeSet<String>,
    /// Recorded values that the enumeration does not have.
    pub unknown_values: BTreeSet<String>,
    #[serde(skip)]
    values_seen: BTreeSet<String>,
}

/// The support of one correction.
#[derive(Debug, Serialize)]
pub struct Support {
    /// The rule, in short form.
    pub rule: String,
    /// The supporting families, with their number of exchanges.
    pub families: BTreeMap<String, usize>,
    /// The number of responses that cannot be decoded without the correction, if only one family supports it.
    pub unreadable_without: Option<usize>,
    /// `true` if the correction changes the arguments of methods: handwritten code does not compile without it.
    pub changes_arguments: bool,
}

impl Support {
    /// Returns `true` if only one family supports the correction and cannot be decoded without it.
    pub fn is_too_narrow(&self) -> bool {
        self.unreadable_without
            .is_some_and(|responses| responses > 0)
    }
}

/// Reads recordings.
///
/// # Errors
///
/// If a recording, a document or the corrections cannot be read.
pub fn read(paths: &[PathBuf]) -> Result<Drift, Box<dyn Error + Send + Sync>> {
    let spec = Spec::embedded()?;
    let corrections = crate::spec::corrections::load()?;
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
            let Ok(route) = router::find(&spec, &exchange.method, &exchange.url) else {
                continue;
            };
            let evidence = drift.exchange(&route, &exchange);
            for (correction, families) in corrections.iter().zip(&mut families) {
                if evidence.supports(&correction.rule) {
                    *families.entry(family.clone()).or_default() += 1;
                }
            }
        }
    }
    drift.finish(&spec);
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
        changes_arguments: correction.rule.changes_arguments(),
    }
}

/// Returns the kind of object in a file's name: the part between the names of its client and its test, in the
/// singular and without `DataSource`. Rules belong to the family of their owner.
pub(crate) fn family(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let subject = name.split('_').next().unwrap_or_default();
    let subject = subject.split_once('-').map_or(subject, |(_, kind)| kind);
    let kind = subject.strip_prefix("DataSource").unwrap_or(subject);
    // Tests of data sources read one object or many: `DataSourceTags` is about `Tag`.
    let kind = kind.strip_suffix('s').unwrap_or(kind);
    kind.strip_suffix("Rule").unwrap_or(kind).to_owned()
}

/// The evidence in one exchange.
#[derive(Debug, Default)]
struct Evidence {
    /// The fields that are present, with their owner: a type, or an operation for the top of its response.
    fields: BTreeSet<(String, String)>,
    /// The fields among them whose value is a tagged union.
    tagged: BTreeSet<(String, String)>,
    /// Documented fields at the top of a response that are absent.
    absent: BTreeSet<String>,
    /// The arguments of an accepted request, as `resource.action.argument`.
    arguments: BTreeSet<String>,
    /// The prefixes of the ids in a response.
    id_prefixes: BTreeSet<String>,
    envelope: bool,
    other_success: bool,
    null_sent: bool,
    path_lookup: bool,
}

impl Evidence {
    fn supports(&self, rule: &Rule) -> bool {
        match rule {
            Rule::Envelope {} => self.envelope,
            Rule::AnySuccess {} => self.other_success,
            Rule::PathLookups {} => self.path_lookup,
            Rule::Required { at } => at.iter().any(|place| self.arguments.contains(place)),
            Rule::NullInRequests {} => self.null_sent,
            Rule::IdPrefixes { kinds } => {
                let mut prefixes = kinds.values().flatten();
                prefixes.any(|prefix| self.id_prefixes.contains(prefix))
            }
            Rule::OptionalInResponses { field } => self.absent.contains(field),
            Rule::Add { r#type, fields } => fields
                .keys()
                .any(|field| self.fields.contains(&(r#type.clone(), field.clone()))),
            Rule::Secrets { fields } => {
                let mut owned = self.fields.iter();
                owned.any(|(_, field)| fields.contains(field))
            }
            // Any tagged union is evidence: the API encodes all of them in the same way.
            Rule::WrappedPolymorphs {} => !self.tagged.is_empty(),
            Rule::Polymorph { at, .. } => at.iter().any(|place| {
                place.rsplit_once('.').is_some_and(|(owner, field)| {
                    self.tagged.contains(&(owner.into(), field.into()))
                })
            }),
        }
    }
}

/// Adds the prefix of each id in a value.
fn add_id_prefixes(value: &Value, prefixes: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let id = fields.get("id").and_then(Value::as_str);
            if let Some((prefix, _)) = id.and_then(|id| id.split_once('_')) {
                prefixes.insert(prefix.to_owned());
            }
            fields
                .values()
                .for_each(|field| add_id_prefixes(field, prefixes));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| add_id_prefixes(item, prefixes)),
        _ => {}
    }
}

impl Drift {
    fn exchange(&mut self, route: &Route<'_>, exchange: &Exchange) -> Evidence {
        let operation = route.operation;
        let mut evidence = Evidence::default();
        let response = serde_json::from_str::<Value>(&exchange.response_body).unwrap_or_default();
        add_id_prefixes(&response, &mut evidence.id_prefixes);
        let success = (200..300).contains(&exchange.status);
        if success {
            evidence.other_success = exchange.status != operation.status;
            if let (Some(schema), Value::Object(response)) = (operation.response(), &response) {
                let absent = schema.properties().map(|(name, _)| name);
                let absent = absent.filter(|name| !response.contains_key(*name));
                evidence.absent = absent.map(str::to_owned).collect();
                self.object(RESPONSE, &operation.id, schema, response, &mut evidence);
            }
        } else {
            evidence.envelope = response["error"]["code"].is_string();
        }
        // A request that contradicts itself is reported by the replay.
        if let Ok(request) = compare_request::recorded(route, exchange) {
            evidence.path_lookup = operation.path.split('/').any(|noun| {
                operation
                    .parameter(noun)
                    .or_else(|| operation.request_body()?.property(noun))
                    .is_some_and(Schema::is_lookup)
            });
            if let (Some(schema), Some(Value::Object(body))) =
                (operation.request_body(), &request.body)
            {
                evidence.null_sent = has_null(&request.body);
                if arguments::is_observed(operation) {
                    let observed = self.arguments.entry(operation.id.clone()).or_default();
                    if success {
                        observed.accept(schema, body);
                        let sent = arguments::arguments(schema, body).into_iter();
                        let sent = sent.filter(|(_, _, value)| value.is_some());
                        evidence.arguments = sent
                            .map(|(name, ..)| format!("{}.{name}", operation.id))
                            .collect();
                    } else {
                        observed.refuse(&response);
                    }
                }
                let mut sent = Evidence::default();
                self.object(REQUEST, REQUEST, schema, body, &mut sent);
            }
        }
        evidence
    }

    fn object(
        &mut self,
        owner: &str,
        place: &str,
        schema: Schema<'_>,
        object: &Map<String, Value>,
        evidence: &mut Evidence,
    ) {
        let required: BTreeSet<&str> = schema.required().collect();
        let observed = self.objects.entry(owner.to_owned()).or_default();
        // A type has several forms; a field counts as required only if all of them require it.
        let is_first = observed.objects == 0;
        observed.objects += 1;
        for (name, _) in schema.properties() {
            let field = observed.fields.entry(name.to_owned()).or_default();
            field.required =
                (is_first || field.due == 0 || field.required) && required.contains(name);
            field.due += 1;
            field.there += usize::from(object.contains_key(name));
        }
        for key in object.keys().filter(|key| schema.property(key).is_none()) {
            *observed.unknown_fields.entry(key.clone()).or_default() += 1;
        }
        for (name, value) in object {
            evidence.fields.insert((place.to_owned(), name.clone()));
            if let Some(schema) = schema.property(name) {
                self.value((owner, place, name), schema, value, evidence);
            }
        }
    }

    fn value(
        &mut self,
        at: (&str, &str, &str),
        schema: Schema<'_>,
        value: &Value,
        evidence: &mut Evidence,
    ) {
        let (owner, place, name) = at;
        match value {
            Value::Array(items) => {
                for item in items {
                    if let Some(schema) = schema.items() {
                        self.value(at, schema, item, evidence);
                    }
                }
            }
            Value::Object(object) if schema.is_tagged_union() => {
                let kind = object.get("type").and_then(Value::as_str);
                if let (Some(kind), Some(value)) = (kind, object.get("value")) {
                    evidence.tagged.insert((place.to_owned(), name.to_owned()));
                    let kinds = schema.variants().map(|(kind, _)| kind.to_owned());
                    let known = kinds.collect();
                    self.enumerated(owner, name, known, kind);
                    if let Some(schema) = schema.variant(kind) {
                        self.value(at, schema, value, evidence);
                    }
                }
            }
            Value::Object(object) => {
                if let Some(name) = schema.type_name() {
                    self.object(name, name, schema, object, evidence);
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
        let observed = self.objects.entry(owner.to_owned()).or_default();
        let field = observed.fields.entry(field.to_owned()).or_default();
        if !known.contains(value) {
            field.unknown_values.insert(value.to_owned());
        }
        field.values_never_seen.extend(known);
        field.values_seen.insert(value.to_owned());
    }

    fn finish(&mut self, spec: &Spec) {
        for field in self
            .objects
            .values_mut()
            .flat_map(|observed| observed.fields.values_mut())
        {
            let ObservedField {
                values_never_seen,
                values_seen,
                ..
            } = field;
            // The forms of a type may document different values, so this waits for all recordings.
            values_never_seen.retain(|value| !values_seen.contains(value));
        }
        let types = spec.type_names();
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
