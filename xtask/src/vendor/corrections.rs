//! `corrections.yaml`: where the API departs from its document, with the evidence.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::naming::case::pascal;
use crate::util::fs;
use crate::vendor::model::{Direction, Field, Model, Object, Shape};
use crate::vendor::upstream::{Scalar, Upstream};

/// One departure, stated as a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correction {
    pub(crate) rule: Rule,
    /// What was seen, and how often.
    pub(crate) evidence: String,
    /// The product's version from which the document needs it; an older document, or one that
    /// tells no version, is not held to it.
    #[serde(default)]
    since: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Rule {
    /// Failures stand in `{"error": …}`.
    Envelope {},
    /// A creation can answer 200 or 201, whichever the document says.
    AnySuccess {},
    /// A lookup that fills in a noun of the path is required.
    PathLookups {},
    /// Every optional field of a request body can be `null`.
    NullInRequests {},
    /// A field of responses, beside the object, that does not always come.
    OptionalInResponses { field: String },
    /// A field that the API sends and the document does not know.
    Add {
        r#type: String,
        fields: BTreeMap<String, NewField>,
    },
    /// An object of which the document shows one field that is one of several is a value of several kinds. The kinds
    /// are given by type, so that what the publisher calls its schemas does not matter; a type that is
    /// not listed has those that its schemas are called.
    WrappedPolymorphs {
        kinds: BTreeMap<String, Vec<String>>,
    },
    /// A value of several kinds, sent as `{"type": …, "value": …}`.
    Polymorph {
        name: String,
        /// Places, as `Type.field` or `resource.action.field`.
        at: Vec<String>,
        /// Types of objects by what the API writes in `type`.
        kinds: BTreeMap<String, String>,
    },
}

/// The type of an added field; it may be absent and null.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum NewField {
    Plain(Plain),
    /// An object that the document does not know either.
    Object {
        object: String,
        fields: BTreeMap<String, NewField>,
    },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Plain {
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
                "{}: a correction is not of a form that the generator knows: give it a `rule` of those in \
                 xtask/src/vendor/corrections.rs, and its `evidence`",
                path.display()
            )
        })?;
    for correction in &corrections {
        if correction.evidence.trim().is_empty() {
            bail!(
                "{}: {:?} carries no evidence: say what was seen, and how often",
                path.display(),
                correction.rule
            );
        }
    }
    Ok(corrections)
}

/// Which corrections found something to correct, over all documents of a run.
#[derive(Default)]
pub(crate) struct Tally {
    hits: BTreeMap<usize, usize>,
    excused: BTreeMap<usize, bool>,
}

impl Tally {
    /// Applies all corrections to one document's model.
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

    /// Stops the run when a correction corrected nothing.
    pub(crate) fn check(&self, corrections: &[Correction], path: &Path) -> Result<()> {
        for (index, correction) in corrections.iter().enumerate() {
            let hits = self.hits.get(&index).copied().unwrap_or(0);
            if hits == 0 && !self.excused.get(&index).copied().unwrap_or(false) {
                bail!(
                    "{}: number {} ({:?}) no longer applies: the document now says what it corrects, or no longer \
                     has the place. Look at the document there; then remove the correction, or change it",
                    path.display(),
                    index + 1,
                    correction.rule
                );
            }
        }
        Ok(())
    }
}

/// Whether a document's version comes before another; one that tells none is old.
fn is_older(version: Option<&str>, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    version.is_none_or(|version| numbers(version) < numbers(than))
}

/// Applies one rule and tells in how many places.
fn apply(rule: &Rule, upstream: &Upstream, model: &mut Model) -> Result<usize> {
    Ok(match rule {
        Rule::Envelope {} => upstream
            .operations
            .iter()
            .filter(|operation| operation.bare_errors)
            .count(),
        Rule::AnySuccess {} => upstream
            .operations
            .iter()
            .filter(|operation| operation.method == "POST")
            .count(),
        Rule::PathLookups {} => path_lookups(model),
        Rule::NullInRequests {} => null_in_requests(model),
        Rule::OptionalInResponses { field } => model
            .operations
            .values_mut()
            .filter_map(|operation| operation.response.as_mut()?.get_mut(field))
            .map(|field| usize::from(std::mem::replace(&mut field.required, false)))
            .sum(),
        Rule::Add { r#type, fields } => add(model, r#type, fields)?,
        Rule::WrappedPolymorphs { kinds } => wrapped_polymorphs(model, kinds)?,
        Rule::Polymorph { name, at, kinds } => polymorph(model, name, at, kinds)?,
    })
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

/// The shape of an added field; an object becomes one of the model's.
fn added(model: &mut Model, field: &NewField, first_use: &str) -> Result<Shape> {
    let (name, fields) = match field {
        NewField::Plain(Plain::String) => return Ok(Shape::Scalar(Scalar::String)),
        NewField::Plain(Plain::Integer) => return Ok(Shape::Scalar(Scalar::Integer)),
        NewField::Plain(Plain::Boolean) => return Ok(Shape::Scalar(Scalar::Boolean)),
        NewField::Plain(Plain::Any) => return Ok(Shape::Any),
        NewField::Object { object, fields } => (object, fields),
    };
    let taken = model.objects.iter().any(|object| object.type_name == *name);
    if taken {
        bail!(
            "the document has a type {name} now: see whether it is the added object; if so, remove the correction"
        );
    }
    let mut given = BTreeMap::new();
    for (field_name, field) in fields {
        let field = Field {
            value: added(model, field, first_use)?,
            required: false,
            nullable: field_name != "id",
        };
        given.insert(field_name.clone(), field);
    }
    model.objects.push(Object {
        type_name: name.clone(),
        direction: Direction::Response,
        fields: given,
        first_use: first_use.to_owned(),
    });
    Ok(Shape::Object(model.objects.len() - 1))
}

fn wrapped_polymorphs(model: &mut Model, known: &BTreeMap<String, Vec<String>>) -> Result<usize> {
    let wrappers: BTreeMap<String, BTreeMap<String, String>> = model
        .objects
        .iter()
        .filter(|object| object.direction == Direction::Response && object.fields.len() == 1)
        .filter_map(|object| match &object.fields.values().next()?.value {
            Shape::OneOf(names) => {
                let names = known.get(&object.type_name).unwrap_or(names);
                let kinds = names.iter().map(|name| (name.clone(), pascal(name)));
                Some((object.type_name.clone(), kinds.collect()))
            }
            _ => None,
        })
        .collect();
    let holds = |model: &Model, field: &Field, wrapper: &str| {
        let mut shape = &field.value;
        while let Shape::Array(items) = shape {
            shape = items;
        }
        model
            .object_of(shape)
            .is_some_and(|object| object.type_name == wrapper)
    };
    let mut count = 0;
    for (name, kinds) in wrappers {
        let objects = model
            .objects
            .iter()
            .map(|object| (&object.type_name, &object.fields));
        let responses = model
            .operations
            .iter()
            .filter_map(|(id, operation)| Some((id, operation.response.as_ref()?)));
        let at: Vec<String> = objects
            .chain(responses)
            .flat_map(|(owner, fields)| fields.iter().map(move |field| (owner, field)))
            .filter(|(_, (_, field))| holds(model, field, &name))
            .map(|(owner, (field, _))| format!("{owner}.{field}"))
            .collect();
        count += polymorph(model, &name, &at, &kinds)?;
    }
    Ok(count)
}

fn polymorph(
    model: &mut Model,
    name: &str,
    at: &[String],
    kinds: &BTreeMap<String, String>,
) -> Result<usize> {
    let mut found = BTreeMap::new();
    for (kind, type_name) in kinds {
        let fullest = model
            .objects
            .iter()
            .enumerate()
            .filter(|(_, object)| {
                object.type_name == *type_name && object.direction == Direction::Response
            })
            .max_by_key(|(_, object)| object.fields.len());
        if let Some((id, _)) = fullest {
            found.insert(kind.clone(), id);
        }
    }
    let mut count = 0;
    let places =
        model
            .objects
            .iter_mut()
            .map(|object| (object.type_name.clone(), &mut object.fields))
            .chain(model.operations.iter_mut().filter_map(|(name, operation)| {
                Some((name.clone(), operation.response.as_mut()?))
            }));
    for (owner, fields) in places {
        for (field_name, field) in fields {
            if !at.contains(&format!("{owner}.{field_name}")) {
                continue;
            }
            let polymorph = Shape::Polymorph(name.to_owned());
            let value = match &field.value {
                Shape::Array(_) => Shape::Array(Box::new(polymorph)),
                _ => polymorph,
            };
            if field.value != value {
                field.value = value;
                count += 1;
            }
        }
    }
    if count > 0 {
        if found.is_empty() {
            bail!(
                "polymorph {name}: none of its types is in the document: change `kinds` to types of names.yaml"
            );
        }
        model.polymorphs.insert(name.to_owned(), found);
    }
    Ok(count)
}
