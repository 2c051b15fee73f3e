//! Compares two API models: each difference is a change of a kind, with the public name that it affects.

mod changes;
mod facts;
mod fields;
mod operations;
mod places;
mod types;

use std::collections::BTreeSet;

use crate::diff::api_model::{self, ApiModel};
use crate::diff::input::Source;
use crate::diff::severity::{Kind, severity};
use crate::naming::reserved::identifier;
use crate::public_api::PublicApi;
use changes::{Changes, zipped};

pub(crate) use changes::{Change, sorted};

/// Returns every difference, the most severe first, in the names of the generated APIs.
pub(crate) fn compare(old: &Source, new: &Source, apis: Option<&[PublicApi; 2]>) -> Vec<Change> {
    let mut changes = Changes::new(apis);
    let (before, after) = (api_model::of(old), api_model::of(new));
    resources(&before, &after, &mut changes);
    operations::operations(&before, &after, &mut changes);
    types::types(&before, &after, &mut changes);
    codes(&before, &after, &mut changes);
    facts::facts(&old.facts, &new.facts, &mut changes);
    let wire = changes.wire();
    let mut places = Changes::default();
    places::places(old, new, &mut places);
    changes.extend(places.uncovered(&wire));
    changes.sorted()
}

/// Returns the change that stands for documents that the generator refuses.
pub(crate) fn not_generated(error: &anyhow::Error) -> Change {
    Change {
        kind: Kind::NotGenerated,
        severity: severity(Kind::NotGenerated),
        name: "katapult-gen".to_owned(),
        what: format!("cannot be generated, so only the schemas were compared: {error:#}"),
        operations: Vec::new(),
    }
}

fn resources(old: &ApiModel, new: &ApiModel, changes: &mut Changes<'_>) {
    let of = |model: &ApiModel| -> BTreeSet<String> {
        let operations = model.operations.values();
        operations
            .map(|operation| operation.resource.clone())
            .collect()
    };
    let (old, new) = (of(old), of(new));
    let name = |resource: &str| format!("{}()", identifier(resource));
    // Cargo features are in kebab case by convention.
    let feature = |resource: &str| resource.replace('_', "-");
    for resource in new.difference(&old) {
        let what = format!("a new resource, with the feature `{}`", feature(resource));
        changes.add(Kind::ResourceAdded, name(resource), what);
    }
    for resource in old.difference(&new) {
        let what = format!("gone, with the feature `{}`", feature(resource));
        changes.add(Kind::ResourceRemoved, name(resource), what);
    }
}

fn codes(old: &ApiModel, new: &ApiModel, changes: &mut Changes<'_>) {
    for (code, before, after) in zipped(&old.codes, &new.codes) {
        // Details have the names of their codes.
        let variant = changes.variant("error_codes::ErrorCode", code);
        let error = format!("ErrorCode::{variant}");
        let detail = format!("ErrorDetail::{variant}");
        match (before, after) {
            (None, Some(_)) => changes.add(Kind::CodeAdded, error, format!("new code `{code}`")),
            (Some(_), None) => {
                changes.add(Kind::CodeRemoved, error, format!("gone: the code `{code}`"))
            }
            (Some(None), Some(Some(_))) => {
                changes.add(
                    Kind::DetailAdded,
                    detail,
                    format!("what comes with `{code}` is typed now, and no longer `Other`"),
                );
            }
            (Some(Some(_)), Some(None)) => {
                changes.add(
                    Kind::DetailRemoved,
                    detail,
                    format!("nothing is known of what comes with `{code}`"),
                );
            }
            _ => {}
        }
    }
}
