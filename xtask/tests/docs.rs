//! What is written is so: each operation's page says what the document says, each resource's page has an example, and
//! each dependency its reason.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::root;
use serde_json::Value;
use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta};

/// The common error codes of the two APIs, which are documented once and not per operation.
const COMMON: [&str; 8] = [
    "internal_auth_error",
    "invalid_api_token",
    "invalid_capabilities_token",
    "missing_api_token",
    "rate_limit_reached",
    "scope_not_granted",
    "service_unavailable",
    "unauthorized_network_for_api_token",
];

/// The operations of both documents: the resource, the action, the method, the path and the facts.
fn operations() -> Vec<(String, String, String, String, Value)> {
    let mut operations = Vec::new();
    for api in ["core", "public"] {
        let file = root().join("openapi").join(format!("katapult-{api}.json"));
        let document: Value =
            serde_json::from_str(&fs::read_to_string(file).expect("a file")).expect("JSON");
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods") {
                let facts = operation["x-katapult"].clone();
                let fact = |name: &str| facts[name].as_str().expect("text").to_owned();
                let (resource, action) = (fact("resource"), fact("action"));
                let method = method.to_uppercase();
                operations.push((resource, action, method, path.clone(), facts));
            }
        }
    }
    operations
}

/// The documentation that attributes hold.
fn docs(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(literal) = &pair.value
            && let Lit::Str(line) = &literal.lit
        {
            text.push_str(line.value().trim());
            text.push('\n');
        }
    }
    text
}

/// The generated file of a resource, and in it the pages of the module and of each public method.
fn pages(resource: &str) -> (String, BTreeMap<String, String>) {
    let file = root()
        .join("katapult-gen/src/generated")
        .join(format!("{resource}.rs"));
    let file = syn::parse_file(&fs::read_to_string(&file).expect("a file")).expect("Rust");
    let mut methods = BTreeMap::new();
    for item in &file.items {
        let Item::Impl(item) = item else { continue };
        for method in &item.items {
            if let ImplItem::Fn(method) = method {
                let name = method.sig.ident.to_string();
                let name = name.trim_start_matches("r#").to_owned();
                let page = docs(&method.attrs);
                // Setters of several calls have one name, and are no operations.
                if page.contains("Requires ") {
                    methods.insert(name, page);
                }
            }
        }
    }
    (docs(&file.attrs), methods)
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn each_operations_page_says_what_the_document_says() {
    let mut wrong = Vec::new();
    let operations = operations();
    for (resource, action, method, path, facts) in &operations {
        let place = format!("{resource}.{action}");
        let Some(page) = pages(resource).1.remove(action) else {
            wrong.push(format!("{place}: there is no page"));
            continue;
        };
        let mut must = vec![format!("`{method} {path}`")];
        must.extend(
            texts(&facts["scopes"])
                .iter()
                .map(|scope| format!("`{scope}`")),
        );
        for (status, codes) in facts["errors"].as_object().expect("errors") {
            let own = texts(codes)
                .into_iter()
                .filter(|code| !COMMON.contains(code));
            must.extend(own.map(|code| format!("{status} `{code}`")));
        }
        for text in must.iter().filter(|text| !page.contains(text.as_str())) {
            wrong.push(format!("{place}: says nothing of {text}"));
        }
        let idempotent = facts["idempotent"].as_bool().expect("a fact");
        for (text, so) in [
            ("; idempotent.", idempotent),
            ("; not idempotent.", !idempotent),
            ("queues a task", facts.get("task").is_some()),
            ("to the trash", facts.get("trash").is_some()),
        ] {
            if page.contains(text) != so {
                wrong.push(format!(
                    "{place}: {text}: {so} in the document and not on its page"
                ));
            }
        }
    }
    assert!(
        operations.len() >= 195,
        "only {} operations",
        operations.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let common = fs::read_to_string(root().join("katapult-gen/src/generated/error_codes.rs"));
    let common = common.expect("a file");
    let (common, _) = common
        .split_once("pub enum ErrorDetail")
        .expect("the details");
    for code in COMMON {
        assert!(
            common.contains(&format!("`{code}`")),
            "{code} is undocumented"
        );
    }
}

#[test]
fn each_resources_page_has_an_example_that_is_compiled() {
    let resources: BTreeSet<String> = operations().into_iter().map(|one| one.0).collect();
    assert!(resources.len() >= 44, "only {} resources", resources.len());
    for resource in resources {
        let (page, _) = pages(&resource);
        let example = page
            .split("```no_run\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next());
        let example = example.unwrap_or_else(|| panic!("{resource}: no example in {page}"));
        let call = format!("katapult.{resource}().");
        assert!(example.contains(&call), "{resource}: {example}");
    }
}

#[test]
fn each_dependency_has_its_reason() {
    let manifest = fs::read_to_string(root().join("katapult-core/Cargo.toml")).expect("a file");
    let section = |from: &str| {
        let rest = manifest.split_once(from).expect("the section").1;
        rest.split_once("\n[")
            .expect("a section after it")
            .0
            .to_owned()
    };
    let depends: BTreeSet<String> = section("[dependencies]\n")
        .lines()
        .filter_map(|line| Some(line.split(['.', ' ']).next()?.to_owned()))
        .filter(|name| !name.is_empty())
        .collect();
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("a file");
    let table = text
        .split_once("| crate | for |\n| --- | --- |\n")
        .expect("the table")
        .1;
    let table = table.split_once("\n\n").expect("its end").0;
    let told: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect();
    assert_eq!(
        told, depends,
        "CONTRIBUTING.md tells of left, katapult-core has right"
    );
}
