//! Public items with their signatures, and the breaks between two sets of them.

use std::collections::{BTreeMap, BTreeSet};

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
#[derive(Clone, Debug, Default)]
pub(crate) struct PublicApi {
    pub(super) items: BTreeMap<ItemName, BTreeSet<String>>,
    pub(super) variants: BTreeMap<(String, String), String>,
    /// The implementations that members of traits are in.
    pub(super) implementations: BTreeMap<ItemName, ItemName>,
}

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
    pub(super) fn add(&mut self, item: ItemName, signature: impl Into<String>) {
        self.items.entry(item).or_default().insert(signature.into());
    }

    /// Returns `true` if there is an item of this name.
    #[cfg(test)]
    pub(crate) fn has(&self, owner: &str, member: &str) -> bool {
        self.items.contains_key(&ItemName::new(owner, member))
    }

    /// Returns the names of all items: owner and member.
    #[cfg(test)]
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.items.keys();
        names.map(|name| (name.owner.as_str(), name.member.as_str()))
    }

    /// Returns the variant of an enumeration's value, if the enumeration has it.
    pub(crate) fn variant(&self, owner: &str, value: &str) -> Option<&str> {
        let key = (owner.to_owned(), value.to_owned());
        self.variants.get(&key).map(String::as_str)
    }

    /// Returns the items that are gone or changed in `new`. The members of an owner that is gone are not listed.
    pub(crate) fn breaks(&self, new: &Self) -> Vec<Break> {
        let gone = |item: &ItemName| !new.items.contains_key(item);
        let owner_gone = |item: &ItemName| {
            let owner = ItemName::new(&item.owner, "");
            !item.member.is_empty() && self.items.contains_key(&owner) && gone(&owner)
        };
        // A trait has its members in every implementation: if one is not there, it is the trait's own.
        let provided = |item: &ItemName| {
            let implementation = self.implementations.get(item);
            implementation.is_some_and(|implementation| !gone(implementation))
        };
        let mut breaks = Vec::new();
        for (item, signatures) in self.items.iter().filter(|(item, _)| !owner_gone(item)) {
            let text = |signatures: Vec<&String>| -> String {
                Vec::from_iter(signatures.into_iter().map(String::as_str)).join(", ")
            };
            match new.items.get(item) {
                None if provided(item) => {}
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
