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

#[test]
fn difference_is_reported_at_its_path() {
    let root = root();
    let node = json!({"$ref": "#/components/schemas/Machine"});
    let schema = Schema::new(&root, &node);
    let none: &[&str] = &[];
    let cases = [
        (json!({"id": "vm_1"}), json!({"id": "vm_1"}), none, none),
        (json!({"id": null}), json!({}), none, none),
        (
            json!({"id": "vm_1", "new": 1}),
            json!({"id": "vm_1"}),
            none,
            &["new"],
        ),
        (
            json!({"id": "vm_1"}),
            json!({"id": "vm_2"}),
            &["id: \"vm_1\" was recorded, but \"vm_2\" was read"],
            none,
        ),
        (
            json!({"id": 1}),
            json!({"id": 1}),
            &["id: 1 is not a value of type string"],
            none,
        ),
        (
            json!({"id": "vm_1"}),
            json!({}),
            &["id: \"vm_1\" was recorded, but was not read"],
            none,
        ),
        (
            json!({}),
            json!({"id": "vm_1"}),
            &["id: absent in the recording, but \"vm_1\" was read"],
            none,
        ),
        (
            json!({"disks": [{"id": "d", "ratio": 1}]}),
            json!({"disks": [{"id": "d", "ratio": 1.0}]}),
            none,
            none,
        ),
        (
            json!({"disks": [{"size": 1}, {"size": 2, "x": 1}]}),
            json!({"disks": [{"size": 1}, {"size": 3}]}),
            &["disks[1].size: 2 was recorded, but 3 was read"],
            &["disks[].x"],
        ),
        (
            json!({"disks": [{}]}),
            json!({"disks": []}),
            &["disks: 1 items were recorded, but 0 were read"],
            none,
        ),
        (
            json!({"extra": {"any": [1]}}),
            json!({"extra": {}}),
            &["extra.any: [1] was recorded, but null was read"],
            none,
        ),
        (
            json!({"owner": {"type": "Disk", "value": {"size": 1, "y": 2}}}),
            json!({"owner": {"type": "Disk", "value": {}}}),
            &["owner.value.size: 1 was recorded, but was not read"],
            &["owner.value.y"],
        ),
        (
            json!({"owner": {"type": "Moon", "value": {"a": 1}}}),
            json!({"owner": {"type": "Moon", "value": {"a": 1}}}),
            none,
            none,
        ),
        (
            json!({"owner": {"type": "Moon", "value": {"a": 1}}}),
            json!({"owner": {"type": "Moon", "value": {}}}),
            &["owner.value: {\"a\":1} was recorded, but {} was read"],
            none,
        ),
    ];
    for (recorded, written, differences, unknown) in cases {
        let found = compare(schema, &recorded, &written);
        let told: Vec<_> = found
            .differences
            .iter()
            .map(Difference::to_string)
            .collect();
        assert_eq!(told, differences, "{recorded} {written}");
        assert_eq!(
            found.unknown.keys().collect::<Vec<_>>(),
            unknown,
            "{recorded}"
        );
    }
}

#[test]
fn schema_violation_is_reported_at_its_path() {
    let root = root();
    let node = json!({"$ref": "#/components/schemas/Machine"});
    let schema = Schema::new(&root, &node);
    let cases = [
        (
            json!({"disks": [{"id": "a"}, {"id": 7}]}),
            "disks[1].id: 7 is not a value of type string",
        ),
        (
            json!({"disks": [{"size": 7}]}),
            "disks[0].id: required, but absent",
        ),
        (
            json!({"disks": [{"id": null}]}),
            "disks[0].id: null, but not nullable",
        ),
        (json!([]), "[] is not a value of type object"),
    ];
    for (recorded, expected) in cases {
        let found = schema_violations(schema, &recorded);
        assert_eq!(
            found.iter().map(Difference::to_string).collect::<Vec<_>>(),
            [expected]
        );
    }
}
