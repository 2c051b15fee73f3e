//! Checks for the ids of the objects that a response is about.
//!
//! A type unites all its projections, some of which have no `id`, so its field is an empty string
//! if absent. Where the document gives an id, an absent one is an error like any absent field.

/// Returns an error if an object at the top of a response has no id.
#[cfg(feature = "__require-id")]
pub(crate) fn require_id(field: &str, id: &str) -> Result<(), serde_json::Error> {
    match id {
        "" => Err(missing_id(field)),
        _ => Ok(()),
    }
}

/// Returns an error if an item of a list at the top of a response has no id.
#[cfg(feature = "__require-ids")]
pub(crate) fn require_ids<'a>(
    field: &str,
    mut ids: impl Iterator<Item = &'a str>,
) -> Result<(), serde_json::Error> {
    match ids.position(str::is_empty) {
        Some(index) => Err(missing_id(&format!("{field}[{index}]"))),
        None => Ok(()),
    }
}

#[cfg(any(feature = "__require-id", feature = "__require-ids"))]
fn missing_id(field: &str) -> serde_json::Error {
    serde::de::Error::custom(format_args!("{field}: missing field `id`"))
}
