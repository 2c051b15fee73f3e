use super::*;
use serde_json::json;

fn root() -> Value {
    json!({"components": {"schemas": {
        "Disk": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string"}, "size": {"type": "integer"}, "ratio": {"type": "number"},
        }},
        "Machine": {"type": "object", "properties": {
            "id": {"type": "string"}, "disks": {"type": "array", "items": {"$ref": "#/components/schemas/Disk"}},
            "extra": {"type": "object"},
            "owner": {"type": "object", "properties": {"type": {}, "value": {}}, "x-katapult-polymorph": {
                "Disk": {"$ref": "#/components/schemas/Disk"},
            }},
        }},
    }}})
}

/// Compares two machines; expects the difference and the undocumented field, or an empty text for none.
fn check(recorded: Value, written: Value, difference: &str, unknown: &str) {
    let root = root();
    let node = json!({"$ref": "#/components/schemas/Machine"});
    let found = compare(Schema::new(&root, &node), &recorded, &written);
    let differences: Vec<_> = found.differences.iter().map(ToString::to_string).collect();
    let unknown_fields: Vec<_> = found.unknown.keys().map(String::as_str).collect();
    assert_eq!(differences.join("; "), difference, "{recorded} {written}");
    assert_eq!(unknown_fields.join("; "), unknown, "{recorded}");
}

#[test]
fn equivalent_values_have_no_difference() {
    check(json!({"id": "vm_1"}), json!({"id": "vm_1"}), "", "");
    check(json!({"id": null}), json!({}), "", "");
    let disk = |ratio: Value| json!({"disks": [{"id": "d", "ratio": ratio}]});
    check(disk(json!(1)), disk(json!(1.0)), "", "");
    let unknown_variant = json!({"owner": {"type": "Moon", "value": {"a": 1}}});
    check(unknown_variant.clone(), unknown_variant, "", "");
}

#[test]
fn difference_is_reported_at_its_path() {
    let id = |id: &str| json!({"id": id});
    let why = "id: \"vm_1\" was recorded, but \"vm_2\" was read";
    check(id("vm_1"), id("vm_2"), why, "");
    let why = "id: 1 is not a value of type string";
    check(json!({"id": 1}), json!({"id": 1}), why, "");
    let why = "id: \"vm_1\" was recorded, but was not read";
    check(id("vm_1"), json!({}), why, "");
    let why = "id: absent in the recording, but \"vm_1\" was read";
    check(json!({}), id("vm_1"), why, "");
    let recorded = json!({"disks": [{"size": 1}, {"size": 2, "x": 1}]});
    let written = json!({"disks": [{"size": 1}, {"size": 3}]});
    let why = "disks[1].size: 2 was recorded, but 3 was read";
    check(recorded, written, why, "disks[].x");
    let why = "disks: 1 items were recorded, but 0 were read";
    check(json!({"disks": [{}]}), json!({"disks": []}), why, "");
    let why = "extra.any: [1] was recorded, but null was read";
    check(
        json!({"extra": {"any": [1]}}),
        json!({"extra": {}}),
        why,
        "",
    );
    let owner = |kind: &str, value: Value| json!({"owner": {"type": kind, "value": value}});
    let recorded = owner("Disk", json!({"size": 1, "y": 2}));
    let why = "owner.value.size: 1 was recorded, but was not read";
    check(recorded, owner("Disk", json!({})), why, "owner.value.y");
    let recorded = owner("Moon", json!({"a": 1}));
    let why = "owner.value: {\"a\":1} was recorded, but {} was read";
    check(recorded, owner("Moon", json!({})), why, "");
}

#[test]
fn undocumented_field_is_counted_and_no_difference() {
    check(json!({"id": "a", "new": 1}), json!({"id": "a"}), "", "new");
}

#[test]
fn schema_violation_is_reported_at_its_path() {
    let root = root();
    let node = json!({"$ref": "#/components/schemas/Machine"});
    let disks = |disks: Value| json!({ "disks": disks });
    let cases = [
        (
            disks(json!([{"id": "a"}, {"id": 7}])),
            "disks[1].id: 7 is not a value of type string",
        ),
        (
            disks(json!([{"size": 7}])),
            "disks[0].id: required, but absent",
        ),
        (
            disks(json!([{"id": null}])),
            "disks[0].id: null, but not nullable",
        ),
        (json!([]), "[] is not a value of type object"),
    ];
    for (recorded, expected) in cases {
        let found = schema_violations(Schema::new(&root, &node), &recorded);
        let found: Vec<_> = found.iter().map(Difference::to_string).collect();
        assert_eq!(found, [expected]);
    }
}
