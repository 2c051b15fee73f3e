//! A small invented API, folders to work in, and the built `xtask` run on them.

#![allow(dead_code)] // each test file uses its own part

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

/// What a run of `xtask` left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// What a command leaves behind.
    pub(crate) fn of(command: &mut Command) -> Self {
        let done = command.output().expect("it runs");
        Self {
            code: done.status.code(),
            out: String::from_utf8(done.stdout).expect("UTF-8"),
            err: String::from_utf8(done.stderr).expect("UTF-8"),
        }
    }

    /// The run, which must have ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }
}

pub(crate) fn xtask<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Run {
    Run::of(Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments))
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// An empty folder of this test alone.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Every file below a folder, with its bytes as text.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    if folder.is_file() {
        let bytes = fs::read(folder).expect("a file");
        files.insert(
            folder.to_owned(),
            String::from_utf8_lossy(&bytes).into_owned(),
        );
        return files;
    }
    for entry in fs::read_dir(folder).expect("a folder") {
        files.extend(tree(&entry.expect("an entry").path()));
    }
    files
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let from = entry.expect("an entry").path();
        let to = to.join(from.file_name().expect("a name"));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copy");
        }
    }
}

/// A workspace of its own around a copy of katapult-gen; gives the crate's folder.
pub(crate) fn crate_copy(folder: &Path) -> PathBuf {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let (before, members) = manifest.split_once("\nmembers = [").expect("members");
    let (_, after) = members.split_once(']').expect("the end of members");
    let after: String = after
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("default-members"))
        .collect();
    fs::write(
        folder.join("Cargo.toml"),
        format!("{before}\nmembers = [\"katapult-gen\"]{after}"),
    )
    .expect("written");
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("a copy");
    let copied = folder.join("katapult-gen");
    copy(
        &root().join("katapult-gen").join("src"),
        &copied.join("src"),
    );
    let own = root().join("katapult-gen");
    fs::copy(own.join("README.md"), copied.join("README.md")).expect("a copy");
    let manifest = fs::read_to_string(own.join("Cargo.toml")).expect("a manifest");
    let sections: String = manifest
        .split_inclusive("\n\n")
        .filter(|section| !section.starts_with("[[test]]")) // the tests are not copied
        .collect();
    fs::write(copied.join("Cargo.toml"), sections).expect("written");
    copied
}

/// Runs cargo in a workspace of [`crate_copy`]; what it compiles of other crates is kept for the next run.
#[track_caller]
pub(crate) fn cargo(folder: &Path, arguments: &[&str]) {
    let done = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet", "--all-features"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", root().join("target").join("xtask-2024"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&done.stderr);
    let out = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "cargo {arguments:?}: {said}{out}");
}

/// The small API's two documents and its folder of names and corrections.
pub(crate) struct Small {
    pub(crate) folder: PathBuf,
    pub(crate) openapi: PathBuf,
    pub(crate) core: PathBuf,
    pub(crate) public: PathBuf,
}

impl Small {
    /// The documents as they are.
    pub(crate) fn new(test: &str) -> Self {
        Self::with(test, &core().to_string())
    }

    /// Another text in place of the core document.
    pub(crate) fn with(test: &str, core: &str) -> Self {
        let folder = folder(test);
        let small = Self {
            openapi: folder.join("openapi"),
            core: folder.join("core.json"),
            public: folder.join("public.json"),
            folder,
        };
        fs::create_dir_all(&small.openapi).expect("a folder");
        fs::write(&small.core, core).expect("written");
        fs::write(&small.public, public().to_string()).expect("written");
        fs::write(small.openapi.join("names.yaml"), NAMES).expect("written");
        fs::write(small.openapi.join("corrections.yaml"), CORRECTIONS).expect("written");
        small
    }

    pub(crate) fn vendor(&self) -> Run {
        xtask([
            "vendor",
            "--core",
            text(&self.core),
            "--public",
            text(&self.public),
            "--openapi",
            text(&self.openapi),
        ])
    }

    pub(crate) fn generate(&self, out: &Path, more: &[&str]) -> Run {
        let base = [
            "generate",
            "--openapi",
            text(&self.openapi),
            "--out",
            text(out),
        ];
        xtask(base.into_iter().chain(more.iter().copied()))
    }

    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.openapi.join(name)).expect("a file")
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Pins one name of each kind; the rest is named by rule.
pub(crate) const NAMES: &str = "\
operations:
  core GET /harbours/harbour/lamps: lamps.list
  core POST /harbours/harbour/lamps: lamps.create
titles:
  lamps.flash: flash a lamp once
objects: {}
parts:
  pagination: Pagination
arguments: {}
lookups: {}
enums:
  Lamp.colour: Colour
";

pub(crate) const CORRECTIONS: &str = "\
- rule:
    envelope: {}
  evidence: All failures seen.
- rule:
    path_lookups: {}
  evidence: All requests seen.
- rule:
    null_in_requests: {}
  evidence: One request seen.
- rule:
    add:
      type: Lamp
      fields:
        lit_at: integer
  evidence: All lamps seen.
- rule:
    polymorph:
      name: LampOwner
      at: [Lamp.owner]
      kinds:
        Harbour: Harbour
        Keeper: Keeper
  evidence: All owners seen.
";

/// An operation whose prose is all its own.
pub(crate) fn operation(tag: &str, parameters: Value, body: Value, responses: Value) -> Value {
    let mut operation = json!({
        "summary": format!("Prose that sums up something of {tag}"),
        "description": format!("Prose that describes something of {tag} at length."),
        "tags": [tag],
        "security": [{ "OAuth2": [format!("example.test/core/v1/{tag}"), format!("example.test/core/v1/{tag}:read")] }],
        "parameters": parameters,
        "responses": responses,
    });
    if !body.is_null() {
        operation["requestBody"] = json!({
            "description": "Prose about a body.",
            "content": { "application/json": { "schema": body } },
        });
    }
    operation
}

pub(crate) fn query(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| {
            let schema = match *name {
                "page" | "per_page" => json!({ "type": "integer" }),
                _ => json!({ "type": "string" }),
            };
            json!({ "in": "query", "name": name, "schema": schema, "description": "Prose about a parameter." })
        })
        .collect()
}

pub(crate) fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "title": "Prose of a title", "required": required, "properties": properties })
}

pub(crate) fn json_of(schema: Value) -> Value {
    json!({ "description": "Prose about a response.", "content": { "application/json": { "schema": schema } } })
}

pub(crate) fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn response(name: &str) -> Value {
    json!({ "$ref": format!("#/components/responses/{name}") })
}

pub(crate) fn error(code: &str, detail: Value) -> Value {
    let code = json!({ "type": "string", "enum": [code] });
    let prose = json!({ "type": "string", "description": "Prose about an error." });
    object(
        &["code", "description", "detail"],
        json!({ "code": code, "description": prose, "detail": object(&[], detail) }),
    )
}

pub(crate) fn responses(success: Value) -> Value {
    json!({ "200": success, "404": response("NotFound"), "406": response("Busy") })
}

/// The core document: eight operations on lamps, harbours and their keepers.
pub(crate) fn core() -> Value {
    let string = json!({ "type": "string", "description": "Prose about a string." });
    let integer = json!({ "type": "integer" });
    let colours = json!({ "type": "string", "enum": ["red", "dark-green", "white"] });
    let lamp = object(
        &["lamp"],
        json!({ "lamp": schema("GetLamp200ResponseLamp") }),
    );
    let key_value = json!({ "type": "array", "items": { "type": "string" } });
    let mut list = query(&[
        "harbour[id]",
        "harbour[permalink]",
        "page",
        "per_page",
        "annotations[][key]",
        "annotations[][value]",
    ]);
    for parameter in list.as_array_mut().into_iter().flatten() {
        if parameter["name"]
            .as_str()
            .is_some_and(|name| name.contains("[]"))
        {
            parameter["schema"] = key_value.clone();
        }
    }
    let arguments = object(
        &["name"],
        json!({
            "name": string,
            "colour": colours,
            "keeper": schema("KeeperLookup"),
            "beams": { "type": "array", "items": object(&["angle"], json!({ "angle": integer, "dimmed": { "type": "boolean" } })) },
        }),
    );
    json!({
        "openapi": "3.0.2",
        "info": { "title": "Prose that names the API", "description": "Prose about it all.", "version": "7.0", "x-katapult-version": "2.1.0" },
        "paths": {
            "/lamps/lamp": {
                "get": operation("Lamps", query(&["lamp[id]", "lamp[name]"]), json!(null), responses(json_of(lamp.clone()))),
                "patch": operation("Lamps", json!([]), object(&["lamp", "properties"], json!({ "lamp": schema("LampLookup"), "properties": schema("LampArguments") })), responses(json_of(lamp.clone()))),
                "delete": operation("Lamps", json!([]), object(&[], json!({ "lamp": schema("LampLookup") })), responses(json_of(object(&["trash_object"], json!({ "trash_object": schema("Trash") }))))),
            },
            "/lamps/lamp/flash": {
                "post": operation("Lamps", json!([]), object(&["lamp"], json!({ "lamp": schema("LampLookup"), "pattern": { "type": "string", "enum": ["long", "short"] } })), responses(json_of(object(&["task"], json!({ "task": schema("Task") }))))),
            },
            "/lamps/lamp/log": {
                "get": operation("Lamps", query(&["lamp[id]", "lamp[name]"]), json!(null), responses(json!({ "description": "Prose about text.", "content": { "text/plain": { "schema": { "type": "string" } } } }))),
            },
            "/harbours/harbour/lamps": {
                "get": operation("Lamps", list, json!(null), responses(json_of(object(&["lamps", "pagination"], json!({
                    "lamps": { "type": "array", "items": schema("ListedLamp") },
                    "pagination": schema("Pages"),
                }))))),
                "post": operation("Lamps", json!([]), object(&["harbour", "properties"], json!({ "harbour": schema("HarbourLookup"), "properties": schema("LampArguments") })), json!({
                    "201": json_of(lamp),
                    "404": response("NotFound"),
                    "422": json_of(error("validation_error", json!({ "errors": { "type": "array", "items": string } }))),
                })),
            },
            "/tasks/:task": {
                "get": operation("Tasks", query(&["task[id]"]), json!(null), responses(json_of(object(&["task"], json!({ "task": schema("Task") }))))),
            },
        },
        "components": {
            "schemas": {
                "LampLookup": object(&[], json!({ "id": string, "name": string })),
                "HarbourLookup": object(&[], json!({ "id": string, "permalink": string })),
                "KeeperLookup": object(&[], json!({ "id": string })),
                "LampArguments": arguments,
                "GetLamp200ResponseLamp": object(&["id", "name"], json!({
                    "id": string,
                    "name": string,
                    "colour": colours,
                    "lit": { "type": "boolean" },
                    "height": { "type": "number" },
                    "position": object(&["north", "east"], json!({ "north": integer, "east": integer })),
                    "keeper": { "allOf": [schema("Keeper")], "nullable": true },
                    "owner": { "oneOf": [schema("Keeper"), schema("Harbour")] },
                    "notes": { "type": "array", "items": string },
                    "anything": {},
                })),
                "ListedLamp": object(&["id"], json!({ "id": string, "name": string })),
                "Keeper": object(&["id"], json!({ "id": string, "name": string, "harbour": schema("Harbour"), "lamps": { "type": "array", "items": schema("GetLamp200ResponseLamp") }, "chief": { "allOf": [schema("Keeper")], "nullable": true } })),
                "Harbour": object(&["id"], json!({ "id": string, "permalink": string, "keepers": { "type": "array", "items": schema("Keeper") } })),
                "Task": object(&["id", "status"], json!({ "id": string, "status": { "type": "string", "enum": ["pending", "done"] } })),
                "Trash": object(&["id"], json!({ "id": string, "keep_until": integer })),
                "Pages": object(&["current_page"], json!({ "current_page": integer, "total": { "type": "integer", "nullable": true } })),
                "LampNotFound": error("lamp_not_found", json!({})),
                "HarbourNotFound": error("harbour_not_found", json!({})),
                "ObjectInTrash": error("object_in_trash", json!({ "trash_object": schema("Trash") })),
            },
            "responses": {
                "NotFound": json_of(json!({ "oneOf": [schema("LampNotFound"), schema("HarbourNotFound")] })),
                "Busy": json_of(schema("ObjectInTrash")),
            },
        },
    })
}

/// The public document: one operation.
pub(crate) fn public() -> Value {
    let zone = object(
        &["name"],
        json!({ "name": { "type": "string" }, "id": { "type": "string" } }),
    );
    let zones = object(
        &["zones"],
        json!({ "zones": { "type": "array", "items": zone } }),
    );
    json!({
        "openapi": "3.0.2",
        "info": { "version": "7.0", "x-katapult-version": "2.1.0" },
        "paths": { "/zones": { "get": operation("Zones", json!([]), json!(null), json!({ "200": json_of(zones) })) } },
    })
}

/// Numbers that look random and are the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// JSON with the keys of every object and the items of every array in another order.
pub(crate) fn shuffled(value: &Value, dice: &mut Dice) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}:{}", json!(key), shuffled(value, dice)))
                .collect();
            dice.shuffle(&mut fields);
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| shuffled(item, dice)).collect();
            dice.shuffle(&mut items);
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

/// Calls `each` with every piece of prose: summaries, descriptions and titles.
pub(crate) fn for_prose(value: &mut Value, each: &mut impl FnMut(&mut String)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("summary" | "description" | "title", Value::String(text)) => each(text),
                    (_, value) => for_prose(value, each),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| for_prose(item, each)),
        _ => {}
    }
}

/// Gives every component schema and response another name, in another order.
pub(crate) fn renamed(mut document: Value, dice: &mut Dice) -> Value {
    let mut names = BTreeMap::new();
    for kind in ["schemas", "responses"] {
        let Some(components) = document["components"][kind].as_object_mut() else {
            continue;
        };
        let mut numbers: Vec<usize> = (0..components.len()).collect();
        dice.shuffle(&mut numbers);
        let components_now = std::mem::take(components);
        for ((name, component), number) in components_now.into_iter().zip(numbers) {
            let new = format!("Renamed{number}");
            names.insert(
                format!("#/components/{kind}/{name}"),
                format!("#/components/{kind}/{new}"),
            );
            components.insert(new, component);
        }
    }
    redirect(&mut document, &names);
    document
}

fn redirect(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), &mut *value) {
                    ("$ref", Value::String(reference)) => {
                        *reference = names[reference.as_str()].clone();
                    }
                    _ => redirect(value, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, names)),
        _ => {}
    }
}

/// How many random documents are tried: more on demand.
pub(crate) fn rounds() -> u64 {
    std::env::var("XTASK_ROUNDS").map_or(150, |rounds| rounds.parse().expect("a number"))
}

/// The document with one value of it, at random, made another; and where.
pub(crate) fn broken(mut document: Value, dice: &mut Dice) -> (Value, String) {
    let mut places = Vec::new();
    find_places(&document, String::new(), &mut places);
    let place = places.swap_remove(dice.below(places.len()));
    let others = [
        json!(null),
        json!(-1),
        json!(true),
        json!(""),
        json!("9 &%"),
        json!([]),
        json!([{ "$ref": "#" }]),
        json!({}),
        json!({ "$ref": format!("#{place}") }),
        json!({ "allOf": [{ "$ref": format!("#{place}") }] }),
        json!({ "type": "array", "items": { "$ref": format!("#{place}") } }),
        json!({ "oneOf": [{ "$ref": format!("#{place}") }] }),
        json!({ "type": "object", "properties": { "a": { "$ref": format!("#{place}") } } }),
    ];
    let other = others[dice.below(others.len())].clone();
    let said = format!("{other} at {place}");
    *document.pointer_mut(&place).expect("a place") = other;
    (document, said)
}

fn find_places(value: &Value, at: String, places: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        find_places(value, format!("{at}/{key}"), places);
    }
    places.push(at);
}

/// The fields of an object in a document, to be changed.
#[track_caller]
pub(crate) fn fields<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Map<String, Value> {
    document
        .pointer_mut(pointer)
        .and_then(Value::as_object_mut)
        .unwrap_or_else(|| panic!("no {pointer}"))
}
