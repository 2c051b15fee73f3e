//! Whether a request may be made at all: its quota, its token, its scopes.

use katapult_openapi::{Api, Operation};
use serde_json::json;

use crate::engine::{Request, State};
use crate::fault::FaultKind;
use crate::quota::Told;
use crate::refusal::Refusal;
use crate::token;

/// Whether a request may be made at all.
pub(crate) fn admit(
    state: &mut State,
    operation: &Operation,
    request: &Request,
    told: &Told,
    faults: &[FaultKind],
) -> Result<(), Refusal> {
    let limited = || {
        Refusal::new(
            429,
            "rate_limit_reached",
            "You have reached the rate limit for this type of request",
            json!({"total_permitted": told.permitted}),
        )
    };
    if told.refused || faults.iter().any(|fault| fault.is_rate_limit()) {
        return Err(limited());
    }
    if faults.contains(&FaultKind::Unavailable) {
        return Err(Refusal::new(
            503,
            "service_unavailable",
            "The service is unavailable at the moment",
            json!({}),
        ));
    }
    if operation.api == Api::Public {
        return Ok(());
    }
    let secret = request
        .token
        .as_deref()
        .filter(|secret| !secret.is_empty())
        .ok_or_else(token::missing)?;
    if faults.contains(&FaultKind::Revoked) {
        state.tokens.remove(secret);
        return Err(token::invalid());
    }
    let scopes = match state.tokens.get_mut(secret) {
        Some(token) => {
            match &mut token.valid_for {
                Some(0) => return Err(token::invalid()),
                Some(left) => *left -= 1,
                None => {}
            }
            token.scopes.clone()
        }
        None => {
            token::made(&state.world, secret)
                .ok_or_else(token::invalid)?
                .scopes
        }
    };
    if token::is_granted(scopes.as_deref(), operation) {
        Ok(())
    } else {
        Err(token::not_granted(operation))
    }
}
