//! The runtime in the background, on which blocking calls run.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;

use katapult_gen::Operation;
use tokio::runtime::{Builder, Handle};
use tracing::Instrument;

use crate::error::{BlockingError, Error, ErrorContext, ErrorKind, FailureCause};

/// The name of the thread of the runtime, as debuggers display it.
const THREAD_NAME: &str = "katapult-blocking";
/// The number of polls after which a thread counts as one without a budget.
// More than tokio's budget of a task, which is 128.
const MAX_BUDGET: usize = 1024;

/// The runtime of this process, once it is started.
// One for all clients: a thread per client would be wasteful, and calls only wait.
static RUNTIME: Mutex<Option<Handle>> = Mutex::new(None);

/// The started runtime, from a thread that may block.
pub(super) struct Background(Handle);

impl Background {
    /// Returns the runtime, which is started by the first call.
    pub(super) fn get() -> Result<Self, BlockingError> {
        if runs_tasks() {
            return Err(BlockingError::inside_runtime());
        }
        let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
        match &*runtime {
            Some(handle) => Ok(Self(handle.clone())),
            None => {
                let started = start().map_err(BlockingError::not_started)?;
                Ok(Self(runtime.insert(started).clone()))
            }
        }
    }

    /// Runs a future, and blocks the thread until it is complete. A panic continues in the caller.
    pub(super) fn run<F>(&self, future: F) -> Result<F::Output, BlockingError>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        let caught = async move {
            let mut future = pin!(future);
            let result = poll_fn(|context| {
                match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
                    Ok(Poll::Pending) => Poll::Pending,
                    Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
                    Err(panic) => Poll::Ready(Err(panic)),
                }
            });
            // Without a receiver, nobody waits for the result.
            let _ = sender.send(result.await);
        };
        // The spans of the call belong into that of its caller.
        self.0.spawn(caught.in_current_span());
        match receiver.recv() {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(BlockingError::stopped()),
        }
    }
}

/// Starts a runtime in a thread of its own, which lives as long as the process.
fn start() -> io::Result<Handle> {
    // One thread is enough: it waits for the network, and decoding is done where the call is polled.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name(THREAD_NAME.to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle)
}

/// Returns `true` if the thread runs async tasks at the moment, so that it must not block.
///
/// In `spawn_blocking` and `block_in_place` it may. There is a runtime in both cases; the difference is tokio's budget,
/// which tasks have and threads that may block have not.
fn runs_tasks() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut context = Context::from_waker(Waker::noop());
    (0..MAX_BUDGET).any(|_| {
        let consumed = pin!(tokio::task::consume_budget()).poll(&mut context);
        consumed.is_pending()
    })
}

/// Returns the error of a call that was not sent.
pub(super) fn call_error<O: Operation>(error: BlockingError) -> Error {
    let mut context = ErrorContext::new(ErrorKind::Build, O::INFO);
    context.cause = Some(FailureCause::Blocking(error));
    context.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thread_outside_a_runtime_may_block() {
        let background = Background::get().unwrap();
        assert_eq!(background.run(async { 1 }).unwrap(), 1);
        let name = background.run(async { thread::current().name().map(str::to_owned) });
        assert_eq!(name.unwrap().as_deref(), Some(THREAD_NAME));
    }

    #[test]
    fn task_must_not_block() {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime = builder.build().unwrap();
            assert!(runtime.block_on(async { Background::get().is_err() }));
            let task = runtime.spawn(async { Background::get().is_err() });
            assert!(runtime.block_on(task).unwrap());
        }
    }

    #[test]
    fn thread_for_blocking_code_may_block() {
        let runtime = Builder::new_multi_thread().build().unwrap();
        let run = || Background::get().unwrap().run(async { 1 }).unwrap();
        let spawned = runtime.spawn_blocking(run);
        assert_eq!(runtime.block_on(spawned).unwrap(), 1);
        assert_eq!(
            runtime.block_on(async { tokio::task::block_in_place(run) }),
            1
        );
        let _guard = runtime.enter();
        assert_eq!(run(), 1);
    }

    #[test]
    fn panic_continues_in_the_caller() {
        let background = Background::get().unwrap();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            background.run(async { panic!("in the future") })
        }));
        let panic = caught.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"in the future"));
        assert_eq!(background.run(async { 1 }).unwrap(), 1);
    }
}
