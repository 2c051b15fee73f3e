//! A callback for the progress of a workflow.

use std::sync::{Mutex, PoisonError};

type Callback<T> = Box<dyn FnMut(&T) + Send>;

/// A callback for values of a type, which does nothing by default.
// The mutex makes workflows `Sync`, so that futures that borrow them, such as that of `steps`, are `Send`. Only its owner
// calls it, so that it never blocks.
pub(crate) struct Progress<T>(Mutex<Callback<T>>);

impl<T> Progress<T> {
    pub(crate) fn new(callback: impl FnMut(&T) + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(callback)))
    }

    pub(crate) fn report(&mut self, value: &T) {
        let callback = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        callback(value);
    }
}

impl<T> Default for Progress<T> {
    fn default() -> Self {
        Self::new(|_| ())
    }
}
