//! The traits of operations that return an object whose state changes in the background.

use std::fmt;
use std::time::Duration;

use crate::call::Call;
use crate::operation::Operation;
use crate::transport::Transport;

/// An operation that returns an object whose state changes in the background, such as a disk that is being built.
///
/// It states what a client needs to poll for a state without code for each kind of object.
#[diagnostic::on_unimplemented(
    message = "the operation `{Self}` does not return an object with a state",
    label = "returns no state to wait for",
    note = "objects with states are those of disks, virtual machines, their builds, file storage volumes, object storage, buckets and access keys; implement `WaitCondition` for another"
)]
pub trait StateOperation: Operation + Clone + 'static {
    /// The type of the object.
    type Object: Clone + Send + 'static;
    /// The type of its state.
    type State: fmt::Display;

    /// A noun for messages: `virtual machine build`.
    const NOUN: &'static str;
    /// The states in which the object is ready. Default: none, because that depends on the purpose.
    const SUCCEEDED: &'static [&'static str] = &[];
    /// The states that the object does not leave by itself.
    const FAILED: &'static [&'static str];
    /// The time for which an object may be in a failed state and recover. Default: zero.
    const FAILED_AFTER: Duration = Duration::ZERO;
    /// The error codes that the operation returns until the object exists. Default: none.
    const PENDING_CODES: &'static [&'static str] = &[];
    /// The default timeout of a wait.
    const TIMEOUT: Duration;

    /// Returns the object of a response.
    fn into_object(response: Self::Response) -> Self::Object;

    /// Returns the id of an object; empty if objects of this kind have none.
    fn id(object: &Self::Object) -> &str {
        // Named `object` in the documentation of the trait, and unused here.
        let _ = object;
        ""
    }

    /// Returns the state of an object; `None` if the response is without it.
    fn state(object: &Self::Object) -> Option<&str>;
}

/// An operation that returns an object with [states](StateOperation::SUCCEEDED) in which it is ready, whatever its purpose.
#[diagnostic::on_unimplemented(
    message = "the operation `{Self}` returns an object without a state in which it is ready",
    label = "has no final state",
    note = "wait for a state by its name: `.wait_for(state)`"
)]
pub trait SettlingOperation: StateOperation {}

/// The operations on a resource whose objects are named by one lookup, and have states.
#[diagnostic::on_unimplemented(
    message = "the objects of `{Self}` have no states to wait for",
    label = "has no states"
)]
pub trait StateResource<T: Transport> {
    /// The type that names an object.
    type Lookup;
    /// The operation that returns an object with its state.
    type Get: StateOperation;

    /// Returns a call of the operation.
    fn get_state(&self, lookup: Self::Lookup) -> Call<T, Self::Get>;
}
