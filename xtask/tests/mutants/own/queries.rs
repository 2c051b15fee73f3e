//! Parameters of queries, and lookups.

use serde_json::{Value, json};

use super::{Own, accepted, refused, string};
use crate::common::{core, fields, object};

const LIST: &str = "/paths/~1harbours~1harbour~1lamps/get";
const GET: &str = "/paths/~1lamps~1lamp/get";

fn add(document: &mut Value, operation: &str, parameter: Value) {
    let parameters = document.pointer_mut(&format!("{operation}/parameters"));
    let parameters = parameters.and_then(Value::as_array_mut);
    parameters.expect("parameters").push(parameter);
}

fn query(document: &mut Value, operation: &str, name: &str, schema: Value) {
    add(
        document,
        operation,
        json!({ "in": "query", "name": name, "schema": schema }),
    );
}

fn integer() -> Value {
    json!({ "type": "integer" })
}

fn array(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// Adds a key to the lookup of lamps, in bodies and in queries.
fn key(document: &mut Value, name: &str, schema: Value) {
    let keys = fields(document, "/components/schemas/LampLookup/properties");
    keys.insert(name.to_owned(), schema.clone());
    for operation in [GET, "/paths/~1lamps~1lamp~1log/get"] {
        query(
            document,
            operation,
            &format!("lamp[{name}]"),
            schema.clone(),
        );
    }
}

/// Replaces the parameters `page` and `per_page` of the list.
fn pages(document: &mut Value, parameters: &[Value]) {
    let list = document.pointer_mut(LIST).expect("an operation");
    let known = list["parameters"].as_array_mut().expect("parameters");
    known.retain(|known| known["name"] != "page" && known["name"] != "per_page");
    known.extend(parameters.iter().cloned());
}

#[rustfmt::skip] // one line a fact
pub(super) fn all() -> Vec<Own> {
    vec![
        accepted("query_arguments_of_several_keys", |d| {
            query(d, LIST, "filter[min]", integer());
            query(d, LIST, "filter[max]", integer());
            query(d, LIST, "filter[lit]", json!({ "type": "boolean" }));
        })
        .breaks(false, false)
        .code("pub fn filter(mut self, filter: impl Into<LampFilterArguments>)"),
        accepted("query_arguments_with_a_list", |d| {
            query(d, LIST, "filter[colours][]", array(string()));
            query(d, LIST, "filter[name]", string());
        })
        .breaks(false, false)
        .code("pub colours: Patch<Vec<String>>"),
        accepted("query_list_of_texts", |d| query(d, LIST, "names[]", array(string())))
            .breaks(false, false)
            .code("pub names: Option<Vec<String>>"),
        accepted("query_list_without_brackets", |d| query(d, LIST, "names", array(string())))
            .prints("GET /harbours/harbour/lamps.names: an array is sent as `names[]`")
            .code("pub names: Option<Vec<String>>"),
        accepted("query_list_of_an_enumeration", |d| {
            query(d, LIST, "modes[]", array(json!({ "type": "string", "enum": ["still", "blinking"] })));
        })
        .code("pub modes: Option<Vec<LampMode>>"),
        refused("query_brackets_within_brackets", "GET /lamps/lamp", "a[b][c]", |d| query(d, GET, "a[b][c]", string()))
            .ignorable("GET /lamps/lamp"),
        refused("query_brackets_that_do_not_close", "GET /lamps/lamp", "not in pairs", |d| query(d, GET, "a[b", string()))
            .ignorable("GET /lamps/lamp"),
        refused("query_name_in_two_forms", "GET /lamps/lamp", "several forms", |d| {
            query(d, GET, "a", string());
            query(d, GET, "a[b]", string());
        })
        .ignorable("GET /lamps/lamp"),
        refused("parameter_in_a_header", "GET /lamps/lamp", "X-Trace is in header", |d| {
            add(d, GET, json!({ "in": "header", "name": "X-Trace", "schema": string() }));
        })
        .ignorable("GET /lamps/lamp"),
        refused("parameter_in_a_cookie", "GET /lamps/lamp", "is in cookie", |d| {
            add(d, GET, json!({ "in": "cookie", "name": "session", "schema": string() }));
        })
        .ignorable("GET /lamps/lamp"),
        refused("parameter_with_content", "GET /lamps/lamp", "filter has `content`", |d| {
            let content = json!({ "application/json": { "schema": string() } });
            add(d, GET, json!({ "in": "query", "name": "filter", "content": content }));
        })
        .ignorable("GET /lamps/lamp"),
        accepted("parameter_in_another_style", |d| {
            add(d, GET, json!({ "in": "query", "name": "ids[]", "schema": array(string()), "style": "pipeDelimited" }));
        })
        .prints("GET /lamps/lamp.ids[]: dropped: the keyword `style`"),
        accepted("lookup_key_that_is_a_keyword", |d| key(d, "type", string()))
            .breaks(false, false)
            .code("#[key = \"type\"] Type = type_,"),
        accepted("lookup_key_with_a_hyphen", |d| key(d, "serial-number", string()))
            .code("#[key = \"serial-number\"] SerialNumber = serial_number,"),
        accepted("lookup_key_that_is_a_method", |d| key(d, "as_pair", string()))
            .code("#[key = \"as_pair\"] AsPair = as_pair_,"),
        accepted("lookup_key_that_begins_with_a_digit", |d| key(d, "2fa", string())).code("#[key = \"2fa\"]"),
        accepted("lookup_key_of_integers", |d| key(d, "number", integer()))
            .breaks(false, false)
            .code("Number(i64) = number,"),
        accepted("lookup_key_of_an_enumeration", |d| {
            key(d, "slot", json!({ "type": "string", "enum": ["front", "back"] }));
        })
        .code("LampLookup"),
        accepted("lookup_of_an_integer_alone", |d| {
            d["components"]["schemas"]["KeeperLookup"] = object(&[], json!({ "id": integer() }));
            query(d, LIST, "keeper[id]", integer());
        })
        .code("Id(i64) = id,"),
        accepted("lookup_whose_only_key_is_an_integer_in_a_path", |d| {
            let flash = core()["paths"]["/lamps/lamp/log"].clone();
            d["paths"]["/masts/mast"] = flash;
            d["paths"]["/masts/mast"]["get"]["tags"] = json!(["Masts"]);
            d["paths"]["/masts/mast"]["get"]["parameters"] = json!([]);
            query(d, "/paths/~1masts~1mast/get", "mast[number]", integer());
        })
        .code("MastLookup::number(1)"),
        refused("lookup_keys_that_are_one_in_rust", "LampLookup", "two of its keys are foo_bar", |d| {
            key(d, "foo-bar", string());
            key(d, "foo_bar", string());
        })
        .corrected_by("ignore_fields: {at: [LampLookup.foo-bar]}"),
        accepted("page_required", |d| {
            pages(d, &[
                json!({ "in": "query", "name": "page", "schema": integer(), "required": true }),
                json!({ "in": "query", "name": "per_page", "schema": integer() }),
            ]);
        })
        .breaks(true, true)
        .no_code("impl ListOperation for"),
        accepted("page_of_text", |d| {
            pages(d, &[
                json!({ "in": "query", "name": "page", "schema": string() }),
                json!({ "in": "query", "name": "per_page", "schema": integer() }),
            ]);
        })
        .no_code("impl ListOperation for"),
        accepted("page_without_per_page", |d| {
            pages(d, &[json!({ "in": "query", "name": "page", "schema": integer() })]);
        })
        .no_code("impl ListOperation for"),
        accepted("per_page_required", |d| {
            pages(d, &[
                json!({ "in": "query", "name": "page", "schema": integer() }),
                json!({ "in": "query", "name": "per_page", "schema": integer(), "required": true }),
            ]);
        })
        .no_code("impl ListOperation for"),
    ]
}
