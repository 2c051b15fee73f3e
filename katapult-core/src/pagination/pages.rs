//! The pages of a list as a stream, several of them in flight at once.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use katapult_gen::{ListOperation, Operation, RawResponse, Response, build_request};
use tokio::time::Instant;

use super::cursor::{PageCursor, PageLimits};
use super::page::Page;
use super::refusal::Refusal;
use crate::error::{Error, ErrorContext, ErrorKind, FailureCause};
use crate::resume_token::{ResumeToken, fingerprint};
use crate::transport::{self, Call};

/// The default limit of pages in memory or in flight.
// Enough to hide the latency of the API, and a small part of the quota.
const DEFAULT_PREFETCH: usize = 10;
/// The highest limit.
// A server that states billions of pages must not make a client ask for them at once.
const MAX_PREFETCH: usize = 100;
/// The default number of pages after which a list counts as endless.
// 300,000 objects at the default page size.
const DEFAULT_MAX_PAGES: u64 = 10_000;
/// Pages of which ids are remembered, in addition to those in flight.
// Objects that are created or deleted during the reading rarely move others further.
const REMEMBERED_PAGES: usize = 16;
/// The time without a poll after which a timeout is no failure of the server.
// A shorter pause does not exhaust the time of an attempt.
const STALL_THRESHOLD: Duration = Duration::from_secs(1);
/// The interval at which calls in flight are polled while a page is being read.
// Often enough for their connections, and seldom enough to cost a reader of items nothing.
const DRIVE_INTERVAL: Duration = Duration::from_millis(20);

type SendFuture<O> =
    Pin<Box<dyn Future<Output = Result<Response<<O as Operation>::Response>, Error>> + Send>>;

/// The pages of a list, in order, as a [`Stream`]; created by [`ListExt::pages`](crate::prelude::ListExt::pages).
///
/// - The first response states the number of pages. The next pages are then [prefetched](Pages::prefetch), several
///   at a time, within the client's rate limit. Of a large list, the API does not state the size: its pages are
///   requested one after the other, and a page that is not full is the last.
/// - An object that is returned again, because the list changed between two pages, is left out. (An object that
///   moved to a page that was read already is missed; pagination by number cannot prevent that.) Pages without
///   new objects are left out.
/// - A page that fails is retried like any call. If it fails permanently, the stream returns the error, with
///   [a token](Error::resume_token) to [resume](Pages::resume) from, and ends.
/// - A list that never ends is detected: the error's kind is [`ErrorKind::Pagination`].
///
/// No task runs in the background: requests make progress while the stream is polled, and stop when it is
/// dropped.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<O: ListOperation + 'static> {
    call: Call<O>,
    prefetch: usize,
    max_pages: u64,
    state: PagesState,
    cursor: PageCursor,
    /// Calls in flight or completed, in order; the first is of the cursor's page.
    calls: VecDeque<InFlight<O>>,
    /// The time at which the calls were last polled, while the reader has a page.
    last_polled: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PagesState {
    Running,
    Refused(Refusal),
    Failed,
    Finished,
}

enum InFlight<O: ListOperation> {
    Sent {
        call: SendFuture<O>,
        stalled: bool,
    },
    Completed {
        result: Box<Result<Response<O::Response>, Error>>,
        stalled: bool,
    },
}

impl<O: ListOperation + 'static> Pages<O> {
    pub(super) fn new(call: Call<O>) -> Self {
        let operation = call.operation();
        let page_replaced = call.options().replaces_query_param("page");
        Self {
            cursor: PageCursor::new(operation.page().unwrap_or(1), operation.per_page()),
            call,
            prefetch: DEFAULT_PREFETCH,
            max_pages: DEFAULT_MAX_PAGES,
            state: match page_replaced {
                true => PagesState::Refused(Refusal::PageReplaced),
                false => PagesState::Running,
            },
            calls: VecDeque::new(),
            last_polled: None,
        }
    }

    /// Sets the maximum number of pages in memory or in flight beyond the one that was returned last.
    /// Default: 10; 1 requests one after the other, 0 counts as 1, and the most is 100.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.prefetch = pages.clamp(1, MAX_PREFETCH);
        self
    }

    /// Sets the number of pages after which the list counts as endless. Default: 10,000.
    ///
    /// The error has a token to resume from, in case the list is longer.
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.max_pages = pages;
        self
    }

    /// Starts at the position of a token, with its page size. Call it before the first page is requested.
    ///
    /// The call must be that of the token, with the same arguments; for any other, the stream returns an error
    /// of the kind [`ErrorKind::Pagination`] and ends.
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// use katapult_core::{prelude::*, types::OrganizationLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let acme = OrganizationLookup::sub_domain("acme");
    /// let mut machines = katapult.virtual_machines().list(&acme).items();
    /// if let Ok(token) = std::fs::read_to_string("machines.resume") {
    ///     machines = machines.resume(token.parse()?);
    /// }
    /// while let Some(machine) = machines.next().await {
    ///     match machine {
    ///         Ok(machine) => println!("{}", machine.id),
    ///         Err(error) => {
    ///             if let Some(token) = error.resume_token() {
    ///                 std::fs::write("machines.resume", token.to_string())?;
    ///             }
    ///             return Err(error.into());
    ///         }
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn resume(mut self, token: ResumeToken) -> Self {
        if token.operation != O::ID || token.arguments != self.arguments() {
            self.state = PagesState::Refused(Refusal::TokenMismatch);
            return self;
        }
        if let Some(per_page) = token.per_page {
            self.call.operation_mut().set_per_page(per_page);
        }
        let per_page = token.per_page.or(self.cursor.per_page);
        let returned = token.returned.into_iter().collect();
        self.cursor = PageCursor::resumed(token.page, per_page, returned);
        self
    }

    /// Returns the position after the page that was returned last; `None` at the end of the list.
    pub fn resume_token(&self) -> Option<ResumeToken> {
        let has_more = matches!(self.state, PagesState::Running | PagesState::Failed);
        has_more.then(|| {
            let returned = self.cursor.last_returned(1).cloned();
            self.token(self.cursor.page, returned.collect())
        })
    }

    /// Returns the position within the page that was returned last, of which `rest` is still to be read.
    pub(super) fn token_within(&self, page: i64, rest: HashSet<&str>) -> ResumeToken {
        let last_two = self.cursor.last_returned(2);
        let returned = last_two.filter(|id| !rest.contains(id.as_str()));
        self.token(page, returned.cloned().collect())
    }

    fn token(&self, page: i64, mut returned: Vec<String>) -> ResumeToken {
        returned.sort_unstable();
        ResumeToken {
            operation: O::ID.to_owned(),
            arguments: self.arguments(),
            per_page: self.cursor.per_page,
            page,
            returned,
        }
    }

    /// Returns a hash of the arguments, which is the same for every base URL.
    fn arguments(&self) -> u64 {
        let mut operation = self.call.operation().clone();
        operation.set_page(1);
        operation.set_per_page(1);
        let request = build_request(&operation, "https://katapult.invalid");
        // A request that cannot be built is not sent either.
        let Ok(mut request) = request else { return 0 };
        // A query parameter that the caller added selects another list.
        let options = self.call.options();
        if options.apply_additions(&mut request).is_err() {
            return 0;
        }
        let mut query: Vec<&str> = request.uri().query().unwrap_or("").split('&').collect();
        query.sort_unstable();
        fingerprint(&query.join("&"))
    }

    /// Returns the next page; `None` after the last one, and after an error.
    ///
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Page<O::Item>, Error>> {
        poll_fn(|context| self.poll_page(context, 0)).await
    }

    /// Returns the next page; `None` after the last one. For `while let Some(page) = pages.try_next().await?`.
    ///
    /// # Errors
    ///
    /// That of a page that failed, with [a token to resume](Error::resume_token).
    pub async fn try_next(&mut self) -> Result<Option<Page<O::Item>>, Error> {
        self.next().await.transpose()
    }

    /// Polls the calls in flight at intervals, while a page is being read.
    pub(super) fn poll_occasionally(&mut self, context: &mut Context<'_>) {
        if self
            .last_polled
            .is_some_and(|last| last.elapsed() >= DRIVE_INTERVAL)
        {
            self.poll_in_flight(context);
            self.last_polled = Some(Instant::now());
        }
    }

    /// Returns the next page; the caller has `being_read` pages of the prefetch limit in memory.
    pub(super) fn poll_page(
        &mut self,
        context: &mut Context<'_>,
        being_read: usize,
    ) -> Poll<Option<Result<Page<O::Item>, Error>>> {
        match self.state {
            PagesState::Running => {}
            PagesState::Refused(refusal) => {
                self.state = PagesState::Finished;
                return Poll::Ready(Some(Err(refusal.error(O::INFO))));
            }
            PagesState::Failed | PagesState::Finished => return Poll::Ready(None),
        }
        loop {
            self.start_calls(self.prefetch);
            self.poll_in_flight(context);
            self.last_polled = None;
            let Some(response) = ready!(self.take_front(context)) else {
                self.state = PagesState::Finished;
                return Poll::Ready(None);
            };
            match response.and_then(|response| self.accept_page(response)) {
                Ok(page) if page.items().is_empty() => {}
                Ok(page) => {
                    self.start_calls(self.prefetch - being_read);
                    self.poll_in_flight(context);
                    self.last_polled = Some(Instant::now());
                    return Poll::Ready(Some(Ok(page)));
                }
                Err(error) => {
                    self.state = PagesState::Failed;
                    self.calls.clear();
                    let error = match self.resume_token() {
                        Some(token) => error.with_resume_token(token),
                        None => error,
                    };
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    /// Starts calls for the next pages, up to this number in flight.
    fn start_calls(&mut self, limit: usize) {
        while self.calls.len() < limit {
            let in_flight = self.calls.len();
            let page = self.cursor.page.saturating_add(in_flight as i64);
            if !self.cursor.may_request(page, in_flight, self.prefetch) {
                return;
            }
            self.calls.push_back(self.start_call(page));
        }
    }

    fn start_call(&self, page: i64) -> InFlight<O> {
        let mut call = self.call.clone();
        call.operation_mut().set_page(page);
        InFlight::Sent {
            call: Box::pin(call.send()),
            stalled: false,
        }
    }

    fn poll_in_flight(&mut self, context: &mut Context<'_>) {
        let was_away = self
            .last_polled
            .is_some_and(|last| last.elapsed() > STALL_THRESHOLD);
        for in_flight in &mut self.calls {
            if let InFlight::Sent { call, stalled } = in_flight {
                *stalled |= was_away;
                if let Poll::Ready(result) = call.as_mut().poll(context) {
                    *in_flight = InFlight::Completed {
                        result: Box::new(result),
                        stalled: *stalled,
                    };
                }
            }
        }
    }

    /// Returns the result of the first call, when it has completed; `None` if there is no call.
    fn take_front(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Response<O::Response>, Error>>> {
        loop {
            match self.calls.pop_front() {
                None => return Poll::Ready(None),
                Some(InFlight::Completed { result, stalled }) => match *result {
                    // It timed out because the reader did not poll it: that is no failure of the page.
                    Err(error) if stalled && error.is_timeout() => {
                        let again = self.start_call(self.cursor.page);
                        self.calls.push_front(again);
                        self.poll_in_flight(context);
                    }
                    result => return Poll::Ready(Some(result)),
                },
                Some(sent) => {
                    self.calls.push_front(sent);
                    return Poll::Pending;
                }
            }
        }
    }

    fn accept_page(&mut self, response: Response<O::Response>) -> Result<Page<O::Item>, Error> {
        let (response, raw) = response.into_parts();
        let pagination = O::pagination(&response).clone();
        let limits = PageLimits {
            max_pages: self.max_pages,
            remembered: self.prefetch + REMEMBERED_PAGES,
        };
        let items = O::into_items(response);
        match self
            .cursor
            .accept_page(&pagination, items, O::item_id, limits)
        {
            Ok(accepted) => Ok(Page::new(accepted, O::ITEMS, raw)),
            Err(problem) => Err(runaway::<O>(raw, problem)),
        }
    }
}

fn runaway<O: Operation>(response: RawResponse, problem: String) -> Error {
    let mut context = ErrorContext::new(ErrorKind::Pagination, O::INFO);
    context.attempts = response.attempts;
    context.lookup = transport::lookup_of(O::INFO, &response);
    context.response = Some(response);
    context.cause = Some(FailureCause::Pagination(problem));
    context.into()
}

// No field is pinned.
impl<O: ListOperation + 'static> Unpin for Pages<O> {}

impl<O: ListOperation + 'static> Stream for Pages<O> {
    type Item = Result<Page<O::Item>, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_page(context, 0)
    }
}

impl<O: ListOperation + 'static> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &O::ID)
            .field("state", &self.state)
            .field("page", &self.cursor.page)
            .field("in_flight", &self.calls.len())
            .finish_non_exhaustive()
    }
}
