//! The entries of address lists, one by one and in bulk.

use serde_json::{Map, Value, json};

use super::{present, present_if_set};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "create" => create(call),
        "update" => update(call),
        "update_in_bulk" => bulk(call),
        _ => return None,
    })
}

/// Whether a text is an address, or a network.
fn is_address(text: &str) -> bool {
    let (address, mask) = text.split_once('/').unwrap_or((text, "0"));
    address.parse::<std::net::IpAddr>().is_ok() && mask.parse::<u8>().is_ok_and(|mask| mask <= 128)
}

fn judge(address: Option<&Value>) -> Result<(), Refusal> {
    match address.and_then(Value::as_str) {
        Some(text) if is_address(text) => Ok(()),
        _ => Err(Refusal::invalid("Address is invalid")),
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    present(call, "address")?;
    judge(call.wanted().get("address"))?;
    generic::create(call)
}

fn update(call: &mut Call<'_>) -> Outcome {
    present_if_set(call, "address")?;
    if let Some(address) = call.wanted().get("address") {
        judge(Some(address))?;
    }
    generic::update(call)
}

fn bulk(call: &mut Call<'_>) -> Outcome {
    let list = call.text("address_list");
    let entries = |name: &str| {
        call.arguments
            .get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let (add, remove) = (entries("add"), entries("remove"));
    for entry in &add {
        judge(entry.get("address"))?;
    }
    for entry in remove {
        let gone = call
            .world
            .having("AddressListEntry", "address_list", &list)
            .filter(|kept| entry.get("address") == kept.fields.get("address"));
        for id in gone.map(|entry| entry.id.clone()).collect::<Vec<_>>() {
            call.world.remove(&id);
        }
    }
    for entry in add {
        let mut fields: Map<_, _> = entry.as_object().cloned().unwrap_or_default();
        fields.insert("address_list".into(), json!(list));
        call.world.create("AddressListEntry", fields);
    }
    Ok(Parts::new())
}
