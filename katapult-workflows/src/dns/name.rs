//! Names of records: relative to their zone, and in full.

use katapult_core::types::DnsRecord;

use crate::error::WorkflowError;

/// The name of a record at the zone itself.
pub(crate) const APEX: &str = "@";

/// Returns a full name in lower case and without the dot at the end.
pub(crate) fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Returns the full name of a record of the API.
pub(crate) fn full_name(record: &DnsRecord, zone: &str) -> String {
    if let Some(full_name) = &record.full_name {
        return canonical(full_name);
    }
    // At the zone itself, the name is null.
    match record.name.as_deref().unwrap_or_default() {
        "" | APEX => canonical(zone),
        name => canonical(&format!("{name}.{zone}")),
    }
}

/// Returns a full name relative to its zone, or `None` if it is outside the zone.
pub(crate) fn relative_name(full_name: &str, zone: &str) -> Option<String> {
    let (full_name, zone) = (canonical(full_name), canonical(zone));
    if full_name == zone {
        return Some(APEX.to_owned());
    }
    let name = full_name.strip_suffix(&zone)?.strip_suffix('.')?;
    Some(name.to_owned())
}

/// Returns a full name relative to its zone.
///
/// # Errors
///
/// If it is outside the zone.
pub(crate) fn require_relative_name(full_name: &str, zone: &str) -> Result<String, WorkflowError> {
    relative_name(full_name, zone).ok_or_else(|| {
        WorkflowError::InvalidInput(format!("the name {full_name:?} is outside the zone {zone}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_are_relative_to_their_zone() {
        let table = [
            ("acme.example", Some("@")),
            ("acme.example.", Some("@")),
            ("WWW.Acme.example.", Some("www")),
            (
                "_acme-challenge.a.b.acme.example",
                Some("_acme-challenge.a.b"),
            ),
            ("notacme.example", None),
            ("www.other.example", None),
            ("example", None),
        ];
        for (full_name, expected) in table {
            for zone in ["acme.example", "Acme.example."] {
                let name = relative_name(full_name, zone);
                assert_eq!(name.as_deref(), expected, "{full_name}");
            }
        }
    }
}
