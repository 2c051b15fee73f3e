//! File storage volumes: pending, configuring, ready.

use serde_json::json;

use super::default;
use super::validation::{require_existing, require_present, require_present_if_set};
use crate::response::context::{OperationContext, OperationResult};
use crate::world::Change;

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "create" => create(ctx),
        "update" => update(ctx),
        _ => return None,
    })
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present(ctx, "name")?;
    require_existing(
        ctx,
        "associations",
        &["VirtualMachine", "VirtualMachineGroup", "Tag"],
    )?;
    let mut fields = default::new_fields(ctx);
    fields.insert("state".into(), json!("pending"));
    fields.insert("size".into(), json!(0));
    fields.insert("technology_generation".into(), json!(1));
    let id = ctx.world.create("FileStorageVolume", fields);
    ctx.world.schedule(
        1_000,
        Change::Transition(id.clone(), "pending", "configuring"),
    );
    // The location is unknown until the volume is configured.
    let location = format!("nfs1.storage.katapult.example:/katapult/{id}");
    ctx.world.schedule(
        9_000,
        Change::Set(id.clone(), "nfs_location", json!(location)),
    );
    ctx.world.schedule(
        9_000,
        Change::Transition(id.clone(), "configuring", "ready"),
    );
    default::render_with_task(ctx, &id)
}

fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present_if_set(ctx, "name")?;
    require_existing(
        ctx,
        "associations",
        &["VirtualMachine", "VirtualMachineGroup", "Tag"],
    )?;
    default::update(ctx)
}
