//! The token: its source, and its renewal when the API rejects it.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

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
/// The future is polled by any of the calls that wait for the token, and dropped with the last of them. Its error is
/// that of all of them, and so is a panic.
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
    Provider(Arc<ProvidedToken>),
}

/// The last token of a provider, and the request for another one.
struct ProvidedToken {
    provider: Box<dyn TokenProvider>,
    state: Mutex<ProvidedState>,
}

#[derive(Default)]
struct ProvidedState {
    bearer: Option<BearerToken>,
    /// The number of requests to the provider that ended.
    generation: u64,
    /// The request to the provider that is being made. The calls that wait for it own it: when all of them are
    /// dropped, it is too, and the next call makes another.
    refresh: Option<WeakShared<Refresh>>,
}

/// A request to the provider, which all calls that wait for it poll: one that is not polled, such as that of a
/// prefetched page, does not stop the others.
type Refresh = Pin<Box<dyn Future<Output = Result<BearerToken, CredentialError>> + Send>>;

/// The token to send.
pub(super) enum CurrentToken {
    Known(Result<BearerToken, CredentialError>),
    /// The provider has been asked for it.
    Requested(Shared<Refresh>),
}

impl ProvidedToken {
    fn lock(&self) -> MutexGuard<'_, ProvidedState> {
        // No code panics between two changes that belong together, so a poisoned state is still consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(self: &Arc<Self>, rejected: Option<&BearerToken>) -> CurrentToken {
        let mut state = self.lock();
        if let Some(bearer) = &state.bearer {
            if rejected.is_none_or(|rejected| rejected.generation != bearer.generation) {
                return CurrentToken::Known(Ok(bearer.clone()));
            }
        }
        if let Some(refresh) = state.refresh.as_ref().and_then(WeakShared::upgrade) {
            return CurrentToken::Requested(refresh);
        }
        let token = Arc::clone(self);
        let refresh: Refresh = Box::pin(async move { token.refresh().await });
        let refresh = refresh.shared();
        state.refresh = refresh.downgrade();
        CurrentToken::Requested(refresh)
    }

    async fn refresh(&self) -> Result<BearerToken, CredentialError> {
        // A panic would leave the other calls without an answer.
        let token = AssertUnwindSafe(async { self.provider.token().await });
        let token = token.catch_unwind().await;
        let mut state = self.lock();
        state.refresh = None;
        state.generation += 1;
        let bearer = match token {
            Ok(Ok(token)) => BearerToken::new(&token, state.generation),
            Ok(Err(error)) => Err(CredentialError::Provider(error.into())),
            Err(_) => Err(CredentialError::ProviderPanicked),
        }?;
        state.bearer = Some(bearer.clone());
        Ok(bearer)
    }
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
            source: Source::Provider(Arc::new(ProvidedToken {
                provider,
                state: Mutex::default(),
            })),
        }
    }

    /// Returns `true` if another token is available when this one is rejected.
    pub(super) fn can_refresh(&self) -> bool {
        matches!(self.source, Source::Provider(_))
    }

    /// Returns the header with the token, if it is always the same.
    #[cfg(feature = "httpmock")]
    pub(super) fn fixed_header(&self) -> Option<&HeaderValue> {
        match &self.source {
            Source::Fixed(bearer) => Some(&bearer.header),
            Source::None | Source::Provider(_) => None,
        }
    }

    /// Returns the token to send, which is another one than `rejected`.
    pub(super) fn current(&self, rejected: Option<&BearerToken>) -> CurrentToken {
        match &self.source {
            Source::None => CurrentToken::Known(Err(CredentialError::Missing)),
            Source::Fixed(bearer) => CurrentToken::Known(Ok(bearer.clone())),
            Source::Provider(token) => token.current(rejected),
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::None => "none",
            Source::Fixed(_) => "[redacted]",
            Source::Provider(_) => "from a provider",
        })
    }
}
