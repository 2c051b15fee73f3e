//! API tokens. A secret is returned once, and the sandbox accepts it.

use serde_json::{Value, json};

use super::default;
use super::validation::{require_present, require_present_if_set};
use crate::response::context::{OperationContext, OperationResult, ResponseFields};

pub(crate) fn run(ctx: &mut OperationContext<'_>, action: &str) -> Option<OperationResult> {
    Some(match action {
        "create" => create(ctx),
        "update" => update(ctx),
        "regenerate_secret" => {
            let id = ctx.text("api_token");
            Ok(with_secret(ctx, &id))
        }
        _ => return None,
    })
}

fn create(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present(ctx, "name")?;
    let mut fields = default::new_fields(ctx);
    fields.insert("organization_id".into(), json!(ctx.text("organization")));
    fields.insert("rate_limit".into(), json!(1000));
    for name in ["authorized_ip_addresses", "scopes"] {
        // The API returns empty lists, not `null`.
        if fields.get(name).is_none_or(Value::is_null) {
            fields.insert(name.into(), json!([]));
        }
    }
    let id = ctx.world.create("ApiToken", fields);
    let mut response = with_secret(ctx, &id);
    if let Some(object) = ctx.world.get(&id).cloned() {
        default::render_annotations(ctx, &mut response, &object);
    }
    Ok(response)
}

/// Sets a new secret of a token and returns the token with it: the only response that has it.
fn with_secret(ctx: &mut OperationContext<'_>, id: &str) -> ResponseFields {
    let secret = ctx.world.rng.alphanumeric(48);
    ctx.world.set(id, "secret", secret.as_str());
    ctx.rendered(id)
}

fn update(ctx: &mut OperationContext<'_>) -> OperationResult {
    require_present_if_set(ctx, "name")?;
    let id = ctx.text("api_token");
    let secret = ctx
        .world
        .get(&id)
        .and_then(|token| token.fields.get("secret").cloned());
    default::update(ctx)?;
    // The secret is hidden while the response is rendered.
    ctx.world.set(&id, "secret", Value::Null);
    let rendered = ctx.rendered(&id);
    ctx.world.set(&id, "secret", secret.unwrap_or_default());
    Ok(rendered)
}
