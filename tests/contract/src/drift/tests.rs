//! Tests of the evidence in single exchanges.

use super::*;
use crate::spec::router;
use serde_json::json;

fn found(drift: &mut Drift, status: u16, response: &Value) -> Evidence {
    let spec = Spec::embedded().unwrap();
    let exchange: Exchange = serde_json::from_value(json!({
        "method": "GET", "url": "https://h/core/v1/load_balancers/lb_1",
        "status": status, "response_body": response.to_string(),
    }))
    .unwrap();
    let route = router::find(&spec, "GET", &exchange.url).unwrap();
    drift.exchange(&route, &exchange)
}

#[test]
fn difference_is_counted_by_type() {
    let mut drift = Drift::default();
    let resource = json!({ "type": "Moon", "value": {} });
    let response = json!({ "load_balancer": { "id": "lb_1", "mood": 1, "resource_type": "moons", "resources": [resource] } });
    let found = found(&mut drift, 200, &response);
    drift.finish(&Spec::embedded().unwrap());
    let observed = &drift.objects["LoadBalancer"];
    assert_eq!(observed.objects, 1);
    assert_eq!(
        observed.unknown_fields,
        BTreeMap::from([("mood".to_owned(), 1)])
    );
    assert_eq!(observed.fields["name"].there, 0);
    assert!(observed.fields["resources"].unknown_values.contains("Moon"));
    assert!(
        observed.fields["resources"]
            .values_never_seen
            .contains("Tag")
    );
    assert!(drift.types_never_seen.contains("Disk"));
    assert!(found.absent.contains("annotations"));
    assert!(
        found
            .tagged
            .contains(&("LoadBalancer".into(), "resources".into()))
    );
}

#[test]
fn argument_is_counted_in_accepted_requests_alone() {
    let spec = Spec::embedded().unwrap();
    let mut drift = Drift::default();
    let mut add = |status: u16, properties: Value, response: Value| {
        let body = json!({ "organization": { "sub_domain": "acme" }, "properties": properties });
        let exchange: Exchange = serde_json::from_value(json!({
            "method": "POST", "url": "https://h/core/v1/organizations/organization/load_balancers",
            "request_body": body.to_string(), "status": status, "response_body": response.to_string(),
        }))
        .unwrap();
        let route = router::find(&spec, "POST", &exchange.url).unwrap();
        drift.exchange(&route, &exchange)
    };
    let center = json!({ "permalink": "north-1" });
    let kind = "virtual_machines";
    let both = add(
        201,
        json!({ "name": "a", "data_center": center, "resource_type": kind, "resource_ids": [] }),
        json!({}),
    );
    add(
        201,
        json!({ "data_center": center, "resource_type": kind, "resource_ids": ["vm_1"], "weights": [] }),
        json!({}),
    );
    let refused = json!({ "error": { "detail": { "errors": ["Name can't be blank"] } } });
    let none = add(422, json!({}), refused);
    let rule = |argument: &str| Rule::Required {
        at: vec![format!("load_balancers.create.{argument}")],
    };
    assert!(both.supports(&rule("name")) && !both.supports(&rule("weights")));
    assert!(!none.supports(&rule("name")));
    let observed = &drift.arguments["load_balancers.create"];
    assert_eq!(observed.accepted, 2);
    // The list of resources is always sent, but once it is empty.
    assert_eq!(
        observed.names(ObservedArgument::is_candidate),
        ["resource_type"]
    );
    assert_eq!(
        observed.names(ObservedArgument::is_sometimes_sent),
        ["weights"]
    );
    assert_eq!(observed.names(ObservedArgument::is_refuted), ["name"]);
    assert_eq!(
        observed.refusals,
        BTreeMap::from([("Name can't be blank".to_owned(), 1)])
    );
}

#[test]
fn correction_of_one_family_is_too_narrow_if_decoding_needs_it() {
    let of = |rule: Rule, families: &[&str]| {
        let families = families
            .iter()
            .map(|name| ((*name).to_owned(), 2))
            .collect();
        support((
            &Correction {
                rule,
                evidence: String::new(),
            },
            families,
        ))
        .is_too_narrow()
    };
    assert!(of(Rule::Envelope {}, &["a"]));
    assert!(!of(Rule::Envelope {}, &["a", "b"]));
    assert!(!of(Rule::Envelope {}, &[]));
    assert!(!of(Rule::AnySuccess {}, &["a"]));
}

#[test]
fn family_is_the_kind_of_object() {
    let table = [
        ("x/v6provider-VMGroup_minimal.jsonl", "VMGroup"),
        ("provider-DataSourceTags_all.jsonl", "Tag"),
        (
            "v6provider-DataSourceLoadBalancerRules_all.jsonl",
            "LoadBalancer",
        ),
        ("v6provider-SecurityGroupRule.jsonl", "SecurityGroup"),
        ("own.jsonl", "own"),
    ];
    for (path, name) in table {
        assert_eq!(family(Path::new(path)), name, "{path}");
    }
}

#[test]
fn failure_is_evidence_of_the_envelope() {
    let error = json!({ "error": { "code": "load_balancer_not_found" } });
    assert!(found(&mut Drift::default(), 404, &error).envelope);
    assert!(!found(&mut Drift::default(), 404, &error["error"]).envelope);
}
