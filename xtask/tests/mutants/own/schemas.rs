//! Schemas: unions, maps, `allOf`, ids.

use serde_json::{Value, json};

use super::{LAMP, Own, accepted, argument, lamp, string};
use crate::common::{fields, object, schema};

fn named(document: &mut Value, name: &str, component: Value) {
    fields(document, "/components/schemas").insert(name.to_owned(), component);
}

fn integer() -> Value {
    json!({ "type": "integer" })
}

/// Adds two kinds of object that occur nowhere else.
fn shades(document: &mut Value) -> Value {
    named(
        document,
        "RoundShade",
        object(&["id"], json!({ "id": string(), "radius": integer() })),
    );
    named(
        document,
        "FlatShade",
        object(&["id"], json!({ "id": string(), "width": integer() })),
    );
    json!({ "oneOf": [schema("RoundShade"), schema("FlatShade")] })
}

#[rustfmt::skip] // one line a fact
pub(super) fn all() -> Vec<Own> {
    vec![
        accepted("union_of_types_that_occur_nowhere_else", |d| {
            let shade = shades(d);
            lamp(d, "shade", shade);
        })
        .prints("Lamp.shade: becomes a raw JSON value")
        .prints("`polymorph`")
        .corrected_by("polymorph: {name: LampShade, at: [Lamp.shade], kinds: {Round: RoundShade, Flat: FlatShade}}")
        .code("pub shade: Option<LampShade>")
        .code("RoundShade = \"Round\","),
        accepted("union_at_the_top_of_a_response", |d| {
            let shade = shades(d);
            let top = "/paths/~1lamps~1lamp/get/responses/200/content/application~1json/schema/properties";
            fields(d, top).insert("shade".into(), shade);
        })
        .prints("lamps.get.shade: becomes a raw JSON value")
        .corrected_by("polymorph: {name: LampShade, at: [lamps.get.shade], kinds: {Round: RoundShade, Flat: FlatShade}}")
        .code("pub shade: Option<LampShade>"),
        accepted("union_in_a_list", |d| {
            let shade = shades(d);
            lamp(d, "shades", json!({ "type": "array", "items": shade }));
        })
        .prints("Lamp.shades: becomes a raw JSON value")
        .corrected_by("polymorph: {name: LampShade, at: [Lamp.shades], kinds: {Round: RoundShade, Flat: FlatShade}}")
        .code("Vec<LampShade>"),
        accepted("union_in_a_map", |d| {
            let shade = shades(d);
            lamp(d, "shades", json!({ "type": "object", "additionalProperties": shade }));
        })
        .prints("Lamp.shades: becomes a raw JSON value")
        .corrected_by("polymorph: {name: LampShade, at: [Lamp.shades], kinds: {Round: RoundShade, Flat: FlatShade}}")
        .code("HashMap<String, LampShade>"),
        accepted("union_in_a_request", |d| {
            let shade = shades(d);
            argument(d, "shade", shade);
        })
        .prints("becomes a raw JSON value"),
        accepted("union_gains_a_kind_without_a_name", |d| {
            let owner = d.pointer_mut(&format!("{LAMP}/owner/oneOf")).and_then(Value::as_array_mut);
            owner.expect("kinds").push(object(&[], json!({ "guild": string() })));
        })
        .prints("GetLamp200ResponseLamp.owner: dropped: a kind without a name")
        .breaks(false, false),
        accepted("union_gains_a_kind", |d| {
            shades(d);
            let owner = d.pointer_mut(&format!("{LAMP}/owner/oneOf")).and_then(Value::as_array_mut);
            owner.expect("kinds").push(schema("RoundShade"));
        })
        .prints("LampOwner: dropped: the kind RoundShade"),
        accepted("union_beside_fields", |d| {
            let mut shade = shades(d);
            shade["properties"] = json!({ "height": integer() });
            lamp(d, "shade", shade);
        })
        .prints("GetLamp200ResponseLamp.shade: dropped: the fields beside a `oneOf`"),
        accepted("deprecated_component", |d| d["components"]["schemas"]["Keeper"]["deprecated"] = json!(true))
            .prints("#/components/schemas/Keeper: dropped: `deprecated`"),
        accepted("union_loses_a_kind", |d| lamp(d, "owner", json!({ "oneOf": [schema("Keeper")] })))
            .prints("LampOwner: the kind Harbour is in corrections.yaml alone")
            .code("LampOwner"),
        accepted("union_by_any_of", |d| {
            let shade = shades(d);
            lamp(d, "shade", json!({ "anyOf": shade["oneOf"] }));
        })
        .prints("Lamp.shade: becomes a raw JSON value"),
        accepted("union_with_a_discriminator", |d| {
            let mut shade = shades(d);
            shade["discriminator"] = json!({ "propertyName": "type" });
            lamp(d, "shade", shade);
        })
        .prints("GetLamp200ResponseLamp.shade: dropped: the keyword `discriminator`"),
        accepted("map_of_texts", |d| lamp(d, "labels", json!({ "type": "object", "additionalProperties": string() })))
            .code("pub labels: Option<HashMap<String, String>>"),
        accepted("map_of_objects", |d| {
            lamp(d, "neighbours", json!({ "type": "object", "additionalProperties": schema("Keeper") }));
        })
        .code("HashMap<String, Keeper>"),
        accepted("map_of_lists", |d| {
            lamp(d, "groups", json!({ "type": "object", "additionalProperties": { "type": "array", "items": string() } }));
        })
        .code("HashMap<String, Vec<String>>"),
        accepted("map_in_a_request", |d| argument(d, "labels", json!({ "type": "object", "additionalProperties": string() })))
            .breaks(false, false),
        accepted("map_beside_fields", |d| {
            d["components"]["schemas"]["ListedLamp"]["additionalProperties"] = string();
        })
        .prints("ListedLamp: dropped: fields other than those that its schema names"),
        accepted("all_of_with_fields_beside_it", |d| {
            lamp(d, "shade", json!({
                "allOf": [object(&["id"], json!({ "id": string() }))],
                "properties": { "radius": integer() },
                "required": ["radius"],
            }));
        })
        .code("pub radius: "),
        accepted("all_of_with_required_beside_it", |d| {
            named(d, "Shade", object(&[], json!({ "height": integer() })));
            lamp(d, "shade", json!({ "allOf": [schema("Shade")], "required": ["height"] }));
        })
        .code("pub height: "),
        accepted("all_of_two_that_disagree", |d| {
            let [one, other] = [string(), integer()].map(|schema| object(&[], json!({ "value": schema })));
            lamp(d, "shade", json!({ "allOf": [one, other] }));
        })
        .prints("shade.value: becomes a raw JSON value: the parts of the `allOf`"),
        accepted("all_of_a_text", |d| lamp(d, "shade", json!({ "allOf": [object(&[], json!({})), string()] })))
            .prints("GetLamp200ResponseLamp.shade: becomes a raw JSON value"),
        accepted("types_in_a_list", |d| lamp(d, "shade", json!({ "type": ["string", "null"] })))
            .prints("GetLamp200ResponseLamp.shade: becomes a raw JSON value"),
        accepted("type_of_null", |d| lamp(d, "shade", json!({ "type": "null" })))
            .prints("GetLamp200ResponseLamp.shade: becomes a raw JSON value"),
        accepted("schema_by_not", |d| lamp(d, "shade", json!({ "type": "string", "not": { "enum": ["x"] } })))
            .prints("GetLamp200ResponseLamp.shade: dropped: the keyword `not`"),
        accepted("schema_read_only", |d| argument(d, "shade", json!({ "type": "string", "readOnly": true })))
            .prints("LampArguments.shade: dropped: the keyword `readOnly`"),
        accepted("enumeration_of_integers", |d| lamp(d, "slots", json!({ "type": "integer", "enum": [1, 2] })))
            .code("pub slots: Option<i64>"),
        accepted("id_of_integers", |d| {
            named(d, "Mast", object(&["id"], json!({ "id": integer(), "name": string() })));
            lamp(d, "mast", schema("Mast"));
        })
        .breaks(false, false)
        .code("pub struct Mast"),
        accepted("id_of_integers_at_the_top", |d| {
            named(d, "Mast", object(&["id"], json!({ "id": integer(), "name": string() })));
            let top = "/paths/~1lamps~1lamp/get/responses/200/content/application~1json/schema";
            fields(d, &format!("{top}/properties")).insert("mast".into(), schema("Mast"));
            fields(d, &format!("{top}/properties")).insert("masts".into(), json!({ "type": "array", "items": schema("Mast") }));
        })
        .code("with_id { 0 lamp: \"lamp\" } optional {")
        .no_code("optional_with_id"),
        accepted("id_of_an_enumeration", |d| {
            named(d, "Mast", object(&["id"], json!({ "id": { "type": "string", "enum": ["fore", "main"] } })));
            let top = "/paths/~1lamps~1lamp/get/responses/200/content/application~1json/schema";
            fields(d, &format!("{top}/properties")).insert("mast".into(), schema("Mast"));
        })
        .code("with_id { 0 lamp: \"lamp\" } optional {")
        .no_code("optional_with_id"),
        accepted("id_of_integers_in_a_known_type", |d| {
            lamp(d, "id", integer());
            d["components"]["schemas"]["ListedLamp"]["properties"]["id"] = integer();
        })
        .breaks(true, true)
        .no_code("lamp: \"lamp\" with_id"),
        accepted("id_gone_at_the_top", |d| {
            fields(d, LAMP).remove("id");
        })
        .no_code("lamp: \"lamp\" with_id"),
        accepted("id_nullable_at_the_top", |d| lamp(d, "id", json!({ "type": "string", "nullable": true })))
            .breaks(false, true)
            .code("or_null {")
            .no_code("lamp: \"lamp\" with_id"),
        accepted("id_nullable_in_a_list", |d| {
            d["components"]["schemas"]["ListedLamp"]["properties"]["id"]["nullable"] = json!(true);
        })
        .code("2 { 0 lamps: \"lamps\", 1 pagination")
        .no_code("with_id { 1 lamps"),
    ]
}
