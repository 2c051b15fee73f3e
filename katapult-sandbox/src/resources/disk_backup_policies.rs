//! Backup policies of disks and of virtual machines.

use serde_json::{Value, json};

use super::default;
use crate::response::context::{OperationContext, OperationResult};
use crate::response::refusal::Refusal;

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "create_for_disk" => create(ctx, "disk"),
        "create_for_virtual_machine" => create(ctx, "virtual_machine"),
        "list_for_disk" => list(ctx, "disk"),
        "list_for_virtual_machine" => list(ctx, "virtual_machine"),
        "update" => update(ctx),
        "delete_schedule" => delete_schedule(ctx),
        _ => return None,
    })
}

/// Returns a schedule as stored: the requested values, the old ones, or the defaults.
fn schedule(requested: Option<&Value>, old: &Value, now: u64) -> Value {
    let pick = |name: &str, default: Value| {
        let value = requested
            .and_then(|requested| requested.get(name))
            .or_else(|| old.get(name));
        value
            .filter(|value| !value.is_null())
            .cloned()
            .unwrap_or(default)
    };
    json!({
        "interval": pick("interval", json!("daily")),
        "frequency": pick("frequency", json!(1)),
        "time": pick("time", json!(2)),
        "minute": pick("minute", json!(0)),
        // The sandbox makes no backups, so any time in the future will do.
        "next_invocation_at": now + 24 * 60 * 60,
    })
}

fn validate_retention(ctx: &OperationContext<'_>) -> Result<(), Refusal> {
    match ctx.property("retention").and_then(Value::as_i64) {
        Some(retention) if retention < 1 => {
            Err(Refusal::invalid("Retention must be greater than 0"))
        }
        _ => Ok(()),
    }
}

fn create(ctx: &mut OperationContext<'_>, target: &str) -> OperationResult {
    validate_retention(ctx)?;
    let organization = ctx
        .object(target)
        .map(|target| target.text("organization").to_owned());
    let fields = json!({
        "target": ctx.text(target),
        "organization": organization,
        "retention": ctx.property("retention").filter(|retention| !retention.is_null()).cloned().unwrap_or(json!(7)),
        "schedule": schedule(ctx.property("schedule"), &Value::Null, ctx.world.now_secs()),
        "total_size": 0.0,
    });
    let id = ctx.world.create("DiskBackupPolicy", fields);
    Ok(ctx.rendered(&id))
}

fn list(ctx: &mut OperationContext<'_>, target: &str) -> OperationResult {
    let mut targets = vec![ctx.text(target)];
    if ctx.arguments.get("include_disks") == Some(&json!(true)) {
        targets.extend(
            ctx.world
                .find_by("Disk", "virtual_machine", &targets[0])
                .map(|disk| disk.id.clone()),
        );
    }
    let policies = targets
        .iter()
        .flat_map(|target| ctx.world.find_by("DiskBackupPolicy", "target", target));
    let items: Vec<_> = policies.map(|policy| json!(policy.id)).collect();
    Ok(ctx.page("disk_backup_policies", &items))
}

fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    validate_retention(ctx)?;
    let policy = ctx.require_object("disk_backup_policy")?;
    if let Some(retention) = ctx
        .property("retention")
        .filter(|retention| !retention.is_null())
        .cloned()
    {
        ctx.world.set(&policy.id, "retention", retention);
    }
    if let Some(requested) = ctx
        .property("schedule")
        .filter(|schedule| !schedule.is_null())
        .cloned()
    {
        let old = policy.fields.get("schedule").cloned().unwrap_or_default();
        let kept = schedule(Some(&requested), &old, ctx.world.now_secs());
        ctx.world.set(&policy.id, "schedule", kept);
    }
    Ok(ctx.rendered(&policy.id))
}

fn delete_schedule(ctx: &mut OperationContext<'_>) -> OperationResult {
    let policy = ctx.text("disk_backup_policy");
    ctx.world.set(&policy, "schedule", Value::Null);
    default::render_with_task(ctx, &policy)
}
