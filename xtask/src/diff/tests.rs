//! Kinds of change, each with its verdict and the public name that it touches.

use katapult_openapi::Api;
use serde_json::{Map, Value, json};

use crate::diff::compare::compare;
use crate::diff::judge::{Kind, Verdict, judge};
use crate::diff::source::Source;
use crate::diff::surface;
use crate::generate::document::Document;

fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn operation(id: &str, scopes: &[&str], idempotent: bool, response: Value) -> Value {
    let (resource, action) = id.split_once('.').expect("a dot");
    json!({
        "operationId": id,
        "responses": { "200": { "content": { "application/json": { "schema": response } } } },
        "x-katapult": {
            "resource": resource, "action": action, "title": id, "scopes": scopes, "idempotent": idempotent,
            "errors": { "404": ["lamp_not_found"] },
        },
    })
}

fn query(name: &str, required: bool, schema: Value) -> Value {
    json!({ "in": "query", "name": name, "required": required, "schema": schema })
}

/// A small canonical document.
fn base() -> Value {
    let lamp = || object(&["lamp"], json!({ "lamp": schema("Lamp.full") }));
    let mut get = operation("lamps.get", &["lamps", "lamps:read"], true, lamp());
    get["parameters"] = json!([query("lamp", true, schema("LampLookup"))]);
    get["x-katapult"]["subject"] = json!("lamp");
    let mut list = operation(
        "lamps.list",
        &["lamps"],
        true,
        object(
            &["lamps", "pagination"],
            json!({ "lamps": { "type": "array", "items": schema("Lamp.short") }, "pagination": schema("Pagination") }),
        ),
    );
    list["parameters"] = json!([query("page", false, json!({ "type": "integer" }))]);
    list["x-katapult"]["list"] = json!({ "items": "lamps", "pagination": "pagination" });
    let mut update = operation("lamps.update", &["lamps"], true, lamp());
    update["requestBody"]["content"]["application/json"]["schema"] = object(
        &["lamp", "properties"],
        json!({ "lamp": schema("LampLookup"), "properties": schema("LampArguments") }),
    );
    let mut flash = operation(
        "lamps.flash",
        &[],
        false,
        object(&["task"], json!({ "task": schema("Task") })),
    );
    flash["x-katapult"]["task"] = json!("task");
    let keeper = object(&["keeper"], json!({ "keeper": schema("Keeper") }));
    let keeper = operation("keepers.get", &["keepers"], true, keeper);
    let string = || json!({ "type": "string" });
    let typed = |name: &str, mut schema: Value| {
        schema["x-katapult-type"] = json!(name);
        schema
    };
    json!({
        "paths": {
            "/lamps/lamp": { "get": get, "patch": update },
            "/lamps": { "get": list },
            "/lamps/lamp/flash": { "post": flash },
            "/keepers/keeper": { "get": keeper },
        },
        "components": { "schemas": {
            "Lamp.full": typed("Lamp", object(&["id", "watts"], json!({
                "id": string(), "watts": { "type": "integer" }, "colour": schema("Colour"), "owner": schema("LampOwner"),
                "bulb": schema("Bulb"), "name": string(),
            }))),
            "Lamp.short": typed("Lamp", object(&["id", "watts"], json!({
                "id": string(), "watts": { "type": "integer" }, "name": string(),
            }))),
            "LampArguments": object(&["group"], json!({
                "group": string(), "name": string(), "colour": schema("Colour"), "beam": schema("Beam"),
                "note": { "type": "string", "nullable": true },
            })),
            "Beam": object(&["angle"], json!({ "angle": { "type": "integer" }, "reach": { "type": "integer" } })),
            "Bulb": object(&["id"], json!({ "id": string(), "kind": schema("BulbKind") })),
            "BulbKind": { "type": "string", "enum": ["arc", "oil"] },
            "Colour": { "type": "string", "enum": ["red", "white"] },
            "LampLookup": {
                "x-katapult-lookup": ["id", "name"],
                "oneOf": [object(&["id"], json!({ "id": string() })), object(&["name"], json!({ "name": string() }))],
            },
            "LampOwner": {
                "type": "object", "properties": { "type": string() },
                "x-katapult-polymorph": { "Keeper": schema("Keeper"), "Task": schema("Task") },
            },
            "Keeper": object(&["id"], json!({ "id": string() })),
            "Task": object(&["id", "status"], json!({ "id": string(), "status": string() })),
            "Pagination": object(&[], json!({ "total": { "type": "integer" } })),
            "LampBusyDetail": object(&[], json!({ "until": { "type": "integer" } })),
        } },
        "x-katapult-error-codes": {
            "lamp_not_found": { "statuses": [404] },
            "lamp_busy": { "statuses": [406], "detail": schema("LampBusyDetail") },
        },
    })
}

fn source(core: &Value) -> Source {
    let core = katapult_openapi::Document::from_json(Api::Core, core.clone()).expect("canonical");
    let mut document = Document::default();
    document.add(&core).expect("canonical");
    Source {
        version: "1".to_owned(),
        document,
    }
}

fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("no {pointer}"))
}

fn map<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Map<String, Value> {
    at(document, pointer).as_object_mut().expect("an object")
}

const GET: &str = "/paths/~1lamps~1lamp/get";
const LIST: &str = "/paths/~1lamps/get";
const UPDATE: &str = "/paths/~1lamps~1lamp/patch";
const FLASH: &str = "/paths/~1lamps~1lamp~1flash/post";
const FULL: &str = "/components/schemas/Lamp.full";
const SHORT: &str = "/components/schemas/Lamp.short";
const ARGUMENTS: &str = "/components/schemas/LampArguments";
const BEAM: &str = "/components/schemas/Beam";
const CODES: &str = "/x-katapult-error-codes";

/// What is changed, how, and every change that must be told of it.
type Row = (
    &'static str,
    fn(&mut Value),
    &'static [(Kind, Verdict, &'static str)],
);

use Kind as K;
use Verdict::{Note, Rust, RustAndWire, Safe, Wire};

fn remove_required(document: &mut Value, pointer: &str, name: &str) {
    let required = at(document, &format!("{pointer}/required"));
    required
        .as_array_mut()
        .expect("a list")
        .retain(|at| at != name);
}

fn remove_field(document: &mut Value, pointer: &str, name: &str) {
    map(document, &format!("{pointer}/properties")).remove(name);
    remove_required(document, pointer, name);
}

const ROWS: &[Row] = &[
    ("nothing", |_| {}, &[]),
    (
        "an operation that is new",
        |d| {
            let mut dim = d["paths"]["/lamps/lamp"]["get"].clone();
            dim["operationId"] = json!("lamps.dim");
            dim["x-katapult"]["action"] = json!("dim");
            map(d, "/paths").insert("/lamps/lamp/dim".into(), json!({ "get": dim }));
        },
        &[(K::OperationAdded, Safe, "lamps().dim(…)")],
    ),
    (
        "an operation that is gone",
        |d| drop(map(d, "/paths").remove("/lamps/lamp/flash")),
        &[(K::OperationRemoved, RustAndWire, "lamps().flash(…)")],
    ),
    (
        "the last operation of a resource",
        |d| drop(map(d, "/paths").remove("/keepers/keeper")),
        &[
            (K::ResourceRemoved, RustAndWire, "keepers()"),
            (K::OperationRemoved, RustAndWire, "keepers().get(…)"),
        ],
    ),
    (
        "the first operation of a resource",
        |d| {
            let mut get = d["paths"]["/keepers/keeper"]["get"].clone();
            get["operationId"] = json!("harbours.get");
            get["x-katapult"]["resource"] = json!("harbours");
            map(d, "/paths").insert("/harbours/harbour".into(), json!({ "get": get }));
        },
        &[
            (K::ResourceAdded, Safe, "harbours()"),
            (K::OperationAdded, Safe, "harbours().get(…)"),
        ],
    ),
    (
        "an operation's public name",
        |d| {
            at(d, FLASH)["operationId"] = json!("lamps.blink");
            at(d, FLASH)["x-katapult"]["action"] = json!("blink");
        },
        &[(K::OperationRenamed, Rust, "lamps().flash(…)")],
    ),
    (
        "an operation's path",
        |d| {
            let flash = map(d, "/paths")
                .remove("/lamps/lamp/flash")
                .expect("a path");
            map(d, "/paths").insert("/lamps/lamp/flashes".into(), flash);
        },
        &[(K::OperationMoved, Wire, "lamps().flash(…)")],
    ),
    (
        "a parameter that can be given",
        |d| {
            let list = at(d, LIST)["parameters"].as_array_mut().expect("a list");
            list.push(query("colour", false, json!({ "type": "string" })));
        },
        &[(
            K::InputAdded { required: false },
            Safe,
            "lamps().list(…).colour",
        )],
    ),
    (
        "a parameter that must be given",
        |d| {
            let list = at(d, LIST)["parameters"].as_array_mut().expect("a list");
            list.push(query("match", true, json!({ "type": "string" })));
        },
        &[(
            K::InputAdded { required: true },
            RustAndWire,
            "lamps().list(…).match_",
        )],
    ),
    (
        "a parameter that is gone",
        |d| at(d, LIST)["parameters"] = json!([]),
        &[(
            K::InputRemoved { required: false },
            Rust,
            "lamps().list(…).page",
        )],
    ),
    (
        "a parameter that must be given now",
        |d| at(d, LIST)["parameters"][0]["required"] = json!(true),
        &[(K::InputNowRequired, RustAndWire, "lamps().list(…).page")],
    ),
    (
        "a parameter that need not be given now",
        |d| at(d, GET)["parameters"][0]["required"] = json!(false),
        &[(K::InputNowOptional, Rust, "lamps().get(…).lamp")],
    ),
    (
        "a parameter of another type",
        |d| at(d, LIST)["parameters"][0]["schema"]["type"] = json!("string"),
        &[(K::InputTyped, RustAndWire, "lamps().list(…).page")],
    ),
    (
        "a property that can be given",
        |d| {
            drop(
                map(d, &format!("{ARGUMENTS}/properties"))
                    .insert("height".into(), json!({ "type": "integer" })),
            )
        },
        &[(
            K::InputAdded { required: false },
            Safe,
            "lamps().update(…).height",
        )],
    ),
    (
        "a property that is gone",
        |d| remove_field(d, ARGUMENTS, "name"),
        &[(
            K::InputRemoved { required: false },
            Rust,
            "lamps().update(…).name",
        )],
    ),
    (
        "a property that must be given no more",
        |d| remove_required(d, ARGUMENTS, "group"),
        &[(K::InputNowOptional, Rust, "lamps().update(…).group")],
    ),
    (
        "a property that can be null",
        |d| at(d, ARGUMENTS)["properties"]["name"]["nullable"] = json!(true),
        &[(
            K::InputNullable { required: false },
            Safe,
            "lamps().update(…).name",
        )],
    ),
    (
        "a property that must be given and can be null",
        |d| at(d, ARGUMENTS)["properties"]["group"]["nullable"] = json!(true),
        &[(
            K::InputNullable { required: true },
            Rust,
            "lamps().update(…).group",
        )],
    ),
    (
        "a property that can no longer be null",
        |d| at(d, ARGUMENTS)["properties"]["note"] = json!({ "type": "string" }),
        &[(
            K::InputNotNullable { required: false },
            Wire,
            "lamps().update(…).note",
        )],
    ),
    (
        "a field of what is sent that must be given",
        |d| {
            map(d, &format!("{BEAM}/properties"))
                .insert("tilt".into(), json!({ "type": "integer" }));
            at(d, BEAM)["required"] = json!(["angle", "tilt"]);
        },
        &[(
            K::InputAdded { required: true },
            RustAndWire,
            "types::Beam.tilt",
        )],
    ),
    (
        "a field of what is sent of another type",
        |d| at(d, BEAM)["properties"]["reach"]["type"] = json!("number"),
        &[(K::InputTyped, RustAndWire, "types::Beam.reach")],
    ),
    (
        "a field of a response",
        |d| {
            let response = "/responses/200/content/application~1json/schema/properties";
            map(d, &format!("{GET}{response}"))
                .insert("warning".into(), json!({ "type": "string" }));
        },
        &[(K::FieldAdded, Safe, "lamps().get(…) → response.warning")],
    ),
    (
        "a field of a type",
        |d| {
            drop(
                map(d, &format!("{FULL}/properties"))
                    .insert("age".into(), json!({ "type": "integer" })),
            )
        },
        &[(K::FieldAdded, Safe, "types::Lamp.age")],
    ),
    (
        "a field that some responses had",
        |d| remove_field(d, FULL, "bulb"),
        &[
            (K::FieldRemoved { certain: false }, Rust, "types::Lamp.bulb"),
            (K::TypeRemoved, Rust, "types::Bulb"),
            (K::TypeRemoved, Rust, "types::BulbKind"),
        ],
    ),
    (
        "a field that all responses had",
        |d| {
            remove_field(d, FULL, "watts");
            remove_field(d, SHORT, "watts");
        },
        &[(
            K::FieldRemoved { certain: true },
            RustAndWire,
            "types::Lamp.watts",
        )],
    ),
    (
        "a field that all responses had and one has no more",
        |d| remove_field(d, SHORT, "watts"),
        &[
            (K::FieldNowUncertain, RustAndWire, "types::Lamp.watts"),
            (K::FieldWithheld, Note, "types::Lamp.watts"),
        ],
    ),
    (
        "a field that can be null",
        |d| at(d, SHORT)["properties"]["watts"]["nullable"] = json!(true),
        &[(K::FieldNowUncertain, RustAndWire, "types::Lamp.watts")],
    ),
    (
        "an ID that is left out",
        |d| remove_required(d, "/components/schemas/Bulb", "id"),
        &[],
    ),
    (
        "a field that is always there",
        |d| {
            at(d, FULL)["required"] = json!(["id", "watts", "name"]);
            at(d, SHORT)["required"] = json!(["id", "watts", "name"]);
        },
        &[(K::FieldNowCertain, Rust, "types::Lamp.name")],
    ),
    (
        "a field of another type",
        |d| {
            at(d, FULL)["properties"]["watts"]["type"] = json!("number");
            at(d, SHORT)["properties"]["watts"]["type"] = json!("number");
        },
        &[(K::FieldTyped, RustAndWire, "types::Lamp.watts")],
    ),
    (
        "a field that one more response has",
        |d| drop(map(d, &format!("{SHORT}/properties")).insert("bulb".into(), schema("Bulb"))),
        &[(K::FieldAnswered, Safe, "types::Lamp.bulb")],
    ),
    (
        "a field that one response has no more",
        |d| remove_field(d, SHORT, "name"),
        &[(K::FieldWithheld, Note, "types::Lamp.name")],
    ),
    (
        "a type that is new",
        |d| {
            map(d, "/components/schemas").insert(
                "Shade".into(),
                object(&["id"], json!({ "id": { "type": "string" } })),
            );
            map(d, &format!("{FULL}/properties")).insert("shade".into(), schema("Shade"));
        },
        &[
            (K::FieldAdded, Safe, "types::Lamp.shade"),
            (K::TypeAdded, Safe, "types::Shade"),
        ],
    ),
    (
        "an enumeration in place of an object",
        |d| at(d, "/components/schemas")["Bulb"] = json!({ "type": "string", "enum": ["arc"] }),
        &[
            (K::TypeReshaped, RustAndWire, "types::Bulb"),
            (K::TypeRemoved, Rust, "types::BulbKind"),
        ],
    ),
    (
        "a type that another resource uses too",
        |d| {
            drop(
                map(d, "/components/schemas/Keeper/properties")
                    .insert("bulb".into(), schema("Bulb")),
            )
        },
        &[(K::FieldAdded, Safe, "types::Keeper.bulb")],
    ),
    (
        "a type that is received as well",
        |d| drop(map(d, &format!("{FULL}/properties")).insert("beam".into(), schema("Beam"))),
        &[
            (K::FieldAdded, Safe, "types::Lamp.beam"),
            (K::TypeGainsWay { reshapes: false }, Safe, "types::Beam"),
        ],
    ),
    (
        "a type that is sent as well",
        |d| drop(map(d, &format!("{ARGUMENTS}/properties")).insert("bulb".into(), schema("Bulb"))),
        &[
            (
                K::InputAdded { required: false },
                Safe,
                "lamps().update(…).bulb",
            ),
            (K::TypeGainsWay { reshapes: true }, Rust, "types::Bulb"),
        ],
    ),
    (
        "a value that is new",
        |d| at(d, "/components/schemas/BulbKind")["enum"] = json!(["arc", "oil", "gas-lit"]),
        &[(K::ValueAdded, Note, "types::BulbKind::GasLit")],
    ),
    (
        "a value that was only received",
        |d| at(d, "/components/schemas/BulbKind")["enum"] = json!(["arc"]),
        &[(
            K::ValueRemoved { sent: false },
            Rust,
            "types::BulbKind::Oil",
        )],
    ),
    (
        "a value that could be sent",
        |d| at(d, "/components/schemas/Colour")["enum"] = json!(["red"]),
        &[(
            K::ValueRemoved { sent: true },
            RustAndWire,
            "types::Colour::White",
        )],
    ),
    (
        "a way to name an object",
        |d| {
            at(d, "/components/schemas/LampLookup")["x-katapult-lookup"] =
                json!(["id", "name", "fqdn"])
        },
        &[(K::KeyAdded, Safe, "types::LampLookup::fqdn(…)")],
    ),
    (
        "a way to name an object that is gone",
        |d| at(d, "/components/schemas/LampLookup")["x-katapult-lookup"] = json!(["id"]),
        &[(K::KeyRemoved, RustAndWire, "types::LampLookup::name(…)")],
    ),
    (
        "a kind of a value of several kinds",
        |d| at(d, "/components/schemas/LampOwner")["x-katapult-polymorph"]["Bulb"] = schema("Bulb"),
        &[(K::PolymorphGains, Note, "types::LampOwner")],
    ),
    (
        "a kind of a value of several kinds that is gone",
        |d| drop(map(d, "/components/schemas/LampOwner/x-katapult-polymorph").remove("Task")),
        &[(K::PolymorphLoses, Rust, "types::LampOwner")],
    ),
    (
        "a code that is new",
        |d| drop(map(d, CODES).insert("lamp_broken".into(), json!({ "statuses": [422] }))),
        &[(K::CodeAdded, Safe, "ErrorCode::LampBroken")],
    ),
    (
        "a code that is gone",
        |d| drop(map(d, CODES).remove("lamp_not_found")),
        &[(K::CodeRemoved, Rust, "ErrorCode::LampNotFound")],
    ),
    (
        "a code with a detail",
        |d| at(d, CODES)["lamp_not_found"]["detail"] = schema("LampBusyDetail"),
        &[(K::DetailAdded, Note, "ErrorDetail::LampNotFound")],
    ),
    (
        "a code without its detail",
        |d| drop(map(d, &format!("{CODES}/lamp_busy")).remove("detail")),
        &[
            (K::DetailRemoved, Rust, "ErrorDetail::LampBusy"),
            (K::TypeRemoved, Rust, "types::LampBusyDetail"),
        ],
    ),
    (
        "a code that an operation answers now",
        |d| at(d, GET)["x-katapult"]["errors"]["406"] = json!(["lamp_busy"]),
        &[(K::OperationCodeAdded, Note, "ErrorCode::LampBusy")],
    ),
    (
        "a code that an operation no longer answers",
        |d| at(d, GET)["x-katapult"]["errors"] = json!({}),
        &[(K::OperationCodeRemoved, Safe, "ErrorCode::LampNotFound")],
    ),
    (
        "a code under another status",
        |d| at(d, GET)["x-katapult"]["errors"] = json!({ "410": ["lamp_not_found"] }),
        &[(K::CodeStatus, Note, "ErrorCode::LampNotFound")],
    ),
    (
        "one more scope that is enough",
        |d| at(d, LIST)["x-katapult"]["scopes"] = json!(["lamps", "lamps:read"]),
        &[(K::ScopeAdded, Safe, "scope lamps:read")],
    ),
    (
        "a scope that is no longer enough",
        |d| at(d, GET)["x-katapult"]["scopes"] = json!(["lamps"]),
        &[(K::ScopeRemoved, Wire, "scope lamps:read")],
    ),
    (
        "a scope where none was needed",
        |d| at(d, FLASH)["x-katapult"]["scopes"] = json!(["lamps"]),
        &[(K::ScopesBegin, Wire, "lamps().flash(…)")],
    ),
    (
        "no scope where one was needed",
        |d| at(d, LIST)["x-katapult"]["scopes"] = json!([]),
        &[(K::ScopesEnd, Safe, "lamps().list(…)")],
    ),
    (
        "a document without any scope",
        |d| {
            for place in [GET, LIST, UPDATE, "/paths/~1keepers~1keeper/get"] {
                at(d, place)["x-katapult"]["scopes"] = json!([]);
            }
        },
        &[(K::ScopesUnknown, Note, "scopes")],
    ),
    (
        "a list that comes in one piece now",
        |d| drop(map(d, &format!("{LIST}/x-katapult")).remove("list")),
        &[(K::RoleLost, Rust, "lamps().list(…)")],
    ),
    (
        "an operation that queues a task now",
        |d| at(d, GET)["x-katapult"]["task"] = json!("task"),
        &[(K::RoleGained, Safe, "lamps().get(…)")],
    ),
    (
        "an operation that queues no task now",
        |d| drop(map(d, &format!("{FLASH}/x-katapult")).remove("task")),
        &[(K::RoleLost, Rust, "lamps().flash(…)")],
    ),
    (
        "an operation that trashes now",
        |d| at(d, GET)["x-katapult"]["trash"] = json!("lamp"),
        &[(K::RoleGained, Safe, "lamps().get(…)")],
    ),
    (
        "a list of other items",
        |d| {
            let items = "/responses/200/content/application~1json/schema/properties/lamps";
            at(d, &format!("{LIST}{items}"))["items"] = schema("Bulb");
        },
        &[
            (
                K::FieldTyped,
                RustAndWire,
                "lamps().list(…) → response.lamps",
            ),
            (K::RoleChanged, Rust, "lamps().list(…)"),
        ],
    ),
    (
        "an operation that is idempotent now",
        |d| at(d, FLASH)["x-katapult"]["idempotent"] = json!(true),
        &[(K::IdempotentNow, Note, "lamps().flash(…)")],
    ),
    (
        "an operation that is no longer idempotent",
        |d| at(d, UPDATE)["x-katapult"]["idempotent"] = json!(false),
        &[(K::NotIdempotentNow, Note, "lamps().update(…)")],
    ),
    (
        "a response that has a subject",
        |d| at(d, UPDATE)["x-katapult"]["subject"] = json!("lamp"),
        &[(K::SubjectGained, Safe, "lamps().update(…)")],
    ),
    (
        "a response that has no subject now",
        |d| drop(map(d, &format!("{GET}/x-katapult")).remove("subject")),
        &[(K::SubjectLost, Rust, "lamps().get(…)")],
    ),
    (
        "a response that is text now",
        |d| at(d, UPDATE)["responses"]["200"]["content"] = json!({ "text/plain": {} }),
        &[(K::ResponseForm, RustAndWire, "lamps().update(…)")],
    ),
];

#[test]
fn every_kind_of_change_has_its_verdict() {
    let old = surface::of(&source(&base()));
    let mut wrong = Vec::new();
    for (what, change, expected) in ROWS {
        let mut document = base();
        change(&mut document);
        let mut found: Vec<(Kind, Verdict, String)> =
            compare(&old, &surface::of(&source(&document)))
                .into_iter()
                .map(|change| (change.kind, judge(change.kind), change.name))
                .collect();
        let mut expected: Vec<(Kind, Verdict, String)> = expected
            .iter()
            .map(|(kind, verdict, name)| (*kind, *verdict, (*name).to_owned()))
            .collect();
        found.sort();
        expected.sort();
        if found != expected {
            wrong.push(format!(
                "{what}:\n  found    {found:?}\n  expected {expected:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_undone_is_told_the_other_way_round() {
    let old = surface::of(&source(&base()));
    for (what, change, _) in ROWS {
        let mut document = base();
        change(&mut document);
        let new = surface::of(&source(&document));
        assert_eq!(
            compare(&old, &new).is_empty(),
            compare(&new, &old).is_empty(),
            "{what}"
        );
    }
}
