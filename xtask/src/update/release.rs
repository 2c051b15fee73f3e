//! The last release, which an update compares with: a git tag, or the documents recorded in `openapi/released`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::util::fs;

/// The canonical documents.
pub(super) const DOCUMENTS: [&str; 2] = ["katapult-core.json", "katapult-public.json"];

/// The folder of the last release's documents, for a workspace that is no git repository.
const RECORDED: &str = "openapi/released";

/// The last release.
pub(crate) struct Release {
    /// The version, if the tag or the changelog states it.
    pub(super) version: Option<[u64; 3]>,
    tag: Option<String>,
}

impl Release {
    /// Returns the last release; `None` if there was none.
    pub(super) fn last(root: &Path) -> Result<Option<Self>> {
        if let Some(tag) = last_tag(root) {
            let version = version(tag.trim_start_matches('v'));
            return Ok(Some(Self {
                version,
                tag: Some(tag),
            }));
        }
        if !root.join(RECORDED).join(DOCUMENTS[0]).exists() {
            return Ok(None);
        }
        let changelog = std::fs::read_to_string(root.join("CHANGELOG.md")).unwrap_or_default();
        let mut headings = changelog
            .lines()
            .filter_map(|line| line.strip_prefix("## "));
        Ok(Some(Self {
            version: headings.find_map(version),
            tag: None,
        }))
    }

    /// Returns the release in words.
    pub(super) fn describe(&self) -> String {
        match &self.tag {
            Some(tag) => format!("the last release, {tag}"),
            None => format!("the last release, recorded in {RECORDED}"),
        }
    }

    /// Returns the text of a canonical document of the release.
    pub(super) fn document(&self, root: &Path, file: &str) -> Result<String> {
        let Some(tag) = &self.tag else {
            return fs::read(&root.join(RECORDED).join(file));
        };
        git(root, &["show", &format!("{tag}:openapi/{file}")])
            .with_context(|| format!("the tag {tag} has no openapi/{file}: set it to the commit of the release (`git tag --force {tag} COMMIT`), or remove it (`git tag --delete {tag}`)"))
    }
}

/// Returns the newest tag of the form `v1.2.3` that the current commit contains.
fn last_tag(root: &Path) -> Option<String> {
    // A workspace within another repository has no releases there.
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    if Path::new(top.trim()).canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    let described = ["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"];
    git(root, &described).map(|tag| tag.trim().to_owned())
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let done = Command::new("git")
        .current_dir(root)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(done.stdout).ok()?;
    done.status.success().then_some(text)
}

/// Reads a version at the beginning of a text: `0.1.0 - 2026-01-01`.
fn version(text: &str) -> Option<[u64; 3]> {
    let first = text
        .split_whitespace()
        .next()?
        .trim_matches(['[', ']', '"']);
    let numbers: Vec<u64> = first
        .split('.')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    numbers.try_into().ok()
}

/// The guide's manifests state the version too, as users do: the numbers up to the one that breaks.
const GUIDE: [&str; 2] = [
    "katapult-core/src/guide/features.md",
    "katapult-core/src/guide/testing.md",
];

/// Writes a version everywhere in the workspace. Returns the versions before and now, or `None` if the workspace has that
/// version or a later one, as after an earlier update.
pub(super) fn raise_version(root: &Path, next: [u64; 3]) -> Result<Option<[String; 2]>> {
    let path = root.join("Cargo.toml");
    let manifest = fs::read(&path)?;
    let mut lines = manifest.lines();
    let current = lines.find_map(|line| version(line.strip_prefix("version = ")?));
    let current = current.with_context(|| {
        format!(
            "{} states no `version = \"1.2.3\"`: add it to [workspace.package]",
            path.display()
        )
    })?;
    if current >= next {
        return Ok(None);
    }
    let [from, to] =
        [current, next].map(|version| version.map(|number| number.to_string()).join("."));
    let mut files = vec![(path, with_version(&manifest, &from, &to))];
    let [old, new] =
        [current, next].map(|version| format!("version = \"{}\"", compatible(version)));
    for page in GUIDE.map(|page| root.join(page)) {
        if page.exists() {
            let text = fs::read(&page)?.replace(&old, &new);
            files.push((page, text));
        }
    }
    fs::write_all(&files)?;
    Ok(Some([from, to]))
}

/// Returns the numbers of a version that all compatible versions share, as a dependency states them.
fn compatible([major, minor, _]: [u64; 3]) -> String {
    match major {
        0 => format!("0.{minor}"),
        _ => major.to_string(),
    }
}

/// Returns the manifest of a workspace with another version, which its crates and their dependencies on each other state.
fn with_version(manifest: &str, from: &str, to: &str) -> String {
    let lines = manifest.split_inclusive('\n').map(|line| {
        let states = line.starts_with("version = ") || line.contains("path = ");
        match states {
            true => line.replace(
                &format!("version = \"{from}\""),
                &format!("version = \"{to}\""),
            ),
            false => line.to_owned(),
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_that_of_a_tag_or_a_heading() {
        assert_eq!(version("0.1.0"), Some([0, 1, 0]));
        assert_eq!(version("[1.20.3] - 2026-01-01"), Some([1, 20, 3]));
        assert_eq!(version("\"2.0.1\""), Some([2, 0, 1]));
        assert_eq!(version("Unreleased"), None);
    }

    #[test]
    fn dependency_states_what_compatible_versions_share() {
        assert_eq!(compatible([0, 2, 1]), "0.2");
        assert_eq!(compatible([1, 4, 2]), "1");
    }

    #[test]
    fn version_changes_for_our_crates_alone() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\nkatapult-gen = { path = \"katapult-gen\", version = \"0.1.0\" }\nother = { version = \"0.1.0\" }\n";
        let expected = "[workspace.package]\nversion = \"0.2.0\"\n[workspace.dependencies]\nkatapult-gen = { path = \"katapult-gen\", version = \"0.2.0\" }\nother = { version = \"0.1.0\" }\n";
        assert_eq!(with_version(manifest, "0.1.0", "0.2.0"), expected);
    }
}
