//! The documentation of the generated code: it says more than the names do.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{Small, core, root};

/// Words that add nothing to a name.
const FILLERS: &[&str] = &[
    "a", "an", "and", "by", "for", "if", "in", "is", "it", "of", "on", "or", "set", "that", "the",
    "to", "true", "value", "with",
];

/// The beginnings of sentences that `generate` adds to the text of a field.
const ADDED: &[&str] = &["Returned by ", "Not returned ", "Empty if "];

/// The generated part of the text of a field without a description.
const UNDESCRIBED: &str = "the API's document does not describe";

const METHODS: &[&str] = &["DELETE", "GET", "PATCH", "POST", "PUT"];

/// A documented line of generated code.
struct Line {
    /// The file and the code, for messages.
    place: String,
    /// The type that the code is in.
    owner: String,
    code: String,
    doc: String,
}

/// Returns the lines of code in the generated files that follow documentation.
fn documented() -> Vec<Line> {
    let mut lines = Vec::new();
    collect(&root().join("katapult-gen/src/generated"), &mut lines);
    lines
}

fn collect(folder: &Path, lines: &mut Vec<Line>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, lines);
            continue;
        }
        let text = fs::read_to_string(&path).expect("a file");
        let (mut doc, mut owner) = (String::new(), String::new());
        for line in text.lines() {
            if let Some(item) = line.strip_prefix("pub struct ") {
                owner = item.trim_end_matches(" {").to_owned();
            }
            let line = line.trim();
            if let Some(more) = line.strip_prefix("///") {
                doc += more;
            } else if !line.starts_with("#[") {
                if !doc.is_empty() {
                    let place = format!("{}: {line}", path.display());
                    lines.push(Line {
                        place,
                        owner: owner.clone(),
                        code: line.to_owned(),
                        doc: std::mem::take(&mut doc),
                    });
                }
                doc.clear();
            }
        }
    }
}

/// Returns the stems of the words of a text, without fillers.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words = words.map(str::to_ascii_lowercase);
    let words = words.filter(|word| !word.is_empty() && !FILLERS.contains(&word.as_str()));
    words
        // Singular and plural have one stem.
        .map(|word| word.trim_end_matches(['e', 's']).to_owned())
        .collect()
}

/// Returns the words of a name in Pascal case: "Disk Template" for `DiskTemplate`.
fn spaced(name: &str) -> String {
    let letters = name.chars().flat_map(|letter| {
        let space = letter.is_uppercase().then_some(' ');
        space.into_iter().chain([letter])
    });
    letters.collect()
}

/// Returns a text without the sentences that `generate` adds.
fn own_text(doc: &str) -> &str {
    let ends = ADDED.iter().filter_map(|added| doc.find(added));
    &doc[..ends.min().unwrap_or(doc.len())]
}

/// Returns `true` if a text has a word that the name does not have.
fn says_more(doc: &str, name: &str) -> bool {
    !words(doc).is_subset(&words(name))
}

#[test]
fn text_of_the_words_of_a_name_says_no_more() {
    for (doc, name, expected) in [
        ("The name.", "name", false),
        ("The IP addresses.", "ip_address", false),
        ("`true` if `suspended` is set.", "suspended", false),
        ("Display name, for people.", "name", true),
    ] {
        assert_eq!(says_more(doc, name), expected, "{doc}");
    }
}

#[test]
fn documentation_of_a_field_says_more_than_its_name() {
    let lines = documented();
    let fields = lines.iter().filter_map(|line| {
        let field = line.code.strip_prefix("pub ")?.split_once(": ")?.0;
        (!field.contains(['(', ' '])).then_some((line, field))
    });
    let fields: Vec<(&Line, &str)> = fields.collect();
    assert!(!fields.is_empty());
    let poor = fields.iter().filter(|(line, field)| {
        let name = format!("{field} {}", spaced(&line.owner));
        !says_more(own_text(&line.doc), &name)
    });
    let poor: Vec<&str> = poor.map(|(line, _)| line.place.as_str()).collect();
    assert!(
        poor.is_empty(),
        "describe these fields in openapi/descriptions.yaml:\n{}",
        poor.join("\n")
    );
    // A new document brings fields that nobody has described yet.
    let undescribed = fields
        .iter()
        .filter(|(line, _)| line.doc.contains(UNDESCRIBED));
    let undescribed: Vec<&str> = undescribed.map(|(line, _)| line.place.as_str()).collect();
    assert!(
        undescribed.len() * 20 < fields.len(),
        "describe these fields in openapi/descriptions.yaml:\n{}",
        undescribed.join("\n")
    );
}

#[test]
fn documentation_of_an_error_code_says_more_than_its_name() {
    let lines = documented();
    let codes = lines.iter().filter_map(|line| {
        let is_code = line.place.contains("error_codes.rs");
        let code = line.code.split_once(" = \"")?.1.trim_end_matches("\",");
        is_code.then_some((line, code))
    });
    let codes: Vec<(&Line, &str)> = codes.collect();
    assert!(!codes.is_empty());
    for (line, code) in codes {
        assert!(says_more(&line.doc, code), "{}", line.place);
    }
}

#[test]
fn documentation_of_an_operation_says_more_than_its_name() {
    let lines = documented();
    let (mut operations, mut poor) = (0, Vec::new());
    for line in &lines {
        let Some(method) = line.code.strip_prefix("pub fn ") else {
            continue;
        };
        // The documentation of an operation has its request; that of other methods has none.
        let request = METHODS.iter().find_map(|method| {
            let (text, path) = line.doc.split_once(&format!("`{method} /"))?;
            let path = path.split('`').next().unwrap_or_default();
            line.doc.contains("# Errors").then_some((text, path))
        });
        let Some((text, path)) = request else {
            continue;
        };
        operations += 1;
        let resource = line.place.split(".rs").next().unwrap_or_default();
        let resource = resource.rsplit('/').next().unwrap_or_default();
        let method = method.split('(').next().unwrap_or_default();
        let name = format!("{resource} {method} {path}");
        if !says_more(text, &name) {
            poor.push(format!("{resource}.{method}"));
        }
    }
    assert!(operations > 0);
    assert!(
        poor.is_empty(),
        "describe these operations in openapi/descriptions.yaml: {poor:?}"
    );
}

#[test]
fn description_of_what_the_documents_lack_is_reported() {
    let small = Small::with("stale-description", &core().to_string());
    small.vendor().ok();
    let out = small.folder.join("generated");
    let file = small.openapi.join("descriptions.yaml");
    let text = "fields:\n  Lamp.horsepower: {text: Power., source: [document]}\n";
    fs::write(&file, text).expect("written");
    let run = small.generate(&out, &[]).ok();
    let line = "described but not in the documents: fields: Lamp.horsepower";
    assert!(run.out.contains(line), "{}", run.out);
}
