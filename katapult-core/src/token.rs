//! Where the token comes from, and how a rejected one is replaced.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

/// What a [`TokenProvider`] gives.
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<SecretString, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// Gives the token: an API token or an OAuth2 access token.
///
/// It is asked before the first request, and again when the API answers `invalid_api_token`: once
/// for each call that was so answered, and once for all calls that were so answered at one time.
/// Tokens that are replaced, or that expire, need no more than this.
pub trait TokenProvider: Send + Sync + 'static {
    /// Fetches a token; a new one when it was asked before.
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

/// Why there is no token to send.
#[derive(Clone, Debug)]
pub(crate) enum NoToken {
    /// The client was built without one.
    None,
    /// The provider failed.
    Provider(Arc<dyn Error + Send + Sync>),
    /// It holds a character that no header can carry.
    Unsendable,
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoToken::None => f.write_str(
                "the client has no token: give one to Client::builder().token(…), or set KATAPULT_API_KEY and use Client::from_env()",
            ),
            NoToken::Provider(error) => write!(f, "the token provider failed: {error}"),
            NoToken::Unsendable => f.write_str(
                "the token holds a character that no header can carry: look for spaces or line ends around it",
            ),
        }
    }
}

impl Error for NoToken {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            NoToken::Provider(error) => Some(&**error),
            NoToken::None | NoToken::Unsendable => None,
        }
    }
}

/// A token as it is sent, and which of the tokens so far it is.
#[derive(Clone)]
pub(crate) struct Bearer {
    pub(crate) header: HeaderValue,
    generation: u64,
}

impl Bearer {
    fn new(token: &SecretString, generation: u64) -> Result<Self, NoToken> {
        let mut header = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| NoToken::Unsendable)?;
        // Keeps it out of `Debug` and out of HTTP/2's shared compression table.
        header.set_sensitive(true);
        Ok(Self { header, generation })
    }
}

/// The client's token, shared by its clones.
pub(crate) struct TokenCell {
    source: Source,
}

enum Source {
    None,
    Fixed(Bearer),
    Provided {
        provider: Box<dyn TokenProvider>,
        /// How often the provider was asked: who waited while it was asked takes its answer.
        asked: AtomicU64,
        held: Mutex<Held>,
    },
}

struct Held {
    bearer: Option<Bearer>,
    failure: Option<NoToken>,
}

impl TokenCell {
    pub(crate) fn none() -> Self {
        Self {
            source: Source::None,
        }
    }

    pub(crate) fn fixed(token: &SecretString) -> Result<Self, NoToken> {
        Ok(Self {
            source: Source::Fixed(Bearer::new(token, 0)?),
        })
    }

    pub(crate) fn provided(provider: Box<dyn TokenProvider>) -> Self {
        Self {
            source: Source::Provided {
                provider,
                asked: AtomicU64::new(0),
                held: Mutex::new(Held {
                    bearer: None,
                    failure: None,
                }),
            },
        }
    }

    /// Whether another token can be had when this one is rejected.
    pub(crate) fn can_renew(&self) -> bool {
        matches!(self.source, Source::Provided { .. })
    }

    /// The token to send; another one than `rejected`.
    pub(crate) async fn get(&self, rejected: Option<&Bearer>) -> Result<Bearer, NoToken> {
        match &self.source {
            Source::None => Err(NoToken::None),
            Source::Fixed(bearer) => Ok(bearer.clone()),
            Source::Provided {
                provider,
                asked,
                held,
            } => {
                let before = asked.load(Ordering::Acquire);
                // Held while the provider is asked: all others wait here and then find its answer.
                // Whoever asks may be dropped; the lock goes with it and the next one asks.
                let mut held = held.lock().await;
                if let Some(bearer) = &held.bearer
                    && rejected.is_none_or(|rejected| rejected.generation != bearer.generation)
                {
                    return Ok(bearer.clone());
                }
                if asked.load(Ordering::Acquire) != before
                    && let Some(failure) = &held.failure
                {
                    return Err(failure.clone());
                }
                let answer = provider.token().await;
                let generation = asked.fetch_add(1, Ordering::AcqRel) + 1;
                let bearer = match answer {
                    Ok(token) => Bearer::new(&token, generation),
                    Err(error) => Err(NoToken::Provider(error.into())),
                };
                held.failure = bearer.as_ref().err().cloned();
                if let Ok(bearer) = &bearer {
                    held.bearer = Some(bearer.clone());
                }
                bearer
            }
        }
    }
}

impl fmt::Debug for TokenCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::None => "none",
            Source::Fixed(_) => "[redacted]",
            Source::Provided { .. } => "from a provider",
        })
    }
}
