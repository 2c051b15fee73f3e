//! The fields of objects that are boxed, since a circle of types would have no size without.

use std::collections::{BTreeMap, BTreeSet};

/// The root key of a canonical document with the fields that are boxed.
pub(crate) const BOXED: &str = "x-katapult-boxed";

/// A field with an object: its name, `Type.field`, with the types of both objects.
pub(crate) type NestedField = (String, (String, String));

/// Returns the fields to box: those of `boxed`, and each other one that would close a circle.
///
/// The fields of `inline` come first, so that a new field is boxed and not one that users know.
pub(crate) fn boxed_fields(
    fields: &BTreeSet<NestedField>,
    boxed: &BTreeSet<String>,
    inline: &BTreeSet<String>,
) -> BTreeSet<String> {
    let mut result = BTreeSet::new();
    let mut inlined: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (known, new): (Vec<_>, Vec<_>) =
        fields.iter().partition(|(field, _)| inline.contains(field));
    for (field, (owner, nested)) in known.into_iter().chain(new) {
        if boxed.contains(field) || reaches(&inlined, nested, owner, &mut BTreeSet::new()) {
            result.insert(field.clone());
        } else {
            inlined.entry(owner).or_default().insert(nested);
        }
    }
    result
}

fn reaches<'a>(
    inlined: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    from: &'a str,
    to: &str,
    visited: &mut BTreeSet<&'a str>,
) -> bool {
    from == to
        || visited.insert(from)
            && inlined
                .get(from)
                .into_iter()
                .flatten()
                .any(|next| reaches(inlined, next, to, visited))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn new_field_of_a_circle_is_boxed_and_no_known_one() {
        let field = |name: &str, owner: &str, nested: &str| {
            (name.to_owned(), (owner.to_owned(), nested.to_owned()))
        };
        let fields = BTreeSet::from([
            field("Disk.slot", "Disk", "Slot"),
            field("Machine.boot_disk", "Machine", "Disk"),
            field("Slot.machine", "Slot", "Machine"),
            field("User.user", "User", "User"),
        ]);
        let none = BTreeSet::new();
        let known = set(&["Disk.slot", "Slot.machine"]);
        let boxed = boxed_fields(&fields, &none, &known);
        assert_eq!(boxed, set(&["Machine.boot_disk", "User.user"]));
        let known = set(&["Machine.boot_disk", "Slot.machine"]);
        let boxed = boxed_fields(&fields, &none, &known);
        assert_eq!(boxed, set(&["Disk.slot", "User.user"]));
        // A field that is boxed stays boxed, although nothing needs it any more.
        let pinned = set(&["Disk.slot"]);
        let boxed = boxed_fields(&fields, &pinned, &none);
        assert_eq!(boxed, set(&["Disk.slot", "User.user"]));
    }
}
