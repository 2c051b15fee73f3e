//! The entries of address lists, one by one and in bulk.

use serde_json::{Map, Value, json};

use super::default;
use super::validation::{require_present, require_present_if_set};
use crate::response::context::{OperationContext, OperationResult, ResponseFields};
use crate::response::refusal::Refusal;

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "create" => create(ctx),
        "update" => update(ctx),
        "update_in_bulk" => update_in_bulk(ctx),
        _ => return None,
    })
}

/// Returns `true` for an IP address, or a network such as `192.0.2.0/24`.
fn is_address(text: &str) -> bool {
    let (address, mask) = text.split_once('/').unwrap_or((text, "0"));
    address.parse::<std::net::IpAddr>().is_ok() && mask.parse::<u8>().is_ok_and(|mask| mask <= 128)
}

fn require_address(address: Option<&Value>) -> Result<(), Refusal> {
    match address.and_then(Value::as_str) {
        Some(text) if is_address(text) => Ok(()),
        _ => Err(Refusal::invalid("Address is invalid")),
    }
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present(ctx, "address")?;
    require_address(ctx.requested_fields().get("address"))?;
    default::create(ctx)
}

fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present_if_set(ctx, "address")?;
    if let Some(address) = ctx.requested_fields().get("address") {
        require_address(Some(address))?;
    }
    default::update(ctx)
}

fn update_in_bulk(ctx: &mut OperationContext<'_>) -> OperationResult {
    let list = ctx.text("address_list");
    let entries = |name: &str| {
        ctx.arguments
            .get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let (add, remove) = (entries("add"), entries("remove"));
    for entry in &add {
        // All entries are validated before the list is changed.
        require_address(entry.get("address"))?;
    }
    for entry in remove {
        let removed = ctx
            .world
            .find_by("AddressListEntry", "address_list", &list)
            .filter(|existing| entry.get("address") == existing.fields.get("address"));
        for id in removed.map(|entry| entry.id.clone()).collect::<Vec<_>>() {
            ctx.world.remove(&id);
        }
    }
    for entry in add {
        let mut fields: Map<_, _> = entry.as_object().cloned().unwrap_or_default();
        fields.insert("address_list".into(), json!(list));
        ctx.world.create("AddressListEntry", fields);
    }
    Ok(ResponseFields::new())
}
