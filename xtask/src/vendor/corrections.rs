//! `corrections.yaml`: deviations of the API from its document, each with its evidence. The file does what an OpenAPI
//! Overlay does, by rules of our own that apply to documents of any version.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::util::fs;
use crate::vendor::model::{Direction, Field, Model, Object, Shape, WaitStates};
use crate::vendor::required_arguments::require;
use crate::vendor::secrets::secrets;
use crate::vendor::tagged_unions::{tagged_union, wrapped_unions};
use crate::vendor::upstream::{Scalar, Upstream};
use crate::vendor::wait_states::wait_states;

/// One deviation, stated as a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correction {
    pub(crate) rule: Rule,
    /// The observation that proves it, and its frequency.
    pub(crate) evidence: String,
    /// The first version of the product whose document needs it. In an older document, or in one without a version,
    /// the correction may have no effect.
    #[serde(default)]
    since: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Rule {
    /// Errors are wrapped in `{"error": …}`.
    Envelope {},
    /// A creation can return 200 or 201, whichever the document states.
    AnySuccess {},
    /// A lookup that fills in a segment of the path is required.
    PathLookups {},
    /// The API refuses a request without these arguments, as `resource.action.argument`: fields of the request body, or
    /// of its `properties`.
    Required { at: Vec<String> },
    /// Every optional field of a request body can be `null`.
    NullInRequests {},
    /// The SDK has no such operation: `GET /path`, as the document writes the path.
    Ignore { operation: String },
    /// The SDK has no such fields, as `Type.field` or `resource.action.field`; of a lookup, no such keys.
    IgnoreFields { at: Vec<String> },
    /// A top-level field of responses is not always present.
    OptionalInResponses { field: String },
    /// A type has fields that the document lacks.
    Add {
        r#type: String,
        fields: BTreeMap<String, NewField>,
    },
    /// Texts of these names are secrets, wherever they are: types and logs hide them.
    Secrets { fields: Vec<String> },
    /// The objects of these operations have states that change in the background, by `resource.action`.
    WaitStates {
        operations: BTreeMap<String, WaitStates>,
    },
    /// Ids begin with a prefix: the prefixes of each type, without the underscore.
    IdPrefixes {
        kinds: BTreeMap<String, Vec<String>>,
    },
    /// Objects with a single field that is a `oneOf` are tagged unions. The variants are given by type, so that the
    /// upstream names of schemas do not matter; a type that is not listed has a variant for each of its schemas.
    WrappedPolymorphs {
        kinds: BTreeMap<String, Vec<String>>,
    },
    /// A field is a tagged union, sent as `{"type": …, "value": …}`.
    Polymorph {
        name: String,
        /// The fields, as `Type.field` or `resource.action.field`.
        at: Vec<String>,
        /// The type of the object for each value of `type`.
        kinds: BTreeMap<String, String>,
    },
}

/// The type of an added field, which may be absent or null.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum NewField {
    Basic(BasicType),
    /// An object whose type the document lacks too.
    Object {
        object: String,
        fields: BTreeMap<String, NewField>,
    },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BasicType {
    String,
    Integer,
    Boolean,
    Any,
}

pub(crate) fn load(path: &Path) -> Result<Vec<Correction>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let corrections: Vec<Correction> =
        serde_saphyr::from_str(&fs::read(path)?).with_context(|| {
            format!(
                "{}: invalid correction: give it a `rule` of those in xtask/src/vendor/corrections.rs, and its \
                 `evidence`",
                path.display()
            )
        })?;
    for correction in &corrections {
        if correction.evidence.trim().is_empty() {
            bail!(
                "{}: {:?} has no evidence: state the observation, and its frequency",
                path.display(),
                correction.rule
            );
        }
    }
    Ok(corrections)
}

/// Returns the operations that the corrections ignore.
pub(crate) fn ignored(corrections: &[Correction]) -> Vec<&str> {
    let rules = corrections.iter().map(|correction| &correction.rule);
    rules
        .filter_map(|rule| match rule {
            Rule::Ignore { operation } => Some(operation.as_str()),
            _ => None,
        })
        .collect()
}

/// The number of places that each correction changed, over all documents of a run.
#[derive(Default)]
pub(crate) struct CorrectionUse {
    hits: BTreeMap<usize, usize>,
    /// Corrections that may change nothing, because every document is older than they are.
    excused: BTreeMap<usize, bool>,
}

impl CorrectionUse {
    /// Applies the corrections of required arguments to one document, whose operations have these names.
    pub(crate) fn require_arguments(
        &mut self,
        corrections: &[Correction],
        upstream: &mut Upstream,
        operations: &[String],
    ) {
        for (index, correction) in corrections.iter().enumerate() {
            if let Rule::Required { at } = &correction.rule {
                *self.hits.entry(index).or_default() += require(upstream, operations, at);
            }
        }
    }

    /// Applies all other corrections to one document's model.
    pub(crate) fn apply(
        &mut self,
        corrections: &[Correction],
        upstream: &Upstream,
        model: &mut Model,
    ) -> Result<()> {
        for (index, correction) in corrections.iter().enumerate() {
            let count = apply(&correction.rule, upstream, model)
                .with_context(|| format!("corrections.yaml: number {}", index + 1))?;
            *self.hits.entry(index).or_default() += count;
            let older = correction
                .since
                .as_deref()
                .is_some_and(|since| is_older(upstream.product_version.as_deref(), since));
            *self.excused.entry(index).or_insert(true) &= older;
        }
        Ok(())
    }

    /// Returns an error if a correction changed nothing.
    pub(crate) fn check(&self, corrections: &[Correction], path: &Path) -> Result<()> {
        for (index, correction) in corrections.iter().enumerate() {
            let hits = self.hits.get(&index).copied().unwrap_or(0);
            // Obsolete or misspelt: either way, the document would be wrong and nobody would notice.
            if hits == 0 && !self.excused.get(&index).copied().unwrap_or(false) {
                bail!(
                    "{}: number {} ({:?}) no longer applies: the document now states what it corrects, or no longer has \
                     the place. Compare the document; then remove the correction, or change it",
                    path.display(),
                    index + 1,
                    correction.rule
                );
            }
        }
        Ok(())
    }
}

/// Returns `true` if a document's version is before another one. A document without a version is old.
fn is_older(version: Option<&str>, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        // As numbers, because 2.9 is before 2.10.
        text.split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    version.is_none_or(|version| numbers(version) < numbers(than))
}

/// Applies one rule. Returns the number of places that it changed.
fn apply(rule: &Rule, upstream: &Upstream, model: &mut Model) -> Result<usize> {
    Ok(match rule {
        // The canonical document always has the envelope; counted to find out when upstream has it too.
        Rule::Envelope {} => upstream
            .operations
            .iter()
            .filter(|operation| operation.bare_errors)
            .count(),
        // The generated code accepts every 2xx status, so the document needs no change.
        Rule::AnySuccess {} => upstream
            .operations
            .iter()
            .filter(|operation| operation.method == "POST")
            .count(),
        Rule::Ignore { operation } => upstream
            .ignored
            .iter()
            .filter(|ignored| *ignored == operation)
            .count(),
        Rule::IgnoreFields { at } => ignore_fields(model, at),
        Rule::PathLookups {} => path_lookups(model),
        // Counted when the document was corrected, before the model was made.
        Rule::Required { .. } => 0,
        Rule::NullInRequests {} => null_in_requests(model),
        Rule::OptionalInResponses { field } => model
            .operations
            .values_mut()
            .filter_map(|operation| operation.response.as_mut()?.get_mut(field))
            .map(|field| usize::from(std::mem::replace(&mut field.required, false)))
            .sum(),
        Rule::Add { r#type, fields } => add(model, r#type, fields)?,
        Rule::Secrets { fields } => secrets(model, fields),
        Rule::WaitStates { operations } => wait_states(model, operations),
        Rule::IdPrefixes { kinds } => id_prefixes(model, kinds),
        Rule::WrappedPolymorphs { kinds } => wrapped_unions(model, kinds)?,
        Rule::Polymorph { name, at, kinds } => tagged_union(model, name, at, kinds)?,
    })
}

fn ignore_fields(model: &mut Model, at: &[String]) -> usize {
    let mut count = 0;
    for (owner, field) in at.iter().filter_map(|place| place.rsplit_once('.')) {
        let objects = model.objects.iter_mut();
        let objects = objects.filter(|object| object.type_name == owner);
        count += objects
            .filter_map(|object| object.fields.remove(field))
            .count();
        if let Some(operation) = model.operations.get_mut(owner) {
            let tops = operation.body.iter_mut().chain(&mut operation.response);
            count += tops
                .chain([&mut operation.query])
                .filter_map(|fields| fields.remove(field))
                .count();
        }
        if let Some(keys) = model.lookups.get_mut(owner) {
            count += usize::from(keys.remove(field).is_some());
        }
    }
    count
}

fn id_prefixes(model: &mut Model, kinds: &BTreeMap<String, Vec<String>>) -> usize {
    let mut count = 0;
    for (kind, prefixes) in kinds {
        let lookup = format!("{kind}Lookup");
        if model.lookups.contains_key(&lookup) {
            model.id_prefixes.insert(lookup, prefixes.clone());
            count += 1;
        }
    }
    count
}

fn path_lookups(model: &mut Model) -> usize {
    let mut count = 0;
    for operation in model.operations.values_mut() {
        let nouns: Vec<String> = operation.path_nouns().map(str::to_owned).collect();
        for (name, field) in operation
            .query
            .iter_mut()
            .chain(operation.body.iter_mut().flatten())
        {
            if matches!(field.value, Shape::Lookup(_)) && nouns.contains(name) && !field.required {
                field.required = true;
                count += 1;
            }
        }
    }
    count
}

fn null_in_requests(model: &mut Model) -> usize {
    let bodies = model
        .operations
        .values_mut()
        .filter_map(|operation| operation.body.as_mut());
    let arguments = model
        .objects
        .iter_mut()
        .filter(|object| object.direction == Direction::Request)
        .map(|object| &mut object.fields);
    bodies
        .chain(arguments)
        .flat_map(BTreeMap::values_mut)
        .filter(|field| !field.required && !field.nullable)
        .map(|field| field.nullable = true)
        .count()
}

fn add(model: &mut Model, type_name: &str, fields: &BTreeMap<String, NewField>) -> Result<usize> {
    let lacking = |object: &Object, field: &str| {
        object.type_name == type_name
            && object.direction == Direction::Response
            && !object.fields.contains_key(field)
    };
    let mut count = 0;
    for (name, field) in fields {
        let Some(first) = model.objects.iter().find(|object| lacking(object, name)) else {
            continue;
        };
        let first_use = first.first_use.clone();
        let value = added(model, field, &first_use)?;
        for object in &mut model.objects {
            if lacking(object, name) {
                // Recordings prove that a field can be present, never that it always is.
                let field = Field {
                    value: value.clone(),
                    required: false,
                    nullable: true,
                };
                object.fields.insert(name.clone(), field);
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Returns the shape of an added field. An object is added to the model.
fn added(model: &mut Model, field: &NewField, first_use: &str) -> Result<Shape> {
    let (name, fields) = match field {
        NewField::Basic(BasicType::String) => return Ok(Shape::Scalar(Scalar::String)),
        NewField::Basic(BasicType::Integer) => return Ok(Shape::Scalar(Scalar::Integer)),
        NewField::Basic(BasicType::Boolean) => return Ok(Shape::Scalar(Scalar::Boolean)),
        NewField::Basic(BasicType::Any) => return Ok(Shape::Any),
        NewField::Object { object, fields } => (object, fields),
    };
    let exists = model.has_type(name);
    if exists {
        bail!(
            "the document has a type {name} now: if it is the added object, remove the correction; otherwise, name the added object differently"
        );
    }
    let mut object_fields = BTreeMap::new();
    for (field_name, field) in fields {
        let field = Field {
            value: added(model, field, first_use)?,
            required: false,
            nullable: field_name != "id",
        };
        object_fields.insert(field_name.clone(), field);
    }
    model.objects.push(Object {
        type_name: name.clone(),
        direction: Direction::Response,
        fields: object_fields,
        first_use: first_use.to_owned(),
    });
    Ok(Shape::Object(model.objects.len() - 1))
}
