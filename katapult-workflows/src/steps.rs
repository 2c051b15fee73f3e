//! The steps of a workflow as values that can be displayed.

use std::borrow::Cow;
use std::fmt;

use katapult_core::{Operation, OperationInfo};

/// A step that a workflow would take.
///
/// `steps()` of a workflow reads the current state and returns the steps that remain, in order; it changes nothing. An
/// empty list means that the wanted state is reached. Lost responses, failures and other programs can lead to other steps.
///
/// Displayed, it is a phrase such as `stop the machine by force`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    text: Cow<'static, str>,
    operation: Option<&'static OperationInfo>,
    is_conditional: bool,
}

impl Step {
    /// Creates a step that sends a request.
    pub(crate) fn request<O: Operation>(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            operation: Some(O::INFO),
            is_conditional: false,
        }
    }

    /// Creates a step that changes nothing.
    #[cfg(any(
        feature = "disks",
        feature = "object-storage",
        feature = "virtual-machines"
    ))]
    pub(crate) fn wait(text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            operation: None,
            is_conditional: false,
        }
    }

    #[cfg(feature = "virtual-machines")]
    pub(crate) fn conditional(mut self) -> Self {
        self.is_conditional = true;
        self
    }

    /// Returns the operation of the request that the step sends; `None` for a step that waits.
    ///
    /// [`required_scopes`](katapult_core::required_scopes) returns the scopes of operations.
    pub fn operation(&self) -> Option<&'static OperationInfo> {
        self.operation
    }

    /// Returns `true` if a step before this one can make it unnecessary.
    pub fn is_conditional(&self) -> bool {
        self.is_conditional
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
