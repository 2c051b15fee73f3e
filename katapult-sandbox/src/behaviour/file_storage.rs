//! File storage volumes: pending, configuring, ready.

use serde_json::{Value, json};

use super::{present, present_if_set};
use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome};
use crate::world::Change;

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "create" => create(call),
        "update" => update(call),
        _ => return None,
    })
}

/// Whether every id in a list is that of an object of these types.
pub(crate) fn associated(call: &Call<'_>, field: &str, kinds: &[&str]) -> Result<(), Refusal> {
    for id in call
        .property(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let found = call
            .world
            .get(id)
            .filter(|object| kinds.contains(&object.kind.as_str()) && object.trash.is_none());
        if found.is_none() {
            return Err(Refusal::invalid(format!(
                "{} include {id}, which was not found",
                super::title(field)
            )));
        }
    }
    Ok(())
}

fn create(call: &mut Call<'_>) -> Outcome {
    present(call, "name")?;
    associated(
        call,
        "associations",
        &["VirtualMachine", "VirtualMachineGroup", "Tag"],
    )?;
    let mut fields = generic::new_fields(call);
    if fields.get("data_center").is_none_or(Value::is_null) {
        let center = call
            .world
            .of_kind("DataCenter")
            .next()
            .map(|center| center.id.clone());
        fields.insert("data_center".into(), json!(center));
    }
    fields.insert("state".into(), json!("pending"));
    fields.insert("size".into(), json!(0));
    fields.insert("technology_generation".into(), json!(1));
    let id = call.world.create("FileStorageVolume", fields);
    call.world
        .later(1_000, Change::State(id.clone(), "pending", "configuring"));
    let location = format!("nfs1.storage.katapult.example:/katapult/{id}");
    call.world.later(
        9_000,
        Change::Set(id.clone(), "nfs_location", json!(location)),
    );
    call.world
        .later(9_000, Change::State(id.clone(), "configuring", "ready"));
    generic::shown_with_task(call, &id)
}

fn update(call: &mut Call<'_>) -> Outcome {
    present_if_set(call, "name")?;
    associated(
        call,
        "associations",
        &["VirtualMachine", "VirtualMachineGroup", "Tag"],
    )?;
    generic::update(call)
}
