//! Why a call failed: one flat type that answers questions.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use katapult_gen::error_codes::{ErrorCode, ErrorDetail};
use katapult_gen::{ApiError, OperationInfo, RawResponse};

use crate::classify;
use crate::resume::ResumeToken;
use crate::retry::Stop;
use crate::sender::HttpClientError;
use crate::token::NoToken;

/// Why a call failed.
///
/// What most callers want to know are questions:
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// # use katapult_core::{Client, types::VirtualMachineLookup};
/// # async fn run(katapult: Client) -> Result<(), katapult_core::Error> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// match katapult.virtual_machines().get(&web).send().await {
///     Ok(machine) => println!("{}", machine.id),
///     Err(error) if error.is_not_found() => println!("there is none"),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
///
/// Displayed, it is one line that names the operation, what went wrong and why, and what to look it
/// up by. It never holds the token.
pub struct Error {
    parts: Box<Parts>,
}

/// What sort of failure it is. Each has its question on [`Error`], where more than the kind may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no token, or it is not accepted, or not from this network.
    Auth,
    /// The token's scopes or its owner's permissions don't suffice (403).
    Forbidden,
    /// There is no such object (404).
    NotFound,
    /// The object is in the trash (406 `object_in_trash`).
    InTrash,
    /// The arguments are refused (422).
    Validation,
    /// The object's state doesn't allow it (406 and 409).
    Conflict,
    /// The quota is spent (429).
    RateLimited,
    /// The API, or what stands in front of it, is out of order (502, 503, 504).
    Unavailable,
    /// Nobody knows whether a write that must not be done twice was done: look before trying again.
    Unconfirmed,
    /// The time was up, or a wait would have passed the deadline.
    Timeout,
    /// There was no connection, or it broke.
    Connect,
    /// The response could not be read, though it tells of success.
    Decode,
    /// The request could not be built.
    Build,
    /// The pages of a list don't make sense: they have no end, or the token to go on from is another list's.
    Pagination,
    /// Any other failure that was answered: the [code](Error::code) and the [status](Error::status) say which.
    Api,
}

/// What went wrong beyond a status.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It could not be sent, or its response not be received.
    Send(HttpClientError),
    /// No response within this time.
    NoResponse(Duration),
    /// The body broke off.
    CutOff(HttpClientError),
    /// The body is larger than so many bytes.
    TooLarge(usize),
    /// A success that is not what the operation answers.
    Undecodable(serde_json::Error),
    /// The request could not be built.
    Unbuildable(Box<dyn StdError + Send + Sync>),
    /// There is no token to send.
    Token(NoToken),
    /// The quota could not be had in time; how long it would have taken.
    Held(Option<Duration>),
    /// The deadline passed while this was waited for.
    Waited(&'static str),
    /// What is wrong with the pages of a list.
    Pages(String),
}

/// What an error is made of.
pub(crate) struct Parts {
    pub(crate) kind: ErrorKind,
    pub(crate) operation: &'static OperationInfo,
    pub(crate) attempts: u32,
    /// The last response, as much of it as came.
    pub(crate) response: Option<RawResponse>,
    pub(crate) api: Option<ApiError>,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) stop: Option<Stop>,
    /// The limit of the whole call.
    pub(crate) deadline: Option<Duration>,
    pub(crate) may_have_happened: bool,
    /// Why looking whether it happened failed.
    pub(crate) look: Option<Error>,
    /// Where a list can be gone on with.
    pub(crate) resume: Option<ResumeToken>,
}

impl Parts {
    pub(crate) fn new(kind: ErrorKind, operation: &'static OperationInfo) -> Self {
        Self {
            kind,
            operation,
            attempts: 0,
            response: None,
            api: None,
            trouble: None,
            stop: None,
            deadline: None,
            may_have_happened: false,
            look: None,
            resume: None,
        }
    }
}

impl From<Parts> for Error {
    fn from(parts: Parts) -> Self {
        Self {
            parts: Box::new(parts),
        }
    }
}

impl Error {
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn resumed_by(mut self, token: ResumeToken) -> Self {
        self.parts.resume = Some(token);
        self
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.parts.kind
    }

    /// The API's code, if the last response carried one.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.parts.api.as_ref().map(|api| &api.code)
    }

    /// The status of the last response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.parts.response.as_ref().map(|response| response.status)
    }

    /// The API's own words, if the last response carried any.
    pub fn description(&self) -> Option<&str> {
        self.parts.api.as_ref()?.description.as_deref()
    }

    /// What the code brings with it, typed by the code; `None` without a code.
    pub fn detail(&self) -> Option<ErrorDetail> {
        self.parts.api.as_ref().map(ApiError::typed_detail)
    }

    /// The id under which the API logged the last request that was answered; support asks for it.
    pub fn request_id(&self) -> Option<&str> {
        self.parts.response.as_ref()?.request_id()
    }

    /// How often the request was sent; 0 when it never was.
    pub fn attempts(&self) -> u32 {
        self.parts.attempts
    }

    /// What was asked for.
    pub fn operation(&self) -> &'static OperationInfo {
        self.parts.operation
    }

    /// The body of the last response, as much of it as came; `None` without a response.
    pub fn body(&self) -> Option<&[u8]> {
        self.parts
            .response
            .as_ref()
            .map(|response| &response.body[..])
    }

    /// Where to go on with a list whose page could not be had: what came before has been given already.
    ///
    /// `None` for all other calls. See [`Pages::from`](crate::Pages::from).
    pub fn resume_token(&self) -> Option<&ResumeToken> {
        self.parts.resume.as_ref()
    }

    /// Whether there is no such object: any 404.
    pub fn is_not_found(&self) -> bool {
        self.answered_as(ErrorKind::NotFound)
    }

    /// Whether the object is in the trash: the API's `object_in_trash`.
    pub fn is_in_trash(&self) -> bool {
        self.answered_as(ErrorKind::InTrash)
    }

    /// Whether the object is not there to be used, being deleted for good or in the trash. To who
    /// wanted it gone, that is success.
    pub fn is_gone(&self) -> bool {
        self.is_not_found() || self.is_in_trash()
    }

    /// Whether the quota was spent: any 429, also as the last answer before the time was up.
    pub fn is_rate_limited(&self) -> bool {
        self.answered_as(ErrorKind::RateLimited)
    }

    /// Whether the token is missing, invalid, or not accepted from this network.
    pub fn is_auth(&self) -> bool {
        self.kind() == ErrorKind::Auth
    }

    /// Whether the token's scopes or its owner's permissions don't suffice.
    pub fn is_forbidden(&self) -> bool {
        self.answered_as(ErrorKind::Forbidden)
    }

    /// Whether the arguments are refused: any 422.
    pub fn is_validation(&self) -> bool {
        self.answered_as(ErrorKind::Validation)
    }

    /// Whether nobody knows if a write, which must not be done twice, was done.
    ///
    /// Look for what it would have made before trying again, or let the call look by itself, with
    /// [`CallExt::reconcile`](crate::prelude::CallExt::reconcile).
    pub fn is_unconfirmed(&self) -> bool {
        self.kind() == ErrorKind::Unconfirmed
    }

    /// Whether the time was up: of an attempt, of the whole call, or for a wait that was needed.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
            || matches!(
                self.parts.trouble,
                Some(Trouble::NoResponse(_) | Trouble::Waited(_))
            )
    }

    /// Whether the same call may well succeed later, and does no harm if it is made again.
    ///
    /// False for whatever is [unconfirmed](Error::is_unconfirmed): look first.
    pub fn is_retryable(&self) -> bool {
        if self.parts.may_have_happened && !self.parts.operation.idempotent {
            return false;
        }
        match self.parts.kind {
            ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::Connect => true,
            ErrorKind::Decode => matches!(self.parts.trouble, Some(Trouble::CutOff(_))),
            ErrorKind::Validation => self
                .code()
                .is_some_and(|code| code == "object_storage_provisioning_error"),
            _ => false,
        }
    }

    /// Whether what was asked for may have been done all the same, by any of the attempts.
    ///
    /// Never for a call that only reads. A write that was refused has not happened; one whose response
    /// was lost, could not be read, or tells of an accident on the server may have.
    pub fn may_have_happened(&self) -> bool {
        self.parts.may_have_happened
    }

    /// Whether the last response, taken by itself, is of this kind.
    fn answered_as(&self, kind: ErrorKind) -> bool {
        let Some(status) = self.status() else {
            return false;
        };
        let code = self.parts.api.as_ref().map(|api| api.code.as_str());
        classify::kind_of_response(status, code) == kind
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause: Option<&(dyn StdError + 'static)> = match self.parts.trouble.as_ref() {
            Some(Trouble::Send(error) | Trouble::CutOff(error)) => Some(&*error.cause),
            Some(Trouble::Undecodable(error)) => Some(error),
            Some(Trouble::Unbuildable(error)) => Some(&**error),
            Some(Trouble::Token(error)) => Some(error),
            _ => None,
        };
        cause.or_else(|| self.parts.look.as_ref().map(|look| look as _))
    }
}

/// Says what [`fmt::Display`] says, and the kind; the response's body may hold secrets and is left out.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.parts.kind)
            .field("operation", &self.parts.operation.id)
            .field("may_have_happened", &self.parts.may_have_happened)
            .field("message", &format_args!("{self}"))
            .finish_non_exhaustive()
    }
}
