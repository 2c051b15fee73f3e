//! The public API as rustdoc lists it, in its JSON output.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::ItemName;
use crate::util::cargo;

/// A listing of the public items, a line each.
pub(crate) enum Listing {
    Items(BTreeSet<String>),
    /// The reason why there is none.
    NotRun(String),
}

/// Lists the public items of the katapult-gen in a workspace, with all features.
///
/// `target` is a folder for this workspace alone: cargo takes the outputs of two copies of a workspace for the same ones.
/// Dependencies are built into `build`, which copies can share.
pub(crate) fn list(workspace: &Path, target: &Path, build: &Path) -> Result<Listing> {
    let mut command = cargo::in_folder(workspace);
    command
        .args([
            "rustdoc",
            "--package",
            "katapult-gen",
            "--lib",
            "--features",
            "full",
        ])
        .arg("--target-dir")
        .arg(target)
        .args([
            "--",
            "-Z",
            "unstable-options",
            "--output-format",
            "json",
            "--cap-lints",
            "allow",
        ])
        // A stable compiler has the JSON output too, and this variable permits it.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_BUILD_BUILD_DIR", build)
        .env_remove("RUSTDOCFLAGS");
    let done = cargo::output(&mut command)?;
    if !done.status.success() {
        let errors = String::from_utf8_lossy(&done.stderr);
        let first = errors.lines().find(|line| line.starts_with("error"));
        let reason = first.unwrap_or("cargo rustdoc failed");
        return Ok(Listing::NotRun(reason.to_owned()));
    }
    let json = target.join("doc").join("katapult_gen.json");
    let read = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build();
    Ok(match read {
        Ok(api) => Listing::Items(api.items().map(ToString::to_string).collect()),
        // rustdoc's format changes with the compiler.
        Err(error) => Listing::NotRun(format!("rustdoc's output cannot be read: {error}")),
    })
}

/// Returns a line without the crate's name and without the type parameter `T`.
pub(super) fn normalized(line: &str) -> String {
    line.replace("katapult_gen::", "")
        .replace("<T>", "")
        .replace("<T, ", "<")
        .replace("<'de>", "")
}

/// Returns the name of a listed item.
pub(super) fn item_name(line: &str) -> ItemName {
    let line = normalized(line);
    let mut rest = line.as_str();
    while let Some((_, after)) = rest
        .strip_prefix("#[")
        .and_then(|rest| rest.split_once("] "))
    {
        rest = after;
    }
    if let Some(implementation) = rest.strip_prefix("impl") {
        let implementation = after_generics(implementation).trim_start();
        return match implementation.split_once(" for ") {
            Some((implemented, owner)) => {
                ItemName::new(path(owner), last_segments(path(implemented)))
            }
            None => ItemName::new(path(implementation), ""),
        };
    }
    let keywords = [
        "pub ", "const ", "fn ", "mod ", "struct ", "enum ", "type ", "use ",
    ];
    let mut owner_alone = false;
    while let Some(keyword) = keywords.iter().find(|keyword| rest.starts_with(**keyword)) {
        owner_alone |= matches!(*keyword, "mod " | "struct " | "enum ");
        rest = &rest[keyword.len()..];
    }
    let path = path(rest);
    match split_last(path) {
        Some((owner, member)) if !owner_alone => {
            ItemName::new(owner, member.trim_start_matches("r#"))
        }
        _ => ItemName::new(path, ""),
    }
}

/// Returns the text after the type parameters of an impl.
fn after_generics(text: &str) -> &str {
    if !text.starts_with('<') {
        return text;
    }
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' if !text[..at].ends_with('-') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return &text[at + 1..];
        }
    }
    text
}

/// Returns the path that a text begins with: up to a space, a parenthesis or a colon that is outside of `<…>`.
fn path(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ' ' | '(' if depth == 0 => return text[..at].trim_end_matches(':'),
            _ => {}
        }
    }
    text.trim_end_matches(':')
}

/// Splits a path before its last `::` outside of `<…>`.
fn split_last(path: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut last = None;
    for (at, letter) in path.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && path[at..].starts_with("::") => last = Some(at),
            _ => {}
        }
    }
    last.map(|at| (&path[..at], &path[at + 2..]))
}

/// Returns the trait without the modules of it and of its arguments: `From<&str>`.
fn last_segments(path: &str) -> String {
    let mut result = String::new();
    let mut word = String::new();
    for letter in path.chars() {
        match letter {
            ':' => word.clear(),
            '<' | '>' | ',' | '&' | ' ' => {
                result.push_str(&word);
                word.clear();
                if letter != ' ' {
                    result.push(letter);
                }
            }
            _ => word.push(letter),
        }
    }
    result + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_lines_have_the_names_of_their_items() {
        for (line, owner, member) in [
            ("pub mod katapult_gen::tags", "tags", ""),
            (
                "#[non_exhaustive] pub struct katapult_gen::tags::Create",
                "tags::Create",
                "",
            ),
            (
                "pub katapult_gen::types::Tag::color: core::option::Option<a::B>",
                "types::Tag",
                "color",
            ),
            (
                "pub katapult_gen::types::Lookup::Id(alloc::string::String)",
                "types::Lookup",
                "Id",
            ),
            (
                "pub fn katapult_gen::tags::Tags<T>::get(&self, impl a::Into<b::C>) -> katapult_gen::D",
                "tags::Tags",
                "get",
            ),
            (
                "pub fn katapult_gen::Call<T, katapult_gen::tags::Create>::name(self, u8) -> Self",
                "Call<tags::Create>",
                "name",
            ),
            (
                "impl<T: katapult_gen::Transport> katapult_gen::Call<T, katapult_gen::tags::Create>",
                "Call<tags::Create>",
                "",
            ),
            (
                "impl core::convert::From<&str> for katapult_gen::types::Lookup",
                "types::Lookup",
                "From<&str>",
            ),
            (
                "impl core::convert::From<alloc::string::String> for katapult_gen::types::Lookup",
                "types::Lookup",
                "From<String>",
            ),
            (
                "impl<'de> serde_core::de::Deserialize<'de> for katapult_gen::types::Tag",
                "types::Tag",
                "Deserialize",
            ),
            (
                "pub const katapult_gen::tags::Create::ID: &'static str",
                "tags::Create",
                "ID",
            ),
            (
                "pub type katapult_gen::tags::Create::Response = katapult_gen::tags::CreateResponse",
                "tags::Create",
                "Response",
            ),
        ] {
            assert_eq!(item_name(line), ItemName::new(owner, member), "{line}");
        }
    }
}
