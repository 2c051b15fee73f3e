//! Checks that come before the arguments: rate limit, availability, token and scopes.

use katapult_openapi::{Api, Operation};
use serde_json::{Value, json};

use crate::faults::FaultKind;
use crate::http::message::Request;
use crate::request::quota::QuotaStatus;
use crate::request::token::Token;
use crate::response::refusal::Refusal;
use crate::state::State;
use crate::world::World;

/// Returns an error if the request may not be executed.
pub(crate) fn authorize(
    state: &mut State,
    operation: &Operation,
    request: &Request,
    quota: &QuotaStatus,
    faults: &[FaultKind],
) -> Result<(), Refusal> {
    // The limit applies even to requests without a valid token.
    if quota.exceeded || faults.iter().any(|fault| fault.is_rate_limit()) {
        return Err(Refusal::new(
            429,
            "rate_limit_reached",
            "You have reached the rate limit for this type of request",
            json!({"total_permitted": quota.limit}),
        ));
    }
    if faults.contains(&FaultKind::Unavailable) {
        return Err(Refusal::new(
            503,
            "service_unavailable",
            "The service is unavailable at the moment",
            json!({}),
        ));
    }
    // The public API needs no token.
    if operation.api == Api::Public {
        return Ok(());
    }
    let secret = request
        .token
        .as_deref()
        .filter(|secret| !secret.is_empty())
        .ok_or_else(missing_token)?;
    // Removed, as a revocation is final: later requests fail without the fault.
    if faults.contains(&FaultKind::Revoked) {
        state.tokens.remove(secret);
        return Err(invalid_token());
    }
    let scopes = granted_scopes(state, secret).ok_or_else(invalid_token)?;
    if is_granted(scopes.as_deref(), operation) {
        Ok(())
    } else {
        Err(scope_not_granted(operation))
    }
}

/// Returns the scopes of a token, and counts one use of it; `None` if the token is not valid.
fn granted_scopes(state: &mut State, secret: &str) -> Option<Option<Vec<String>>> {
    let Some(token) = state.tokens.get_mut(secret) else {
        // Not one of the builder, perhaps one that a client created.
        return created_token(&state.world, secret).map(|token| token.scopes);
    };
    if let Some(left) = &mut token.valid_for {
        *left = left.checked_sub(1)?;
    }
    Some(token.scopes.clone())
}

/// Returns `true` if one of the operation's scopes is granted: the API does not require all of them.
fn is_granted(granted: Option<&[String]>, operation: &Operation) -> bool {
    let Some(granted) = granted else { return true };
    operation.scopes.is_empty() || operation.scopes.iter().any(|scope| granted.contains(scope))
}

/// Returns a token that was created through the API, unless it has expired.
fn created_token(world: &World, secret: &str) -> Option<Token> {
    // The index ignores case, secrets do not.
    let token = world
        .find_by("ApiToken", "secret", secret)
        .find(|token| token.text("secret") == secret)?;
    let expired = token
        .number("expires_at")
        .is_some_and(|at| at.unsigned_abs() <= world.now_secs());
    let scopes = token.fields.get("scopes").and_then(Value::as_array);
    let scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
    (!expired).then(|| Token::new(secret).scopes(scopes))
}

fn missing_token() -> Refusal {
    Refusal::new(
        400,
        "missing_api_token",
        "No API token was provided in the Authorization header",
        json!({}),
    )
}

fn invalid_token() -> Refusal {
    Refusal::new(
        403,
        "invalid_api_token",
        "The API token provided was not valid (it may not exist or have expired)",
        json!({"details": null}),
    )
}

fn scope_not_granted(operation: &Operation) -> Refusal {
    Refusal::new(
        403,
        "scope_not_granted",
        "The scope required for this endpoint has not been granted to the authenticating identity",
        json!({"scopes": operation.scopes}),
    )
}
