//! Names that Rust cannot have, or that something else has.

use serde_json::{Value, json};

use super::{Own, accepted, refused, string};
use crate::common::{error, json_of, query};

fn lamp(document: &mut Value, name: &str) {
    super::lamp(document, name, string());
}

fn argument(document: &mut Value, name: &str) {
    super::argument(document, name, string());
}

/// Adds an operation of another resource.
fn tag(document: &mut Value, name: &str) {
    let mut get = document["paths"]["/tasks/:task"]["get"].clone();
    get["tags"] = json!([name]);
    get["parameters"] = json!([]);
    document["paths"]["/chores"] = json!({ "get": get });
}

/// A document with a resource whose name is taken, and another name for the operation.
fn resource(name: &'static str, taken: &str, change: fn(&mut Value)) -> Own {
    refused(name, "core GET /chores", "names.yaml", change)
        .prints(&format!("the resource {taken} has the name of"))
        .pinned_as("core GET /chores: chores.list")
}

#[rustfmt::skip] // one line a fact
pub(super) fn all() -> Vec<Own> {
    vec![
        accepted("field_with_a_hyphen", |d| { lamp(d, "dry-run"); argument(d, "dry-run"); })
            .breaks(false, false).code("pub dry_run: "),
        accepted("field_that_begins_with_a_digit", |d| { lamp(d, "2nd_name"); argument(d, "2nd_name"); })
            .code("x2nd_name"),
        accepted("field_in_another_script", |d| { lamp(d, "имя"); argument(d, "имя"); }).breaks(false, false),
        accepted("field_with_a_mark", |d| { lamp(d, "größe"); argument(d, "größe"); }).breaks(false, false),
        accepted("field_that_is_a_keyword", |d| { lamp(d, "match"); argument(d, "self"); }).code("pub match_: "),
        refused("fields_that_are_one_in_rust", "type Lamp", "`ignore_fields`", |d| { lamp(d, "foo-bar"); lamp(d, "foo_bar"); })
            .corrected_by("ignore_fields: {at: [Lamp.foo-bar]}"),
        refused("arguments_that_are_one_in_rust", "LampArguments", "`ignore_fields`", |d| {
            argument(d, "foo-bar");
            argument(d, "foo_bar");
        })
        .corrected_by("ignore_fields: {at: [LampArguments.foo-bar]}"),
        refused("parameters_that_are_one_in_rust", "lamps", "`ignore_fields`", |d| {
            d["paths"]["/lamps/lamp"]["get"]["parameters"] = query(&["lamp[id]", "lamp[name]", "foo-bar", "foo_bar"]);
        })
        .corrected_by("ignore_fields: {at: [lamps.get.foo-bar]}"),
        accepted("parameter_with_a_hyphen", |d| {
            d["paths"]["/lamps/lamp"]["get"]["parameters"] = query(&["lamp[id]", "lamp[name]", "dry-run"]);
        })
        .breaks(false, false)
        .code("query.push(\"dry-run\""),
        accepted("parameter_that_begins_with_a_digit", |d| {
            d["paths"]["/lamps/lamp"]["get"]["parameters"] = query(&["lamp[id]", "lamp[name]", "2fa"]);
        })
        .code("\"2fa\""),
        accepted("parameter_in_another_script", |d| {
            d["paths"]["/lamps/lamp"]["get"]["parameters"] = query(&["lamp[id]", "lamp[name]", "имя"]);
        }),
        accepted("code_that_begins_with_a_digit", |d| {
            d["components"]["schemas"]["LampNotFound"] = error("2fa_required", json!({ "info": string() }));
        })
        .code("2fa_required"),
        accepted("codes_that_differ_in_punctuation", |d| {
            for (status, code) in [("418", "lamp-too-hot"), ("423", "lamp_too_hot"), ("424", "Lamp_too_hot")] {
                d["paths"]["/lamps/lamp"]["get"]["responses"][status] = json_of(error(code, json!({ "info": string() })));
            }
        })
        .code("lamp-too-hot"),
        resource("resource_named_workflows", "workflows", |d| tag(d, "Workflows")),
        resource("resource_named_std", "std", |d| tag(d, "Std")),
        resource("resource_named_lists", "lists", |d| tag(d, "Lists")),
        resource("resource_named_guide", "guide", |d| tag(d, "Guide")),
        resource("resource_named_core", "core", |d| tag(d, "Core")),
        resource("resource_named_tracing", "tracing", |d| tag(d, "Tracing")),
        resource("resource_named_test_util", "test_util", |d| tag(d, "Test util")),
        resource("resource_named_like_a_method_of_the_client", "request", |d| tag(d, "Request")),
        resource("resource_named_full", "full", |d| tag(d, "Full")),
        accepted("resource_named_like_a_keyword", |d| tag(d, "Crate")),
        accepted("resource_that_begins_with_a_digit", |d| tag(d, "2FA")),
        accepted("resource_in_another_script", |d| tag(d, "Задачи")),
    ]
}
