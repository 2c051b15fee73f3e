//! The public API of katapult-gen: predicted from generated sources, and as rustdoc lists it.

pub(crate) mod rustdoc;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

/// The name of a public item: its type or module, and the member of it.
///
/// The owner is a path without the crate and without type parameters: `types::Tag`, `Call<tags::Create>`. The member is
/// a field, a variant, a function or a trait; it is empty for the owner itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ItemName {
    pub(crate) owner: String,
    pub(crate) member: String,
}

impl ItemName {
    pub(crate) fn new(owner: impl Into<String>, member: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            member: member.into(),
        }
    }
}

/// Public items, each with its signatures: a trait can be implemented for several types of one name.
#[derive(Debug, Default)]
pub(crate) struct PublicApi(BTreeMap<ItemName, BTreeSet<String>>);

/// An item that a program can no longer use as before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Break {
    pub(crate) item: ItemName,
    /// The signature before. Empty for an item whose name says everything.
    pub(crate) was: String,
    /// The signature after; `None` for an item that is gone.
    pub(crate) now: Option<String>,
}

impl PublicApi {
    /// Reads the public API of generated files, by their names.
    pub(crate) fn of_sources(files: &BTreeMap<String, String>) -> Result<Self> {
        source::read(files)
    }

    fn add(&mut self, item: ItemName, signature: impl Into<String>) {
        self.0.entry(item).or_default().insert(signature.into());
    }

    /// Returns `true` if there is an item with this owner.
    pub(crate) fn has_owner(&self, owner: &str) -> bool {
        self.0.keys().any(|item| item.owner == owner)
    }

    /// Returns the items that are gone or changed in `new`. The members of an owner that is gone are not listed.
    pub(crate) fn breaks(&self, new: &Self) -> Vec<Break> {
        let gone = |item: &ItemName| !new.0.contains_key(item);
        let owner_gone = |item: &ItemName| {
            let owner = ItemName::new(&item.owner, "");
            !item.member.is_empty() && self.0.contains_key(&owner) && gone(&owner)
        };
        let mut breaks = Vec::new();
        for (item, signatures) in self.0.iter().filter(|(item, _)| !owner_gone(item)) {
            let text = |signatures: Vec<&String>| -> String {
                Vec::from_iter(signatures.into_iter().map(String::as_str)).join(", ")
            };
            match new.0.get(item) {
                None => breaks.push(Break {
                    item: item.clone(),
                    was: text(signatures.iter().collect()),
                    now: None,
                }),
                Some(now) if !signatures.is_subset(now) => breaks.push(Break {
                    item: item.clone(),
                    was: text(signatures.difference(now).collect()),
                    now: Some(text(now.difference(signatures).collect())),
                }),
                Some(_) => {}
            }
        }
        breaks
    }
}

/// Returns the lines of a listing that no predicted break covers.
pub(crate) fn uncovered<'a>(removed: &'a BTreeSet<String>, predicted: &[Break]) -> Vec<&'a str> {
    let covers = |line: &str| {
        let item = rustdoc::item_name(line);
        predicted.iter().any(|one| {
            let whole = one.item.member.is_empty() && one.now.is_none();
            // A signature that mentions a type that is gone, or a module's.
            one.item == item || whole && mentions(line, &one.item.owner)
        })
    };
    let lines = removed.iter().map(String::as_str);
    lines.filter(|line| !covers(line)).collect()
}

/// Returns the predicted breaks that no line of a listing bears out.
pub(crate) fn unfounded<'a>(removed: &BTreeSet<String>, predicted: &'a [Break]) -> Vec<&'a Break> {
    let items: BTreeSet<ItemName> = removed
        .iter()
        .map(|line| rustdoc::item_name(line))
        .collect();
    predicted
        .iter()
        .filter(|one| !items.contains(&one.item))
        .collect()
}

/// Returns `true` if a line of a listing names a path, or something in it.
fn mentions(line: &str, owner: &str) -> bool {
    let line = rustdoc::normalized(line);
    line.match_indices(owner).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + owner.len()..].chars().next();
        let part_of_a_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        // `:` before it would make it the end of another path.
        !part_of_a_name(before) && before != Some(':') && !part_of_a_name(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(types: &str) -> PublicApi {
        let files = BTreeMap::from([("types.rs".to_owned(), types.to_owned())]);
        PublicApi::of_sources(&files).expect("Rust")
    }

    #[test]
    fn removed_field_and_changed_conversion_are_breaks() {
        let old = api(
            "pub struct Tag { pub id: String, pub color: Option<String> }\nlookup! { pub enum TagLookup { Id = id, } }",
        );
        let new = api(
            "pub struct Tag { pub id: String, pub size: i64 }\nlookup! { pub enum TagLookup { Id = id, Name = name, } }",
        );
        let breaks = old.breaks(&new);
        let names: Vec<String> = breaks
            .iter()
            .map(|one| format!("{} {}", one.item.owner, one.item.member))
            .collect();
        assert_eq!(
            names,
            [
                "Patch<types::TagLookup> From<&str>",
                "types::Tag color",
                "types::TagLookup From<&str>",
                "types::TagLookup From<String>",
            ]
        );
        assert!(old.breaks(&old).is_empty());
    }

    #[test]
    fn listed_line_is_covered_by_its_item_or_by_a_type_that_is_gone() {
        let old = api(
            "pub struct Tag { pub id: String, pub color: String }\npub struct Bin { pub id: String }",
        );
        let new = api("pub struct Tag { pub id: String }");
        let removed = [
            "pub katapult_gen::types::Tag::color: alloc::string::String",
            "impl core::fmt::Debug for katapult_gen::types::Bin",
            "pub katapult_gen::types::Bins::id: alloc::string::String",
        ];
        let removed = BTreeSet::from(removed.map(str::to_owned));
        let breaks = old.breaks(&new);
        assert_eq!(
            uncovered(&removed, &breaks),
            ["pub katapult_gen::types::Bins::id: alloc::string::String"]
        );
        let none = BTreeSet::from(["pub katapult_gen::types::Tag::color: i64".to_owned()]);
        assert_eq!(unfounded(&none, &breaks).len(), 1);
    }
}
