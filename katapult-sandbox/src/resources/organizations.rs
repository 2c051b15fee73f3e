//! Organizations and managed organizations.

use serde_json::json;

use super::{default, limits_and_pricing};
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::response::refusal::Refusal;
use crate::world::cascade;

pub(crate) fn run(
    ctx: &mut OperationContext<'_>,
    resource: &str,
    action: &str,
) -> Option<OperationResult> {
    Some(match (resource, action) {
        ("managed_organizations", "create") => create(ctx),
        ("managed_organizations", "list") => list(ctx),
        ("managed_organizations", "delete") => delete(ctx),
        ("organizations", "policy") => Ok(limits_and_pricing::policy(ctx)),
        ("organizations", "policy_limits") => Ok(limits_and_pricing::policy_limits(ctx)),
        ("organizations", "deletion_steps") => Ok(limits_and_pricing::deletion_steps(ctx)),
        ("organizations", "prices") => Ok(limits_and_pricing::prices(ctx)),
        _ => return None,
    })
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    let sub_domain = ctx.text("sub_domain").to_lowercase();
    let mut errors = Vec::new();
    if ctx.text("name").trim().is_empty() {
        errors.push("Name can't be blank".to_owned());
    }
    if sub_domain.is_empty() {
        errors.push("Sub domain can't be blank".to_owned());
    } else if ctx
        .world
        .find_by("Organization", "sub_domain", &sub_domain)
        .next()
        .is_some()
    {
        errors.push("Sub domain has already been taken".to_owned());
    }
    if !errors.is_empty() {
        return Err(Refusal::validation(&errors));
    }
    let parent = ctx.object("organization");
    let from = |field: &str| {
        parent
            .as_ref()
            .and_then(|parent| parent.fields.get(field))
            .cloned()
            .unwrap_or_default()
    };
    let now = ctx.world.now_secs();
    let uuid = ctx.world.rng.uuid();
    let fields = json!({
        "name": ctx.text("name"), "sub_domain": sub_domain, "parent": ctx.text("organization"), "managed": true,
        "infrastructure_domain": format!("{sub_domain}.katapult.example"), "activated_at": now, "suspended": false,
        "country": from("country"), "currency": from("currency"), "billing_name": ctx.text("name"), "uuid": uuid,
        "annotations": ctx.arguments.get("annotations"),
    });
    let id = ctx.world.create("Organization", fields);
    default::render_with_task(ctx, &id)
}

fn list(ctx: &mut OperationContext<'_>) -> OperationResult {
    let managed = ctx
        .world
        .find_by("Organization", "parent", &ctx.text("organization"));
    let items: Vec<_> = managed.map(|organization| json!(organization.id)).collect();
    Ok(ctx.page("organizations", &items))
}

fn delete(ctx: &mut OperationContext<'_>) -> OperationResult {
    let organization = ctx.text("organization");
    if !ctx
        .world
        .get(&organization)
        // Only a managed organization can be deleted through the API.
        .is_some_and(|organization| organization.flag("managed"))
    {
        return Err(ctx.refusal(
            "managed_organization_required",
            409,
            "The organization must be a managed organization",
            json!({}),
        ));
    }
    let steps = limits_and_pricing::steps(ctx);
    let remaining = steps.as_object().into_iter().flatten();
    if remaining
        .into_iter()
        .any(|(_, step)| step["satisfied"] != true)
    {
        return Err(ctx.refusal(
            "deletion_steps_not_satisfied",
            409,
            "The organization still has objects that must be deleted first",
            json!({ "steps": steps }),
        ));
    }
    cascade::remove_organization_objects(ctx.world, &organization);
    cascade::remove_cascade(ctx.world, &organization);
    let mut response = ResponseFields::new();
    response.insert("success".into(), json!(true));
    Ok(response)
}
