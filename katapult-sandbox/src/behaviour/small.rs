//! What is told in a few lines.

use serde_json::{Value, json};

use super::{present, present_if_set};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};

const COLORS: &[&str] = &[
    "aqua", "green", "orange", "purple", "pink", "teal", "yellow",
];

pub(crate) fn run(call: &mut Call<'_>, id: &str) -> Option<Outcome> {
    Some(match id {
        "ssh_keys.create" => create_ssh_key(call),
        "tags.create" => create_tag(call),
        "tags.update" => update_tag(call),
        "virtual_machine_groups.update" | "address_lists.update" => {
            present_if_set(call, "name").and_then(|()| generic::update(call))
        }
        "virtual_machine_groups.create" => create_group(call),
        "virtual_networks.create" | "address_lists.create" => {
            present(call, "name").and_then(|()| generic::create(call))
        }
        "virtual_networks.delete" => delete_network(call),
        "users.invalidate_linked_web_session" => Ok(said("status")),
        "networks.available" => Ok(available_networks(call)),
        _ => return None,
    })
}

fn said(name: &str) -> Parts {
    let mut parts = Parts::new();
    parts.insert(name.into(), json!(true));
    parts
}

/// Whether no other tag of the organization has the name that is wanted.
fn unused(call: &Call<'_>, organization: &str, tag: &str) -> Result<(), Refusal> {
    let wanted = call.wanted();
    let name = wanted.get("name").and_then(Value::as_str);
    let mut others = call.world.having("Tag", "name", name.unwrap_or_default());
    if others.any(|other| other.id != tag && other.text("organization") == organization) {
        return Err(Refusal::invalid("Name has already been taken"));
    }
    Ok(())
}

fn update_tag(call: &mut Call<'_>) -> Outcome {
    present_if_set(call, "name")?;
    if let Some(tag) = call.named("tag") {
        unused(call, tag.text("organization"), &tag.id)?;
    }
    generic::update(call)
}

fn create_ssh_key(call: &mut Call<'_>) -> Outcome {
    present(call, "name")?;
    present(call, "key")?;
    let key = call
        .wanted()
        .get("key")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let mut random = crate::random::Random::new(key.bytes().fold(7, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    }));
    let hex = random.hex(32);
    let pairs: Vec<_> = (0..16)
        .map(|index| &hex[index * 2..index * 2 + 2])
        .collect();
    let mut fields = generic::new_fields(call);
    fields.insert("fingerprint".into(), json!(pairs.join(":")));
    let id = call.world.create("SshKey", fields);
    Ok(call.shown(&id))
}

fn create_tag(call: &mut Call<'_>) -> Outcome {
    present(call, "name")?;
    unused(call, &call.text("organization"), "")?;
    let mut fields = generic::new_fields(call);
    if fields.get("color").is_none_or(Value::is_null) {
        let color = COLORS[(call.world.random.next() % COLORS.len() as u64) as usize];
        fields.insert("color".into(), json!(color));
    }
    let id = call.world.create("Tag", fields);
    Ok(call.shown(&id))
}

fn create_group(call: &mut Call<'_>) -> Outcome {
    present(call, "name")?;
    if call.property("segregate").is_none_or(Value::is_null)
        && let Some(Value::Object(properties)) = call.arguments.get_mut("properties")
    {
        properties.insert("segregate".into(), json!(true));
    }
    generic::create(call)
}

/// A network that interfaces are in cannot go.
fn delete_network(call: &mut Call<'_>) -> Outcome {
    let network = call.text("virtual_network");
    let mut interfaces = call.world.having(
        "VirtualMachineNetworkInterface",
        "virtual_network",
        &network,
    );
    if interfaces.next().is_some() {
        let detail = json!({"errors": ["Network interfaces are connected to the virtual network"]});
        let description = "The deletion of this resource is restricted";
        return Err(call.refusal("deletion_restricted", 409, description, detail));
    }
    drop(interfaces);
    generic::delete(call)
}

fn available_networks(call: &mut Call<'_>) -> Parts {
    let ids = |kind: &str| {
        call.world
            .of_kind(kind)
            .map(|object| json!(object.id))
            .collect::<Vec<_>>()
    };
    let mut parts = call.page("networks", &ids("Network"));
    let organization = call.text("organization");
    let own = call
        .world
        .having("VirtualNetwork", "organization", &organization)
        .map(|network| json!(network.id));
    let own: Vec<_> = own.collect();
    parts.extend(call.page("virtual_networks", &own));
    parts
}
