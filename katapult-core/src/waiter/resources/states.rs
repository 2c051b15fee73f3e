//! Waiters for any resource whose objects have states, as the document and its corrections state them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use katapult_gen::{IntoLookup, Operation, SettlingOperation, StateOperation, StateResource};
use tokio::time::Instant;

use super::{ResourceCondition, describe_state};
use crate::call::sealed::Sealed;
use crate::error::Error;
use crate::transport::{Call, HttpTransport};
use crate::waiter::wait_token::{WaitTarget, WaitToken, WaitTokenError};
use crate::waiter::{WaitState, Waiter};

/// Evaluates the state of an object. A state in which the object failed can be what is waited for.
fn evaluate<O: StateOperation>(target: &WaitTarget, state: Option<&str>) -> WaitState {
    let Some(state) = state else {
        return WaitState::Pending;
    };
    let is_met = match target {
        WaitTarget::Settled => O::SUCCEEDED.contains(&state),
        WaitTarget::State(name) => name == state,
        WaitTarget::Gone | WaitTarget::Attachment(_) => false,
    };
    match is_met {
        true => WaitState::Succeeded,
        false if O::FAILED.contains(&state) => WaitState::Failed,
        false => WaitState::Pending,
    }
}

/// Evaluates the condition that an object is ready.
#[cfg(all(feature = "disks", feature = "tasks"))]
pub(super) fn settled<O: SettlingOperation>(object: &O::Object) -> WaitState {
    evaluate::<O>(&WaitTarget::Settled, O::state(object))
}

/// The time since which an object has been in a failed state, which it may leave again.
#[derive(Default)]
struct FailedSince(Option<Instant>);

impl FailedSince {
    /// Returns the state, or pending for a failure that has not lasted long enough.
    fn confirm(&mut self, state: WaitState, now: Instant, failed_after: Duration) -> WaitState {
        if state != WaitState::Failed {
            self.0 = None;
            return state;
        }
        let since = *self.0.get_or_insert(now);
        match now.duration_since(since) >= failed_after {
            true => WaitState::Failed,
            false => WaitState::Pending,
        }
    }
}

/// Returns a description such as `disk disk_1: building`.
pub(super) fn describe<O: StateOperation>(object: &O::Object) -> String {
    describe_state(O::NOUN, O::id(object), O::state(object))
}

fn is_pending<O: StateOperation>(error: &Error) -> bool {
    let code = error.code();
    code.is_some_and(|code| O::PENDING_CODES.contains(&code.as_str()))
}

impl<O: StateOperation> ResourceCondition<O, O::Object> {
    /// Returns the condition that an object is in a state.
    pub(super) fn in_state(get: Call<O>, target: WaitTarget) -> Self {
        let mut failed_since = FailedSince::default();
        Self::evaluated(get, target.clone(), move |object| {
            let state = evaluate::<O>(&target, O::state(object));
            failed_since.confirm(state, Instant::now(), O::FAILED_AFTER)
        })
    }

    /// Returns a condition on an object with an evaluation of its own.
    pub(super) fn evaluated(
        get: Call<O>,
        target: WaitTarget,
        evaluate: impl FnMut(&O::Object) -> WaitState + Send + 'static,
    ) -> Self {
        let mut condition = Self::new(get, target, O::into_object, evaluate, describe::<O>);
        condition.is_transient = is_pending::<O>;
        condition.timeout = O::TIMEOUT;
        condition
    }
}

impl<O: StateOperation> ResourceCondition<O, Option<O::Object>> {
    /// Returns the condition that an object does not exist.
    fn gone(get: Call<O>) -> Self {
        let evaluate = |object: &Option<O::Object>| match object {
            None => WaitState::Succeeded,
            Some(_) => WaitState::Pending,
        };
        let describe = |object: &Option<O::Object>| match object {
            None => format!("no {}", O::NOUN),
            Some(object) => describe::<O>(object),
        };
        let extract = |response| Some(O::into_object(response));
        let mut condition = Self::new(get, WaitTarget::Gone, extract, evaluate, describe);
        condition.on_not_found = Some(|| None);
        condition.timeout = O::TIMEOUT;
        condition
    }
}

/// Waiters for an object with a state, on the call that gets it: for every operation that is a [`StateOperation`].
///
#[cfg_attr(feature = "buckets", doc = "```no_run")]
#[cfg_attr(not(feature = "buckets"), doc = "```ignore")]
/// use katapult_core::prelude::*;
/// use katapult_core::types::{ObjectStorageBucketLookup, ObjectStorageClusterLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = ObjectStorageClusterLookup::region("uk-1");
/// let bucket = ObjectStorageBucketLookup::name("backups");
/// let bucket = katapult.buckets().get(cluster, bucket).wait().await?;
/// println!("{:?} is configured", bucket.name);
/// # Ok(()) }
/// ```
pub trait StateOperationExt<O: StateOperation>: Sealed + Sized {
    /// Returns a waiter until the object is ready: in one of the states [`StateOperation::SUCCEEDED`].
    ///
    /// It fails in the states [`StateOperation::FAILED`]. Default [timeout](Waiter::timeout):
    /// [`StateOperation::TIMEOUT`].
    fn wait(self) -> Waiter<ResourceCondition<O, O::Object>>
    where
        O: SettlingOperation;

    /// Returns a waiter until the object is in this state.
    ///
    /// It fails in the states [`StateOperation::FAILED`], unless that is the requested state. Default
    /// [timeout](Waiter::timeout): [`StateOperation::TIMEOUT`].
    fn wait_for(self, state: O::State) -> Waiter<ResourceCondition<O, O::Object>>;

    /// Returns a waiter until the object does not exist: a 404. An object in the trash still exists, and polling it is
    /// [an error](crate::Error::is_in_trash).
    fn wait_until_gone(self) -> Waiter<ResourceCondition<O, Option<O::Object>>>;
}

impl<O: StateOperation> StateOperationExt<O> for Call<O> {
    fn wait(self) -> Waiter<ResourceCondition<O, O::Object>>
    where
        O: SettlingOperation,
    {
        ResourceCondition::in_state(self, WaitTarget::Settled).into_waiter()
    }

    fn wait_for(self, state: O::State) -> Waiter<ResourceCondition<O, O::Object>> {
        ResourceCondition::in_state(self, WaitTarget::State(state.to_string())).into_waiter()
    }

    fn wait_until_gone(self) -> Waiter<ResourceCondition<O, Option<O::Object>>> {
        ResourceCondition::gone(self).into_waiter()
    }
}

/// The operation that gets an object of a resource.
type Get<R> = <R as StateResource<HttpTransport>>::Get;
/// A waiter that returns an object of a resource.
type ObjectWaiter<R> = Waiter<ResourceCondition<Get<R>, <Get<R> as StateOperation>::Object>>;
/// A waiter until an object of a resource does not exist.
type GoneWaiter<R> = Waiter<ResourceCondition<Get<R>, Option<<Get<R> as StateOperation>::Object>>>;

/// Waiters for the objects of a resource: of every resource whose objects have states.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::{prelude::*, types::{VirtualMachineLookup, VirtualMachineState}};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// let mut states = katapult
///     .virtual_machines()
///     .wait_for(&web, VirtualMachineState::Started)
///     .states();
/// while let Some(machine) = states.try_next().await? {
///     println!("{:?}", machine.state);
/// }
/// # Ok(()) }
/// ```
pub trait StateResourceExt: StateResource<HttpTransport> {
    /// Returns a waiter until an object is ready: in one of the states [`StateOperation::SUCCEEDED`].
    ///
    /// It fails in the states [`StateOperation::FAILED`]. Default [timeout](Waiter::timeout):
    /// [`StateOperation::TIMEOUT`]. A complete build names its virtual machine, which has yet to start.
    ///
    #[cfg_attr(feature = "disks", doc = "```no_run")]
    #[cfg_attr(not(feature = "disks"), doc = "```ignore")]
    /// use katapult_core::{prelude::*, types::DiskLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let disk = katapult.disks().wait(DiskLookup::id("disk_1")).await?;
    /// println!("{} is built", disk.id);
    /// # Ok(()) }
    /// ```
    fn wait(&self, object: impl IntoLookup<Self::Lookup>) -> ObjectWaiter<Self>
    where
        Self: Sized,
        Self::Get: SettlingOperation,
    {
        self.get_state(object.into_lookup()).wait()
    }

    /// Returns a waiter until an object is in this state.
    ///
    /// It fails in the states [`StateOperation::FAILED`], unless that is the requested state. Default
    /// [timeout](Waiter::timeout): [`StateOperation::TIMEOUT`].
    fn wait_for(
        &self,
        object: impl IntoLookup<Self::Lookup>,
        state: <Self::Get as StateOperation>::State,
    ) -> ObjectWaiter<Self>
    where
        Self: Sized,
    {
        self.get_state(object.into_lookup()).wait_for(state)
    }

    /// Returns a waiter until an object does not exist: a 404. An object in the trash still exists, and polling it is
    /// [an error](crate::Error::is_in_trash). Default [timeout](Waiter::timeout): [`StateOperation::TIMEOUT`].
    fn wait_until_gone(&self, object: impl IntoLookup<Self::Lookup>) -> GoneWaiter<Self>
    where
        Self: Sized,
    {
        self.get_state(object.into_lookup()).wait_until_gone()
    }

    /// Returns a waiter that continues a [`wait`](Self::wait) or [`wait_for`](Self::wait_for), which was
    /// [saved](Waiter::resume_token).
    ///
    /// # Errors
    ///
    /// If the token is of another resource or method.
    fn resume_wait(&self, token: &WaitToken) -> Result<ObjectWaiter<Self>, WaitTokenError>
    where
        Self: Sized,
        Self::Lookup: FromStr<Err: fmt::Display>,
    {
        let target = token.target_of(Self::Get::ID)?;
        match target {
            WaitTarget::Settled if Self::Get::SUCCEEDED.is_empty() => Err(token.other_target()),
            WaitTarget::Settled | WaitTarget::State(_) => {
                let get = self.get_state(token.lookup(None)?);
                Ok(ResourceCondition::in_state(get, target.clone()).into_waiter())
            }
            WaitTarget::Gone | WaitTarget::Attachment(_) => Err(token.other_target()),
        }
    }

    /// Returns a waiter that continues a [`wait_until_gone`](Self::wait_until_gone), which was
    /// [saved](Waiter::resume_token).
    ///
    /// # Errors
    ///
    /// If the token is of another resource or method.
    fn resume_wait_until_gone(&self, token: &WaitToken) -> Result<GoneWaiter<Self>, WaitTokenError>
    where
        Self: Sized,
        Self::Lookup: FromStr<Err: fmt::Display>,
    {
        match token.target_of(Self::Get::ID)? {
            WaitTarget::Gone => Ok(self.wait_until_gone(token.lookup::<Self::Lookup>(None)?)),
            _ => Err(token.other_target()),
        }
    }
}

impl<R: StateResource<HttpTransport>> StateResourceExt for R {}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(feature = "disks", feature = "virtual-machines"))]
    #[test]
    fn state_is_evaluated_by_the_target_first() {
        use WaitState::{Failed, Pending, Succeeded};
        use katapult_gen::{disks, virtual_machines};
        let table = [
            (Some("built"), Succeeded),
            (Some("failed"), Failed),
            (Some("building"), Pending),
            (Some("a new state"), Pending),
            (None, Pending),
        ];
        for (state, expected) in table {
            let evaluated = evaluate::<disks::Get>(&WaitTarget::Settled, state);
            assert_eq!(evaluated, expected, "{state:?}");
        }
        let table = [
            ("started", Some("started"), Succeeded),
            ("started", Some("failed"), Failed),
            ("failed", Some("failed"), Succeeded),
            ("failed", Some("orphaned"), Failed),
            ("stopped", None, Pending),
        ];
        for (target, state, expected) in table {
            let target = WaitTarget::State(target.to_owned());
            let evaluated = evaluate::<virtual_machines::Get>(&target, state);
            assert_eq!(evaluated, expected, "{target} {state:?}");
        }
    }

    #[test]
    fn failure_counts_when_it_lasts() {
        use WaitState::{Failed, Pending, Succeeded};
        let start = Instant::now();
        let minute = Duration::from_secs(60);
        let mut since = FailedSince::default();
        let table = [
            (0, Failed, Pending),
            (59, Failed, Pending),
            (60, Pending, Pending),
            (61, Failed, Pending),
            (121, Failed, Failed),
            (122, Succeeded, Succeeded),
        ];
        for (secs, state, expected) in table {
            let now = start + Duration::from_secs(secs);
            assert_eq!(since.confirm(state, now, minute), expected, "{secs}");
        }
        let at_once = FailedSince::default().confirm(Failed, start, Duration::ZERO);
        assert_eq!(at_once, Failed);
    }
}
