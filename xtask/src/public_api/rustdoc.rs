//! The public API as rustdoc lists it, in its JSON output.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::items::ItemName;
use crate::util::{cargo, fs};

/// The features of a listing. Not `katapult-gen/full`: of the only package, cargo ignores a feature with its name.
pub(crate) const FEATURES: &str = "full";

/// A listing of the public items, a line each.
pub(crate) enum Listing {
    Items(BTreeSet<String>),
    /// The reason why there is none.
    NotRun(String),
}

/// The documentation of packages as JSON.
pub(super) enum Documented {
    /// The file of each package.
    Json(Vec<PathBuf>),
    /// The reason why there is none.
    NotRun(String),
}

/// Lists the public items of the katapult-gen in a workspace, with all features.
///
/// `target` is a folder for this workspace alone: cargo takes the outputs of two copies of a workspace for the same ones.
pub(crate) fn list(workspace: &Path, target: &Path) -> Result<Listing> {
    let documented = json(workspace, target, &["katapult-gen"], FEATURES)?;
    let files = match documented {
        Documented::Json(files) => files,
        Documented::NotRun(reason) => return Ok(Listing::NotRun(reason)),
    };
    let listing = files.first().map(|file| items(file));
    Ok(match listing {
        Some(Listing::Items(items)) if !items.iter().any(|item| is_operation(item)) => {
            Listing::NotRun("the documentation has no operation: were the features on?".to_owned())
        }
        Some(listing) => listing,
        None => Listing::NotRun("no package was documented".to_owned()),
    })
}

fn is_operation(item: &str) -> bool {
    item.starts_with("impl katapult_gen::Operation for ")
}

/// Documents the libraries of packages as JSON, in a target folder, where they replace the pages of the same crates.
pub(super) fn json(
    workspace: &Path,
    target: &Path,
    packages: &[&str],
    features: &str,
) -> Result<Documented> {
    let mut command = cargo::in_folder(workspace);
    command
        .args(["doc", "--no-deps", "--lib", "--features", features])
        .args(packages.iter().flat_map(|name| ["--package", name]))
        .arg("--target-dir")
        .arg(target)
        .env("RUSTDOC", permissive_rustdoc(target)?)
        .env(
            "RUSTDOCFLAGS",
            "-Z unstable-options --output-format json --cap-lints allow",
        );
    let done = cargo::output(&mut command)?;
    if !done.status.success() {
        let errors = String::from_utf8_lossy(&done.stderr);
        let first = errors.lines().find(|line| line.starts_with("error"));
        let reason = first.unwrap_or("cargo doc failed");
        return Ok(Documented::NotRun(reason.to_owned()));
    }
    let file = |name: &&str| {
        let name = name.replace('-', "_");
        target.join("doc").join(name).with_extension("json")
    };
    Ok(Documented::Json(packages.iter().map(file).collect()))
}

/// Writes a program that runs rustdoc with unstable options, which a stable compiler has too. Returns its path.
///
/// In the environment of cargo, the variable would compile all dependencies again, whose build scripts depend on it.
fn permissive_rustdoc(target: &Path) -> Result<PathBuf> {
    let file = target.join("permissive-rustdoc");
    let script = "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n";
    fs::write_all(&[(file.clone(), script.to_owned())])?;
    std::fs::set_permissions(&file, Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", file.display()))?;
    Ok(file)
}

/// Lists the public items of a documented crate.
pub(super) fn items(json: &Path) -> Listing {
    let read = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build();
    match read {
        Ok(api) => Listing::Items(api.items().map(ToString::to_string).collect()),
        // rustdoc's format changes with the compiler.
        Err(error) => Listing::NotRun(format!("rustdoc's output cannot be read: {error}")),
    }
}

/// Returns the items of a listing that another one lacks, or has with another signature.
pub(crate) fn difference(before: &BTreeSet<String>, after: &BTreeSet<String>) -> BTreeSet<String> {
    // Derived impls of serde's traits write the type parameters of their functions in another way than ours, which makes
    // no difference to a caller. The impl itself has a line of its own.
    let of_serde = |line: &str| line.contains("::deserialize<") || line.contains("::serialize<");
    let gone = before.difference(after).filter(|line| !of_serde(line));
    gone.cloned().collect()
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
        Some((owner, member)) if !owner_alone => match implemented(member, &rest[path.len()..]) {
            Some(implemented) => ItemName::new(owner, implemented),
            None => ItemName::new(owner, member.trim_start_matches("r#")),
        },
        _ => ItemName::new(path, ""),
    }
}

/// Returns the trait that a function belongs to, if it is the only function of a well-known one. The listing names the
/// type alone before such a function.
fn implemented(member: &str, arguments: &str) -> Option<String> {
    // Fields that are called so have setters, which take `self` by value.
    let by_reference = arguments.starts_with("(&self");
    let name = match member {
        // Every implementation of `From` has a `from`, so only its argument distinguishes it.
        "from" => {
            let argument = arguments.strip_prefix('(')?.split_once(") ->")?.0;
            return Some(format!("From<{}>", last_segments(argument)));
        }
        "default" if arguments.starts_with("()") => "Default",
        "clone" if by_reference => "Clone",
        "fmt" if by_reference => "Debug",
        "cmp" if by_reference => "Ord",
        "partial_cmp" if by_reference => "PartialOrd",
        _ => return None,
    };
    Some(name.to_owned())
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
                "pub fn katapult_gen::Patch<katapult_gen::types::Lookup>::from(&str) -> Self",
                "Patch<types::Lookup>",
                "From<&str>",
            ),
            (
                "pub fn katapult_gen::types::Tag::default() -> katapult_gen::types::Tag",
                "types::Tag",
                "Default",
            ),
            (
                "pub fn katapult_gen::types::Tag::default(self, bool) -> Self",
                "types::Tag",
                "default",
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
