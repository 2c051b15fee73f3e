//! Backup policies of disks and of machines.

use serde_json::{Value, json};

use crate::generic;
use crate::refusal::Refusal;
use crate::reply::{Call, Outcome, Parts};

pub(crate) fn run(call: &mut Call<'_>, action: &str) -> Option<Outcome> {
    Some(match action {
        "create_for_disk" => create(call, "disk"),
        "create_for_virtual_machine" => create(call, "virtual_machine"),
        "list_for_disk" => list(call, "disk"),
        "list_for_virtual_machine" => list(call, "virtual_machine"),
        "update" => update(call),
        "delete_schedule" => delete_schedule(call),
        _ => return None,
    })
}

/// A schedule as it is kept, with what nobody said.
fn schedule(wanted: Option<&Value>, old: &Value, now: u64) -> Value {
    let pick = |name: &str, otherwise: Value| {
        let asked = wanted
            .and_then(|wanted| wanted.get(name))
            .or_else(|| old.get(name));
        asked
            .filter(|value| !value.is_null())
            .cloned()
            .unwrap_or(otherwise)
    };
    json!({
        "interval": pick("interval", json!("daily")),
        "frequency": pick("frequency", json!(1)),
        "time": pick("time", json!(2)),
        "minute": pick("minute", json!(0)),
        "next_invocation_at": now + 24 * 60 * 60,
    })
}

fn retained(call: &Call<'_>) -> Result<(), Refusal> {
    match call.property("retention").and_then(Value::as_i64) {
        Some(retention) if retention < 1 => {
            Err(Refusal::invalid("Retention must be greater than 0"))
        }
        _ => Ok(()),
    }
}

fn create(call: &mut Call<'_>, target: &str) -> Outcome {
    retained(call)?;
    let organization = call
        .named(target)
        .map(|target| target.text("organization").to_owned());
    let fields = json!({
        "target": call.text(target),
        "organization": organization,
        "retention": call.property("retention").filter(|retention| !retention.is_null()).cloned().unwrap_or(json!(7)),
        "schedule": schedule(call.property("schedule"), &Value::Null, call.world.seconds()),
        "total_size": 0.0,
    });
    let id = call.world.create(
        "DiskBackupPolicy",
        fields.as_object().cloned().unwrap_or_default(),
    );
    Ok(call.shown(&id))
}

fn list(call: &mut Call<'_>, target: &str) -> Outcome {
    let mut targets = vec![call.text(target)];
    if call.arguments.get("include_disks") == Some(&json!(true)) {
        targets.extend(
            call.world
                .having("Disk", "virtual_machine", &targets[0])
                .map(|disk| disk.id.clone()),
        );
    }
    let policies = targets
        .iter()
        .flat_map(|target| call.world.having("DiskBackupPolicy", "target", target));
    let items: Vec<_> = policies.map(|policy| json!(policy.id)).collect();
    Ok(call.page("disk_backup_policies", &items))
}

fn update(call: &mut Call<'_>) -> Outcome {
    retained(call)?;
    let Some(policy) = call.named("disk_backup_policy") else {
        return Ok(Parts::new());
    };
    if let Some(retention) = call
        .property("retention")
        .filter(|retention| !retention.is_null())
        .cloned()
    {
        call.world.set(&policy.id, "retention", retention);
    }
    if let Some(wanted) = call
        .property("schedule")
        .filter(|schedule| !schedule.is_null())
        .cloned()
    {
        let old = policy.fields.get("schedule").cloned().unwrap_or_default();
        let kept = schedule(Some(&wanted), &old, call.world.seconds());
        call.world.set(&policy.id, "schedule", kept);
    }
    Ok(call.shown(&policy.id))
}

fn delete_schedule(call: &mut Call<'_>) -> Outcome {
    let policy = call.text("disk_backup_policy");
    call.world.set(&policy, "schedule", Value::Null);
    generic::shown_with_task(call, &policy)
}
