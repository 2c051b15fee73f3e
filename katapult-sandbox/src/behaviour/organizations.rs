//! Organizations, and those that they manage.

use serde_json::json;

use super::{policy, trash};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};

pub(crate) fn run(call: &mut Call<'_>, resource: &str, action: &str) -> Option<Outcome> {
    Some(match (resource, action) {
        ("managed_organizations", "create") => create(call),
        ("managed_organizations", "list") => list(call),
        ("managed_organizations", "delete") => delete(call),
        ("organizations", "policy") => Ok(policy::policy(call)),
        ("organizations", "policy_limits") => Ok(policy::policy_limits(call)),
        ("organizations", "deletion_steps") => Ok(policy::deletion_steps(call)),
        ("organizations", "prices") => Ok(policy::prices(call)),
        _ => return None,
    })
}

fn create(call: &mut Call<'_>) -> Outcome {
    let sub_domain = call.text("sub_domain").to_lowercase();
    let mut errors = Vec::new();
    if call.text("name").trim().is_empty() {
        errors.push("Name can't be blank".to_owned());
    }
    if sub_domain.is_empty() {
        errors.push("Sub domain can't be blank".to_owned());
    } else if call
        .world
        .having("Organization", "sub_domain", &sub_domain)
        .next()
        .is_some()
    {
        errors.push("Sub domain has already been taken".to_owned());
    }
    if !errors.is_empty() {
        return Err(Refusal::validation(&errors));
    }
    let parent = call.named("organization");
    let from = |field: &str| {
        parent
            .as_ref()
            .and_then(|parent| parent.fields.get(field))
            .cloned()
            .unwrap_or_default()
    };
    let now = call.world.seconds();
    let uuid = call.world.random.uuid();
    let fields = json!({
        "name": call.text("name"), "sub_domain": sub_domain, "parent": call.text("organization"), "managed": true,
        "infrastructure_domain": format!("{sub_domain}.katapult.example"), "activated_at": now, "suspended": false,
        "country": from("country"), "currency": from("currency"), "billing_name": call.text("name"), "uuid": uuid,
        "annotations": call.arguments.get("annotations"),
    });
    let id = call.world.create(
        "Organization",
        fields.as_object().cloned().unwrap_or_default(),
    );
    generic::shown_with_task(call, &id)
}

fn list(call: &mut Call<'_>) -> Outcome {
    let managed = call
        .world
        .having("Organization", "parent", &call.text("organization"));
    let items: Vec<_> = managed.map(|organization| json!(organization.id)).collect();
    Ok(call.page("organizations", &items))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    let organization = call.text("organization");
    if !call
        .world
        .get(&organization)
        .is_some_and(|organization| organization.is("managed"))
    {
        return Err(call.refusal(
            "managed_organization_required",
            409,
            "The organization must be a managed organization",
            json!({}),
        ));
    }
    let steps = policy::steps(call);
    let left = steps.as_object().into_iter().flatten();
    if left.into_iter().any(|(_, step)| step["satisfied"] != true) {
        return Err(call.refusal(
            "deletion_steps_not_satisfied",
            409,
            "The organization still holds what must be deleted first",
            json!({ "steps": steps }),
        ));
    }
    trash::remove_all_of(call.world, &organization);
    trash::remove_with_all(call.world, &organization);
    let mut parts = Parts::new();
    parts.insert("success".into(), json!(true));
    Ok(parts)
}
