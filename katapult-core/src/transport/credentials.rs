//! The token: its source, and its renewal when the API rejects it.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::token_remover::TokenRemover;
use crate::error::CredentialError;
use crate::retry::classify::Attempt;

/// The future returned by a [`TokenProvider`].
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<SecretString, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// A source of the token: an API token or an OAuth2 access token.
///
/// The client requests a token before its first request, and a new one when the API responds with
/// `invalid_api_token`: once per call, and once for all calls that are rejected at the same time. This suffices
/// for tokens that expire or are replaced.
///
/// Any `Fn()` that returns a future of a token implements it:
///
/// ```
/// use katapult_core::{Client, SecretString};
///
/// let client = Client::builder()
///     .token_provider(|| async {
///         let token = std::fs::read_to_string("/run/secrets/katapult")?;
///         Ok(SecretString::from(token.trim()))
///     })
///     .build();
/// # drop(client);
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// Returns the current token; a new one if the one before was rejected.
    fn token(&self) -> TokenFuture<'_>;
}

impl<F, R> TokenProvider for F
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Result<SecretString, Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(self())
    }
}

/// The value of the `Authorization` header, with the number of the refresh that produced it.
#[derive(Clone)]
pub(super) struct BearerToken {
    pub(super) header: HeaderValue,
    remover: Arc<TokenRemover>,
    generation: u64,
}

impl BearerToken {
    fn new(token: &SecretString, generation: u64) -> Result<Self, CredentialError> {
        let token = token.expose_secret();
        validate(token)?;
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| CredentialError::InvalidCharacter)?;
        // Keeps it out of `Debug` and out of HTTP/2's shared compression table.
        header.set_sensitive(true);
        let remover = Arc::new(TokenRemover::new(token));
        Ok(Self {
            header,
            remover,
            generation,
        })
    }

    /// Removes the token from what a server or an HTTP client returned.
    pub(super) fn remove_from(&self, attempt: &mut Attempt) {
        self.remover.clean(attempt);
    }
}

/// Refuses a token that the API cannot have issued, which is usually a mistake in reading it.
fn validate(token: &str) -> Result<(), CredentialError> {
    let mut words = token.split_whitespace();
    let Some(first) = words.next() else {
        return Err(CredentialError::Empty);
    };
    if first.eq_ignore_ascii_case("bearer") && words.next().is_some() {
        return Err(CredentialError::BearerPrefix);
    }
    if token.trim() != token {
        return Err(CredentialError::Whitespace);
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CredentialError::InvalidCharacter);
    }
    Ok(())
}

/// The token of a client, shared by its clones.
pub(crate) struct TokenCache {
    source: Source,
}

enum Source {
    None,
    Fixed(BearerToken),
    Provider {
        provider: Box<dyn TokenProvider>,
        /// The number of requests to the provider. A call that waited for another one's refresh sees that it
        /// has changed, and uses the result of that refresh.
        refresh_count: AtomicU64,
        state: Mutex<CacheState>,
    },
}

struct CacheState {
    bearer: Option<BearerToken>,
    failure: Option<CredentialError>,
}

impl TokenCache {
    pub(crate) fn none() -> Self {
        Self {
            source: Source::None,
        }
    }

    pub(crate) fn fixed(token: &SecretString) -> Result<Self, CredentialError> {
        Ok(Self {
            source: Source::Fixed(BearerToken::new(token, 0)?),
        })
    }

    pub(crate) fn from_provider(provider: Box<dyn TokenProvider>) -> Self {
        Self {
            source: Source::Provider {
                provider,
                refresh_count: AtomicU64::new(0),
                state: Mutex::new(CacheState {
                    bearer: None,
                    failure: None,
                }),
            },
        }
    }

    /// Returns `true` if another token is available when this one is rejected.
    pub(super) fn can_refresh(&self) -> bool {
        matches!(self.source, Source::Provider { .. })
    }

    /// Returns the header with the token, if it is always the same.
    #[cfg(feature = "httpmock")]
    pub(super) fn fixed_header(&self) -> Option<&HeaderValue> {
        match &self.source {
            Source::Fixed(bearer) => Some(&bearer.header),
            Source::None | Source::Provider { .. } => None,
        }
    }

    /// Returns the token to send, which is another one than `rejected`.
    pub(super) async fn get(
        &self,
        rejected: Option<&BearerToken>,
    ) -> Result<BearerToken, CredentialError> {
        match &self.source {
            Source::None => Err(CredentialError::Missing),
            Source::Fixed(bearer) => Ok(bearer.clone()),
            Source::Provider {
                provider,
                refresh_count,
                state,
            } => {
                let count_before = refresh_count.load(Ordering::Acquire);
                // Locked during the request to the provider: all other calls wait here and use its result. If
                // this call is dropped, the lock is released and the next call makes the request.
                let mut state = state.lock().await;
                if let Some(bearer) = &state.bearer {
                    if rejected.is_none_or(|rejected| rejected.generation != bearer.generation) {
                        return Ok(bearer.clone());
                    }
                }
                if refresh_count.load(Ordering::Acquire) != count_before {
                    if let Some(failure) = &state.failure {
                        return Err(failure.clone());
                    }
                }
                let token = provider.token().await;
                let generation = refresh_count.fetch_add(1, Ordering::AcqRel) + 1;
                let bearer = match token {
                    Ok(token) => BearerToken::new(&token, generation),
                    Err(error) => Err(CredentialError::Provider(error.into())),
                };
                state.failure = bearer.as_ref().err().cloned();
                if let Ok(bearer) = &bearer {
                    state.bearer = Some(bearer.clone());
                }
                bearer
            }
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::None => "none",
            Source::Fixed(_) => "[redacted]",
            Source::Provider { .. } => "from a provider",
        })
    }
}
