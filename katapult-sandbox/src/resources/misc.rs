//! Resources whose behaviour takes a few lines: SSH keys, tags, groups, networks.

use serde_json::{Value, json};

use super::default;
use super::validation::{require_present, require_present_if_set};
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::response::refusal::Refusal;

const COLORS: &[&str] = &[
    "aqua", "green", "orange", "purple", "pink", "teal", "yellow",
];

pub(crate) fn run(ctx: &mut OperationContext<'_>, id: &str) -> Option<OperationResult> {
    Some(match id {
        "ssh_keys.create" => create_ssh_key(ctx),
        "tags.create" => create_tag(ctx),
        "tags.update" => update_tag(ctx),
        "virtual_machine_groups.update" | "address_lists.update" => {
            require_present_if_set(ctx, "name").and_then(|()| default::update(ctx))
        }
        "virtual_machine_groups.create" => create_group(ctx),
        "virtual_networks.create" | "address_lists.create" => {
            require_present(ctx, "name").and_then(|()| default::create(ctx))
        }
        "virtual_networks.delete" => delete_network(ctx),
        "users.invalidate_linked_web_session" => Ok(success("status")),
        "disk_templates.list" => default::list_of(ctx, |ctx, template| {
            // The templates of everyone are listed on request only.
            ctx.arguments.get("include_universal") == Some(&json!(true))
                || template.fields.get("universal") == Some(&json!(false))
        }),
        "networks.available" => Ok(available_networks(ctx)),
        _ => return None,
    })
}

fn success(name: &str) -> ResponseFields {
    let mut response = ResponseFields::new();
    response.insert(name.into(), json!(true));
    response
}

/// Returns an error if another tag of the organization has the requested name.
fn require_unused_tag_name(
    ctx: &OperationContext<'_>,
    organization: &str,
    tag: &str,
) -> Result<(), Refusal> {
    let requested = ctx.requested_fields();
    let name = requested.get("name").and_then(Value::as_str);
    let mut others = ctx.world.find_by("Tag", "name", name.unwrap_or_default());
    if others.any(|other| other.id != tag && other.text("organization") == organization) {
        return Err(Refusal::invalid("Name has already been taken"));
    }
    Ok(())
}

fn update_tag(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present_if_set(ctx, "name")?;
    if let Some(tag) = ctx.object("tag") {
        require_unused_tag_name(ctx, tag.text("organization"), &tag.id)?;
    }
    default::update(ctx)
}

fn create_ssh_key(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present(ctx, "name")?;
    require_present(ctx, "key")?;
    let key = ctx
        .requested_fields()
        .get("key")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    // The same key has the same fingerprint, as with real ones.
    let mut rng = crate::rng::Rng::new(key.bytes().fold(7, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    }));
    let hex = rng.hex(32);
    let pairs: Vec<_> = (0..16)
        .map(|index| &hex[index * 2..index * 2 + 2])
        .collect();
    let mut fields = default::new_fields(ctx);
    fields.insert("fingerprint".into(), json!(pairs.join(":")));
    let id = ctx.world.create("SshKey", fields);
    Ok(ctx.rendered(&id))
}

fn create_tag(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present(ctx, "name")?;
    require_unused_tag_name(ctx, &ctx.text("organization"), "")?;
    let mut fields = default::new_fields(ctx);
    if fields.get("color").is_none_or(Value::is_null) {
        let color = *ctx.world.rng.choose(COLORS);
        fields.insert("color".into(), json!(color));
    }
    let id = ctx.world.create("Tag", fields);
    Ok(ctx.rendered(&id))
}

fn create_group(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present(ctx, "name")?;
    // The API segregates the machines of a group unless the request says otherwise.
    if ctx.property("segregate").is_none_or(Value::is_null) {
        if let Some(Value::Object(properties)) = ctx.arguments.get_mut("properties") {
            properties.insert("segregate".into(), json!(true));
        }
    }
    default::create(ctx)
}

/// Deletes a virtual network unless an interface is connected to it.
fn delete_network(ctx: &mut OperationContext<'_>) -> OperationResult {
    let network = ctx.text("virtual_network");
    let mut interfaces = ctx.world.find_by(
        "VirtualMachineNetworkInterface",
        "virtual_network",
        &network,
    );
    if interfaces.next().is_some() {
        let detail = json!({"errors": ["Network interfaces are connected to the virtual network"]});
        let description = "The deletion of this resource is restricted";
        return Err(ctx.refusal("deletion_restricted", 409, description, detail));
    }
    drop(interfaces);
    default::delete(ctx)
}

fn available_networks(ctx: &mut OperationContext<'_>) -> ResponseFields {
    let ids = |kind: &str| {
        ctx.world
            .by_kind(kind)
            .map(|object| json!(object.id))
            .collect::<Vec<_>>()
    };
    let mut response = ctx.page("networks", &ids("Network"));
    let organization = ctx.text("organization");
    let own = ctx
        .world
        .find_by("VirtualNetwork", "organization", &organization)
        .map(|network| json!(network.id));
    let own: Vec<_> = own.collect();
    response.extend(ctx.page("virtual_networks", &own));
    response
}
