//! Odd and hostile documents: each is accepted or rejected with a message of the snapshot, without a panic or a partly
//! written folder.

mod common;

use std::fs;

use common::{
    Small, cargo, core, crate_copy, error, fields, json_of, object, operation, query, schema, tree,
};
use serde_json::{Map, Value, json};

type Hostile = (&'static str, fn(&mut Value));

const SCHEMAS: &str = "/components/schemas";
const LAMP: &str = "/components/schemas/GetLamp200ResponseLamp/properties";
const ARGUMENTS: &str = "/components/schemas/LampArguments/properties";

fn lamp(document: &mut Value, name: &str, field: Value) {
    fields(document, LAMP).insert(name.into(), field);
}

fn argument(document: &mut Value, name: &str, field: Value) {
    fields(document, ARGUMENTS).insert(name.into(), field);
}

fn named(document: &mut Value, name: &str, component: Value) {
    fields(document, SCHEMAS).insert(name.into(), component);
}

/// A path with a copy of the operation that flashes a lamp.
fn path(document: &mut Value, path: &str) {
    let flash = document["paths"]["/lamps/lamp/flash"].clone();
    fields(document, "/paths").insert(path.into(), flash);
}

fn string() -> Value {
    json!({ "type": "string" })
}

fn values(values: &[&str]) -> Value {
    json!({ "type": "string", "enum": values })
}

/// An object in an object, and so on.
fn nested(depth: usize) -> Value {
    (0..depth).fold(string(), |inner, _| object(&[], json!({ "inner": inner })))
}

const HOSTILE: &[Hostile] = &[
    // Documents.
    ("null in place of the document", |d| *d = json!(null)),
    ("a number in place of the document", |d| *d = json!(7)),
    ("OpenAPI 2", |d| {
        *d = json!({ "swagger": "2.0", "paths": {} })
    }),
    ("a version that is a number", |d| d["openapi"] = json!(3.0)),
    ("no info", |d| drop(fields(d, "").remove("info"))),
    ("no components", |d| {
        drop(fields(d, "").remove("components"))
    }),
    ("paths that are a list", |d| d["paths"] = json!([1])),
    ("a path that is null", |d| {
        d["paths"]["/lamps/lamp"] = json!(null)
    }),
    ("a path without a slash", |d| path(d, "lamps")),
    ("an empty path", |d| path(d, "")),
    ("a path of slashes", |d| path(d, "///")),
    ("a path in another script", |d| path(d, "/лампы/лампа")),
    ("a path with quotes", |d| path(d, "/lamps/\"lamp\"/flash")),
    ("a path with a line's end", |d| path(d, "/lamps/lamp/a\nb")),
    ("a path with braces", |d| path(d, "/lamps/{lamp}/dim")),
    ("a path of 10,000 letters", |d| {
        path(d, &format!("/lamps/{}", "a".repeat(10_000)))
    }),
    ("two paths that differ in capitals", |d| {
        path(d, "/lamps/lamp/dim_it");
        path(d, "/lamps/lamp/dimIt");
    }),
    // Operations.
    ("an operation that is null", |d| {
        d["paths"]["/lamps/lamp"]["get"] = json!(null)
    }),
    ("an operation without responses", |d| {
        drop(fields(d, "/paths/~1lamps~1lamp/get").remove("responses"));
    }),
    ("an operationId twice", |d| {
        for method in ["get", "patch"] {
            d["paths"]["/lamps/lamp"][method]["operationId"] = json!("same");
        }
    }),
    ("no tags", |d| {
        drop(fields(d, "/paths/~1lamps~1lamp/get").remove("tags"))
    }),
    ("a tag that is a keyword", |d| {
        d["paths"]["/tasks/:task"]["get"]["tags"] = json!(["Crate"])
    }),
    ("a tag of signs", |d| {
        d["paths"]["/tasks/:task"]["get"]["tags"] = json!(["!!!"])
    }),
    ("a status that is a word", |d| {
        let response = json_of(object(&[], json!({})));
        d["paths"]["/lamps/lamp"]["get"]["responses"]["teapot"] = response;
    }),
    ("two ways to succeed", |d| {
        let response = json_of(object(&[], json!({ "other": string() })));
        d["paths"]["/lamps/lamp"]["get"]["responses"]["202"] = response;
    }),
    ("a success without content", |d| {
        d["paths"]["/lamps/lamp"]["get"]["responses"]["200"] = json!({ "description": "" });
    }),
    ("a parameter in the path", |d| {
        d["paths"]["/lamps/lamp"]["get"]["parameters"] =
            json!([{ "in": "path", "name": "lamp", "schema": string() }]);
    }),
    ("a parameter without a name", |d| {
        d["paths"]["/lamps/lamp"]["get"]["parameters"] =
            json!([{ "in": "query", "schema": string() }]);
    }),
    ("a parameter with brackets that do not close", |d| {
        d["paths"]["/lamps/lamp"]["get"]["parameters"] = query(&["lamp[id", "lamp]name["]);
    }),
    ("a parameter called like a method of calls", |d| {
        d["paths"]["/lamps/lamp"]["get"]["parameters"] =
            query(&["lamp[id]", "send", "self", "crate"]);
    }),
    ("scopes that are numbers", |d| {
        d["paths"]["/lamps/lamp"]["get"]["security"] = json!([{ "OAuth2": [1, null] }]);
    }),
    ("1,000 operations", |d| {
        for number in 0..1_000 {
            let response = json_of(object(&["lamp"], json!({ "lamp": schema("ListedLamp") })));
            let get = operation("Lamps", json!([]), json!(null), json!({ "200": response }));
            fields(d, "/paths").insert(format!("/lamps/lamp/way{number}"), json!({ "get": get }));
        }
    }),
    // Schemas.
    ("a type in a circle", |d| {
        lamp(d, "next", schema("GetLamp200ResponseLamp"))
    }),
    ("what is sent in a circle", |d| {
        argument(d, "next", schema("LampArguments"))
    }),
    ("two types in a circle, each required", |d| {
        named(d, "Egg", object(&["hen"], json!({ "hen": schema("Hen") })));
        named(d, "Hen", object(&["egg"], json!({ "egg": schema("Egg") })));
        lamp(d, "egg", schema("Egg"));
    }),
    ("a reference to the whole document", |d| {
        lamp(d, "all", json!({ "$ref": "#" }))
    }),
    ("a reference with an escape", |d| {
        named(d, "a/b~c", object(&["id"], json!({ "id": string() })));
        lamp(d, "odd", json!({ "$ref": "#/components/schemas/a~1b~0c" }));
    }),
    ("a schema of nothing", |d| lamp(d, "nothing", json!({}))),
    ("a schema that is a word", |d| {
        lamp(d, "word", json!("string"))
    }),
    ("a schema that is true", |d| lamp(d, "truth", json!(true))),
    ("an object of nothing", |d| {
        lamp(d, "empty", object(&[], json!({})))
    }),
    ("a body of nothing", |d| {
        d["paths"]["/lamps/lamp/flash"]["post"]["requestBody"] = json_of(object(&[], json!({})));
    }),
    ("a type that is not known", |d| {
        lamp(d, "file", json!({ "type": "file" }))
    }),
    ("types that are a list", |d| {
        lamp(d, "both", json!({ "type": ["string", "null"] }))
    }),
    ("an array of nothing", |d| {
        lamp(d, "list", json!({ "type": "array" }))
    }),
    ("an array of arrays of arrays", |d| {
        let list = |items| json!({ "type": "array", "items": items });
        lamp(d, "cube", list(list(list(string()))));
    }),
    ("an object 50 deep", |d| lamp(d, "deep", nested(50))),
    ("a required field that is not there", |d| {
        d["components"]["schemas"]["ListedLamp"]["required"] = json!(["id", "ghost"]);
    }),
    ("a one-of of nothing", |d| {
        lamp(d, "none", json!({ "oneOf": [] }))
    }),
    ("an all-of of two that disagree", |d| {
        let [one, other] = [string(), json!({ "type": "integer" })]
            .map(|schema| object(&[], json!({ "value": schema })));
        lamp(d, "torn", json!({ "allOf": [one, other] }));
    }),
    // Enumerations.
    ("an empty enumeration", |d| lamp(d, "shape", values(&[]))),
    ("an enumeration of the empty word", |d| {
        lamp(d, "shape", values(&[""]))
    }),
    ("an enumeration of signs", |d| {
        lamp(d, "shape", values(&["<", ">", "<=", "\"", "\\", "{}"]))
    }),
    ("values that differ in capitals", |d| {
        lamp(d, "shape", values(&["ON", "on", "On", "oN"]))
    }),
    ("values that are keywords", |d| {
        lamp(d, "shape", values(&["self", "Self", "crate", "unknown"]))
    }),
    ("values that begin with digits", |d| {
        lamp(d, "shape", values(&["2x", "2X", "0"]))
    }),
    ("values that are numbers", |d| {
        lamp(d, "shape", json!({ "type": "string", "enum": [1, 2] }))
    }),
    ("one enumeration with other values elsewhere", |d| {
        argument(d, "colour", values(&["red", "ultraviolet"]));
    }),
    // Fields.
    ("a field that is a keyword", |d| lamp(d, "type", string())),
    ("a field that is self", |d| lamp(d, "self", string())),
    ("a field without a name", |d| lamp(d, "", string())),
    ("a field of signs", |d| lamp(d, "@@", string())),
    ("a field in another script", |d| lamp(d, "имя", string())),
    ("fields that differ in capitals", |d| {
        lamp(d, "upTime", string());
        lamp(d, "up_time", string());
    }),
    ("a field to send called new", |d| {
        argument(d, "new", string())
    }),
    ("an object called like a type of Rust", |d| {
        lamp(
            d,
            "option",
            object(&["id"], json!({ "id": string(), "n": string() })),
        );
    }),
    ("200 fields", |d| {
        let many: Map<String, Value> = (0..200)
            .map(|number| (format!("field{number}"), string()))
            .collect();
        lamp(d, "wide", json!({ "type": "object", "properties": many }));
    }),
    // Errors.
    ("an error without a code", |d| {
        named(d, "LampNotFound", object(&[], json!({})))
    }),
    ("an error with two codes", |d| {
        d["components"]["schemas"]["LampNotFound"]["properties"]["code"]["enum"] =
            json!(["a", "b"]);
    }),
    ("a code of signs", |d| {
        named(d, "LampNotFound", error("!", json!({})))
    }),
    ("a code that is a keyword", |d| {
        named(d, "LampNotFound", error("self", json!({ "a": string() })))
    }),
    ("codes that differ in capitals", |d| {
        d["components"]["schemas"]["LampNotFound"]["properties"]["code"]["enum"] =
            json!(["gone", "Gone"]);
    }),
    ("10 MB of prose", |d| {
        d["info"]["description"] = json!("word ".repeat(2_000_000))
    }),
];

/// Returns the result for a document, `taken` or the message. A violation of the rules is an error.
fn result(number: usize, change: fn(&mut Value)) -> Result<String, String> {
    let mut document = core();
    change(&mut document);
    let small = Small::with(&format!("hostile-{number}"), &document.to_string());
    let out = small.folder.join("generated");
    let before = tree(&small.openapi);
    let message = |text: &str| {
        // The folder of the registry differs between machines.
        let text: Vec<&str> = text
            .lines()
            .filter(|line| !line.contains("/registry/"))
            .collect();
        let text = text.join("\n");
        text.replace(common::text(&small.folder), "…")
            .trim_end()
            .to_owned()
    };
    let vendored = small.vendor();
    if vendored.code != Some(0) {
        if vendored.code != Some(1) || !vendored.err.starts_with("error: ") {
            return Err(message(&vendored.err));
        }
        if tree(&small.openapi) != before {
            return Err("the folder is partly written".to_owned());
        }
        return Ok(format!("vendor: {}", message(&vendored.err)));
    }
    let generated = small.generate(&out, &[]);
    match generated.code {
        Some(0) => Ok("taken".to_owned()),
        Some(1) if generated.err.starts_with("error: ") && !out.exists() => {
            Ok(format!("generate: {}", message(&generated.err)))
        }
        _ => Err(message(&generated.err)),
    }
}

/// Documents that are not combined with the others, because they take long to compile.
const ALONE: &[&str] = &[
    "1,000 operations",
    "10 MB of prose",
    "a path of 10,000 letters",
];

#[test]
fn accepted_documents_compile_together() {
    let mut document = core();
    for (what, change) in HOSTILE {
        let mut changed = document.clone();
        if ALONE.contains(what)
            || std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| change(&mut changed)))
                .is_err()
        {
            continue;
        }
        let small = Small::with("hostile-together", &changed.to_string());
        let out = small.folder.join("generated");
        // A document that is rejected alone is rejected in combination too.
        if small.vendor().code == Some(0) && small.generate(&out, &[]).code == Some(0) {
            document = changed;
        }
    }
    let small = Small::with("hostile-together", &document.to_string());
    small.vendor().ok();
    let out = crate_copy(&small.folder);
    small.generate(&out, &[]).ok();
    cargo(&small.folder, &["check"]);
}

#[test]
fn hostile_documents_are_accepted_or_rejected_whole() {
    let mut wrong = Vec::new();
    let mut kept = String::new();
    for (number, (what, change)) in HOSTILE.iter().enumerate() {
        match result(number, *change) {
            Ok(message) => kept.push_str(&format!("{what}\n    {message}\n")),
            Err(message) => wrong.push(format!("{what}: {message}")),
        }
        let folder = common::folder(&format!("hostile-{number}"));
        let _ = fs::remove_dir_all(folder);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("hostile", kept);
}
