//! API tokens that the sandbox accepts.

/// The requests per minute that a token may send, unless it sets its own limit: the API's default.
pub(crate) const DEFAULT_LIMIT: u32 = 1000;

/// An API token that the sandbox accepts.
///
/// ```
/// use katapult_sandbox::Token;
///
/// // A token that may only read disks, 20 times a minute.
/// let token = Token::new("reader").scopes(["disks:read"]).permitted(20);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Token {
    pub(crate) secret: String,
    /// The granted scopes; `None` grants all.
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) permitted: u32,
    /// The number of requests after which the token is no longer valid.
    pub(crate) valid_for: Option<u32>,
}

impl Token {
    /// Returns a token with this secret and all scopes.
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            scopes: None,
            permitted: DEFAULT_LIMIT,
            valid_for: None,
        }
    }

    /// Sets the granted scopes. Default: all.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the number of requests permitted per clock minute. Default: 1000.
    pub fn permitted(mut self, requests: u32) -> Self {
        self.permitted = requests;
        self
    }

    /// Sets the number of requests after which the token is revoked. Default: never.
    pub fn valid_for(mut self, requests: u32) -> Self {
        self.valid_for = Some(requests);
        self
    }
}
