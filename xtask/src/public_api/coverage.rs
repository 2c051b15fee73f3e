//! The comparison of predicted breaks with a listing of the public API.

use std::collections::BTreeSet;

use super::items::{Break, ItemName};
use super::rustdoc;

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
    use std::collections::BTreeMap;

    use super::super::PublicApi;
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
    fn member_that_a_trait_provides_itself_is_no_break() {
        let list = "pub struct List; impl ListOperation for List { fn items() {} ";
        let old = api(&format!("{list} fn item_id() {{}} }}"));
        assert!(old.breaks(&api(&format!("{list} }}"))).is_empty());
        let gone = old.breaks(&api("pub struct List;"));
        assert_eq!(gone.len(), 3, "the trait and its members: {gone:?}");
    }

    #[test]
    fn variant_of_a_value_is_that_of_the_generated_enumeration() {
        let api = api("open_enum! { pub enum Size { Value1 = \"1\", Value12 = \"1.\", } }");
        assert_eq!(api.variant("types::Size", "1."), Some("Value12"));
        assert_eq!(api.variant("types::Size", "2"), None);
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
