//! Both canonical documents, read as a whole.

use katapult_openapi::{Api, Document, ParseError, Schema, SchemaType, Spec};
use serde_json::{Value, json};

const CORE: &str = include_str!("../katapult-core.json");
const PUBLIC: &str = include_str!("../katapult-public.json");

fn spec() -> Spec {
    Spec::parse(CORE, PUBLIC).expect("the documents are canonical")
}

#[cfg(feature = "embedded")]
#[test]
fn embedded_documents_are_those_of_the_package() {
    let embedded = Spec::embedded().expect("the documents are canonical");
    for (document, parsed) in embedded.documents().iter().zip(spec().documents()) {
        assert_eq!(document.json(), parsed.json());
    }
}

#[test]
fn both_documents_are_read() {
    let spec = spec();
    for document in spec.documents() {
        assert!(!document.operations().is_empty(), "{}", document.api());
        assert!(document.schemas().next().is_some(), "{}", document.api());
        assert!(document.error_codes().next().is_some());
        assert!(document.version().is_some());
        assert!(Document::is_canonical(document.json()));
    }
}

#[test]
fn states_to_wait_for_are_values_of_their_enumeration() {
    let spec = spec();
    let mut seen = 0;
    for operation in spec.operations() {
        let Some(states) = &operation.wait_states else {
            continue;
        };
        let object = operation
            .subject
            .as_deref()
            .and_then(|subject| operation.response()?.property(subject));
        let field = object.and_then(|object| object.property(&states.field));
        let values = field.map(Schema::enum_values).unwrap_or_default();
        for state in states.succeeded.iter().chain(&states.failed) {
            let is_known = values.iter().any(|value| value == state);
            assert!(is_known, "{}: {state} is not in {values:?}", operation.id);
        }
        for code in &states.pending_codes {
            assert!(operation.documents_code(code), "{}: {code}", operation.id);
        }
        assert!(!states.timeout.is_zero(), "{}", operation.id);
        seen += 1;
    }
    assert!(seen > 0, "no operation has states");
}

#[test]
fn every_operation_has_its_metadata() {
    for operation in spec().operations() {
        let id = &operation.id;
        assert!(!operation.resource.is_empty(), "{id}");
        assert!(!operation.action.is_empty(), "{id}");
        assert!(!operation.title.is_empty(), "{id}");
        assert!(!operation.error_codes.is_empty(), "{id}");
        assert!((200..300).contains(&operation.status), "{id}");
        let envelope = operation.error_response(500).and_then(Schema::name);
        assert_eq!(envelope, Some("ErrorEnvelope"), "{id}");
        for parameter in &operation.parameters {
            assert!(operation.parameter(&parameter.name).is_some(), "{id}");
        }
    }
}

#[test]
fn every_response_field_of_the_metadata_is_in_the_response() {
    for operation in spec().operations() {
        let list = operation.list.as_ref();
        let fields = list.map(|list| [&list.items, &list.pagination]);
        let fields = fields.into_iter().flatten();
        let fields = fields.chain(&operation.task).chain(&operation.trash);
        for field in fields.chain(&operation.subject) {
            let response = operation.response();
            let property = response.and_then(|response| response.property(field));
            assert!(property.is_some(), "{}: {field}", operation.id);
        }
    }
}

#[test]
fn every_error_code_of_an_operation_is_in_the_catalogue() {
    let spec = spec();
    for operation in spec.operations() {
        for (status, codes) in &operation.error_codes {
            for code in codes {
                let entry = spec.error_code(operation.api, code);
                let mut statuses = entry.into_iter().flat_map(|entry| entry.statuses());
                assert!(
                    statuses.any(|known| known == *status),
                    "{}: {status} {code}",
                    operation.id
                );
            }
        }
    }
}

#[test]
fn operation_is_read_with_its_extension() {
    let spec = spec();
    let list = spec.operation(Api::Core, "virtual_machines.list").unwrap();
    assert_eq!((list.method.as_str(), list.status), ("GET", 200));
    assert_eq!(list.resource, "virtual_machines");
    let fields = list.list.as_ref().unwrap();
    assert_eq!(
        [&fields.items, &fields.pagination],
        ["virtual_machines", "pagination"]
    );
    let get = spec.operation(Api::Core, "virtual_machines.get").unwrap();
    assert_eq!(get.status_of("object_in_trash"), Some(406));
    assert!(!get.documents_code("no_such_code"));
    assert_eq!(get.subject.as_deref(), Some("virtual_machine"));
    let lookup = get.argument("virtual_machine").and_then(Schema::lookup);
    let lookup = lookup.unwrap();
    assert_eq!(lookup.target(), Some("VirtualMachine"));
    assert_eq!(lookup.keys().collect::<Vec<_>>(), ["fqdn", "id"]);
    let shutdown = spec.operation(Api::Core, "virtual_machines.shutdown");
    assert_eq!(shutdown.unwrap().task.as_deref(), Some("task"));
    assert!(
        spec.operation(Api::Public, "virtual_machines.get")
            .is_none()
    );
}

#[test]
fn response_is_a_projection_of_its_type() {
    let spec = spec();
    let get = spec.operation(Api::Core, "virtual_machines.get").unwrap();
    let response = get.response().unwrap();
    assert_eq!(response.schema_type(), Some(SchemaType::Object));
    let machine = response.property("virtual_machine").unwrap();
    assert_eq!(machine.type_name(), Some("VirtualMachine"));
    let reachable = response.reachable();
    let mut names = reachable.iter().filter_map(|schema| schema.name());
    assert!(names.any(|name| Some(name) == machine.name()));
    assert!(spec.type_names().contains("VirtualMachine"));
    assert!(
        spec.lookups()
            .any(|lookup| lookup.target() == Some("VirtualMachine"))
    );
}

#[test]
fn every_tagged_union_has_variants() {
    let spec = spec();
    let schemas = spec.documents().iter().flat_map(Document::schemas);
    let unions: Vec<_> = schemas.filter(|schema| schema.is_tagged_union()).collect();
    assert!(!unions.is_empty());
    for union in unions {
        for (tag, variant) in union.variants() {
            assert_eq!(variant.schema_type(), Some(SchemaType::Object), "{tag}");
            assert_eq!(union.variant(tag).and_then(Schema::name), variant.name());
        }
    }
}

#[test]
fn every_json_schema_compiles() {
    for operation in spec().operations() {
        let response = operation.response().map(Schema::to_json_schema);
        let arguments = operation.arguments_json_schema();
        for schema in response.into_iter().chain([arguments]) {
            let compiled = jsonschema::draft202012::new(&schema);
            assert!(compiled.is_ok(), "{}: {compiled:?}", operation.id);
        }
    }
}

#[test]
fn arguments_schema_joins_parameters_and_body() {
    let spec = spec();
    let create = spec.operation(Api::Core, "tags.create").unwrap();
    let organization = json!({"sub_domain": "acme"});
    let cases = [
        (
            json!({"organization": organization, "properties": {"name": "a"}}),
            true,
        ),
        (json!({"properties": {"name": "a"}}), false),
        (
            json!({"organization": organization, "properties": {}, "tea": 1}),
            false,
        ),
    ];
    let schema = create.arguments_json_schema();
    for (arguments, expected) in cases {
        let valid = jsonschema::validator_for(&schema)
            .unwrap()
            .is_valid(&arguments);
        assert_eq!(valid, expected, "{arguments}");
    }
}

#[test]
fn paths_of_every_form_find_their_operation() {
    let spec = spec();
    let get = |path: &str| ("GET".to_owned(), path.to_owned());
    let cases = [
        (
            get("/core/v1/virtual_machines/virtual_machine"),
            Some(("virtual_machines.get", None)),
        ),
        (
            get("/core/v1/virtual_machines/_"),
            Some(("virtual_machines.get", None)),
        ),
        (
            get("/core/v1/virtual_machines/:virtual_machine"),
            Some(("virtual_machines.get", None)),
        ),
        (
            get("/core/v1/virtual_machines/vm_abc"),
            Some(("virtual_machines.get", Some("vm_abc"))),
        ),
        (
            get("/core/v1/tasks/task_abc"),
            Some(("tasks.get", Some("task_abc"))),
        ),
        (
            get("/core/v1/load_balancers/rules/_"),
            Some(("load_balancer_rules.get", None)),
        ),
        (
            get("/core/v1/load_balancers/rules/lbrule_1"),
            Some(("load_balancer_rules.get", Some("lbrule_1"))),
        ),
        (
            get("/core/v1/load_balancers/_/rules"),
            Some(("load_balancer_rules.list", None)),
        ),
        (
            get("/core/v1/load_balancers/lb_1/rules"),
            Some(("load_balancer_rules.list", Some("lb_1"))),
        ),
        (
            get("/core/v1/networks/:network"),
            Some(("networks.get", None)),
        ),
        (get("/public/v1/stats"), Some(("public.get_stats", None))),
        (get("/core/v1/organizations/disk_templates"), None),
        (get("/core/v1/moons"), None),
        (get("/core/v10/zones"), None),
        (get("/core/v1/stats"), None),
        (get("/stats"), None),
        (("PUT".into(), "/core/v1/disks/disk/_".into()), None),
        (("PUT".into(), "/core/v1/zones".into()), None),
        (
            (
                "POST".into(),
                "/core/v1/virtual_machines/virtual_machine".into(),
            ),
            None,
        ),
    ];
    for ((method, path), expected) in cases {
        let route = spec.route(&method, &path);
        let found = route.as_ref().map(|route| {
            let id = route.ids.first().map(|(_, id)| id.as_str());
            (route.operation.id.as_str(), id)
        });
        assert_eq!(found, expected, "{method} {path}");
    }
}

#[test]
fn same_path_in_both_apis_is_an_operation_of_each() {
    let spec = spec();
    for api in Api::ALL {
        let path = format!("{}/data_centers", api.prefix());
        let route = spec.route("GET", &path);
        assert_eq!(route.map(|route| route.operation.api), Some(api));
    }
}

#[test]
fn every_operation_is_found_by_its_own_path() {
    let spec = spec();
    for operation in spec.operations() {
        let path = format!("{}{}", operation.api.prefix(), operation.path);
        let route = spec.route(&operation.method, &path).unwrap();
        assert_eq!(route.operation.id, operation.id);
        assert!(route.ids.is_empty());
    }
}

#[test]
fn faulty_document_is_refused_with_the_place_and_the_reason() {
    let operation = |change: fn(&mut Value)| {
        let mut operation = json!({
            "operationId": "a.b",
            "responses": {"200": {}},
            "x-katapult": {"resource": "a", "action": "b", "title": "b a", "scopes": [],
                "errors": {"404": ["a_not_found"]}, "idempotent": true},
        });
        change(&mut operation);
        json!({"paths": {"/a": {"get": operation}}}).to_string()
    };
    let cases = [
        (operation(|_| {}), None),
        (String::new(), Some("the core document is not JSON: EOF")),
        (
            "{}".into(),
            Some("the core document is not a canonical document: it has no paths"),
        ),
        (
            json!({"paths": {"/a": 1}}).to_string(),
            Some("/a: the path is not an object"),
        ),
        (
            operation(|at| at["operationId"] = json!(1)),
            Some("GET /a: the operation has no operationId"),
        ),
        (
            operation(|at| at["x-katapult"] = json!(null)),
            Some("operation a.b has no x-katapult.resource"),
        ),
        (
            operation(|at| at["x-katapult"]["scopes"] = json!([1])),
            Some("operation a.b: x-katapult.scopes is [1]"),
        ),
        (
            operation(|at| at["x-katapult"]["errors"] = json!({"x": []})),
            Some("x-katapult.errors is"),
        ),
        (
            operation(|at| at["x-katapult"]["list"] = json!({})),
            Some("x-katapult.list is {}"),
        ),
        (
            operation(|at| at["responses"] = json!({})),
            Some("no response of success"),
        ),
        (
            operation(|at| at["parameters"] = json!([{}])),
            Some("a parameter has no name"),
        ),
        (
            operation(|at| at["parameters"] = json!([{"name": "p"}])),
            Some("parameter p: null is not a schema"),
        ),
        (
            json!({"paths": {}, "components": {"schemas": {"A": {"type": "file"}}}}).to_string(),
            Some("schema A: `type` is \"file\""),
        ),
        (
            json!({"paths": {}, "x-katapult-error-codes": {"gone": {"detail": {"$ref": "#/x"}}}})
                .to_string(),
            Some("error code gone: `$ref` is"),
        ),
    ];
    for (text, expected) in cases {
        let error = Spec::parse(&text, PUBLIC).err();
        let message = error.as_ref().map(ParseError::to_string);
        match (&message, expected) {
            (None, None) => {}
            (Some(message), Some(expected)) if message.contains(expected) => {}
            _ => panic!("{text}: {message:?}, expected {expected:?}"),
        }
        assert_eq!(
            error.as_ref().map(ParseError::api),
            expected.map(|_| Api::Core)
        );
    }
}

#[test]
fn repeated_operation_id_is_refused() {
    let mut core: Value = serde_json::from_str(CORE).unwrap();
    let zones = core["paths"]["/zones"].clone();
    core["paths"]["/zones/again"] = zones;
    let error = Document::from_json(Api::Core, core).unwrap_err();
    assert!(error.is_syntax());
    assert_eq!(error.reason(), "operation zones.list is there twice");
}
