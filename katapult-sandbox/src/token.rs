//! Tokens: who may do what.

use katapult_openapi::Operation;
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::world::World;

/// A token that the sandbox takes.
#[derive(Clone, Debug)]
pub struct Token {
    pub(crate) secret: String,
    /// `None` is all.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) permitted: u32,
    pub(crate) valid_for: Option<u32>,
}

impl Token {
    /// A token that may do everything.
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            scopes: None,
            permitted: 1000,
            valid_for: None,
        }
    }

    /// Grants these scopes and no others.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// How many requests it may make a minute: 1000 when this is not said.
    pub fn permitted(mut self, requests: u32) -> Self {
        self.permitted = requests;
        self
    }

    /// Is revoked after so many requests.
    pub fn valid_for(mut self, requests: u32) -> Self {
        self.valid_for = Some(requests);
        self
    }
}

/// Whether any one of the scopes suffices that an operation lists.
pub(crate) fn is_granted(granted: Option<&[String]>, operation: &Operation) -> bool {
    let Some(granted) = granted else { return true };
    operation.scopes.is_empty() || operation.scopes.iter().any(|scope| granted.contains(scope))
}

/// A token that was made through the API, by its secret.
pub(crate) fn made(world: &World, secret: &str) -> Option<Token> {
    let mut found = world.having("ApiToken", "secret", secret);
    let token = found.find(|token| token.text("secret") == secret)?;
    let expired = token
        .number("expires_at")
        .is_some_and(|at| at.unsigned_abs() <= world.seconds());
    let scopes = token
        .fields
        .get("scopes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let scopes = scopes.filter_map(Value::as_str);
    (!expired).then(|| Token::new(secret).scopes(scopes))
}

pub(crate) fn missing() -> Refusal {
    Refusal::new(
        400,
        "missing_api_token",
        "No API token was provided in the Authorization header",
        json!({}),
    )
}

pub(crate) fn invalid() -> Refusal {
    Refusal::new(
        403,
        "invalid_api_token",
        "The API token provided was not valid (it may not exist or have expired)",
        json!({"details": null}),
    )
}

pub(crate) fn not_granted(operation: &Operation) -> Refusal {
    let description =
        "The scope required for this endpoint has not been granted to the authenticating identity";
    Refusal::new(
        403,
        "scope_not_granted",
        description,
        json!({"scopes": operation.scopes}),
    )
}
