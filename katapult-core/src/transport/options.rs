//! The settings of one call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use katapult_gen::RawResponse;

use super::additions::Additions;
use crate::error::Error;
use crate::retry::RetryPolicy;

/// The result of a reconcile check: the response that replaces the lost one, if the write was executed.
pub(crate) type ReconcileFuture =
    Pin<Box<dyn Future<Output = Result<Option<RawResponse>, Error>> + Send>>;

/// A reconcile check. It captures its client, so that the transport does not depend on the client.
pub(crate) type ReconcileCheck = Arc<dyn Fn() -> ReconcileFuture + Send + Sync>;

/// The settings of one call, set by the methods of [`CallExt`](crate::prelude::CallExt).
///
/// A [`WaitCondition`](crate::WaitCondition) receives them for its call, ready made:
/// `*call.options_mut() = options`.
#[derive(Clone, Default)]
pub struct CallOptions {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) reconcile: Option<ReconcileCheck>,
    pub(crate) reconcile_for: Option<Duration>,
    // Boxed, because few calls have additions, and every call has options.
    pub(crate) additions: Option<Box<Additions>>,
}

impl CallOptions {
    pub(crate) fn additions_mut(&mut self) -> &mut Additions {
        self.additions.get_or_insert_default()
    }

    /// Returns `true` if the caller added a parameter in the place of one of the operation's query.
    pub(crate) fn replaces_query_param(&self, name: &str) -> bool {
        let additions = self.additions.as_ref();
        additions.is_some_and(|additions| additions.replaces_query_param(name))
    }

    /// Returns the request with the headers, query parameters and fields that the caller added.
    ///
    /// # Errors
    ///
    /// The reason why one of them is refused.
    pub(crate) fn apply_additions(&self, request: &mut Request<Bytes>) -> Result<(), String> {
        match &self.additions {
            Some(additions) => additions.apply(request),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions")
            .field("retry", &self.retry)
            .field("deadline", &self.deadline)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("reconcile", &self.reconcile.is_some())
            .field("reconcile_for", &self.reconcile_for)
            .field("additions", &self.additions)
            .finish()
    }
}

/// The limits of a call: those of the client, unless the call has its own.
#[derive(Clone, Debug)]
pub(crate) struct CallLimits {
    pub(crate) retry: RetryPolicy,
    pub(crate) deadline: Duration,
    pub(crate) attempt_timeout: Duration,
}

impl CallLimits {
    /// Returns these limits with those of a call in their place.
    pub(super) fn overridden_by(&self, options: &CallOptions) -> Self {
        Self {
            retry: options.retry.clone().unwrap_or_else(|| self.retry.clone()),
            deadline: options.deadline.unwrap_or(self.deadline),
            attempt_timeout: options.attempt_timeout.unwrap_or(self.attempt_timeout),
        }
    }
}

// Options travel with calls between tasks.
const _: fn() = || {
    fn assert_send_sync<T: Send + Sync + 'static>() {}
    assert_send_sync::<CallOptions>();
    assert_send_sync::<Error>();
};
