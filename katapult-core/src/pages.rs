//! The pages of a list, in order: which to ask for, and how many at once.

mod bookmark;
mod page;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use katapult_gen::{ListOperation, Operation, RawResponse, Response, Transport};
use tokio::time::Instant;

use crate::Call;
use crate::error::{self, Error, ErrorKind, Trouble};
use crate::resume::{ResumeToken, fingerprint};
use bookmark::{Bookmark, Bounds};

pub use page::Page;

/// Pages held or under way, unless the caller says otherwise.
const AHEAD: usize = 10;
/// Pages after which a list is taken for endless, unless the caller says otherwise.
const MAX_PAGES: u64 = 10_000;
/// For how many pages, besides those ahead, ids are remembered.
const REMEMBERED: usize = 16;
/// Calls that nobody drove for so long may have run out of time for no fault of the server.
const STARVED: Duration = Duration::from_secs(1);
/// How often calls ahead are driven while a page is being read.
const DRIVE: Duration = Duration::from_millis(20);

type Sending<O> =
    Pin<Box<dyn Future<Output = Result<Response<<O as Operation>::Response>, Error>> + Send>>;

/// The pages of a list, in order, as a stream; made by [`ListExt::pages`](crate::prelude::ListExt::pages).
///
/// - The first response says how many pages there are. If it does, the next ones are fetched [ahead](Pages::ahead),
///   several at a time, under the client's pace; no more than those are held. Of a large set, whose size the API does
///   not tell, pages come one after the other, and one that is not full is the last.
/// - An object that comes again, because the set moved between two pages, is given once. (One that moved to a page that
///   has been read already is not seen; no list by pages can help that.) Pages that hold nothing new are not given.
/// - A page that fails is tried again by itself, like any call. If it fails for good, the stream gives the error, with
///   [a token](Error::resume_token) to go on [from](Pages::from), and ends.
/// - A server that never ends its pages is found out: the error's kind is [`ErrorKind::Pagination`].
///
/// No task runs in the background: what is under way goes on while the stream is polled, and stops
/// when it is dropped.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<O: ListOperation + 'static> {
    call: Call<O>,
    ahead: usize,
    max_pages: u64,
    state: State,
    bookmark: Bookmark,
    /// Calls under way or answered, in order; the first is of the page at the bookmark.
    flights: VecDeque<Flight<O>>,
    /// When the calls under way were last driven, while the reader has the say.
    left: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// The token to resume with is for another list.
    Misled,
    Failed,
    Finished,
}

enum Flight<O: ListOperation> {
    Sent { call: Sending<O>, starved: bool },
    Answered(Box<Result<Response<O::Response>, Error>>, bool),
}

impl<O: ListOperation + 'static> Pages<O> {
    pub(crate) fn new(call: Call<O>) -> Self {
        let operation = call.operation();
        Self {
            bookmark: Bookmark::new(operation.page().unwrap_or(1), operation.per_page()),
            call,
            ahead: AHEAD,
            max_pages: MAX_PAGES,
            state: State::Running,
            flights: VecDeque::new(),
            left: None,
        }
    }

    /// How many pages beyond the one given last are held or under way at most. Default 10; 1 fetches one after the other,
    /// and 0 counts as 1.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.ahead = pages.max(1);
        self
    }

    /// After how many pages the list is taken for one without an end. Default 10,000.
    ///
    /// The error that this gives has a token to go on from, if there is an end after all.
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.max_pages = pages;
        self
    }

    /// Goes on where a token says, and not at the start: with its page, and its number of items a page. To be called
    /// before the first page is asked for.
    ///
    /// The call must be the one that the token is of, with the same arguments; for any other the stream
    /// gives an error of the kind [`ErrorKind::Pagination`] and ends.
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
            self.state = State::Misled;
            return self;
        }
        if let Some(per_page) = token.per_page {
            self.call.operation_mut().set_per_page(per_page);
        }
        let per_page = token.per_page.or(self.bookmark.per_page);
        let given = token.given.into_iter().collect();
        self.bookmark = Bookmark::resumed(token.page, per_page, given);
        self
    }

    /// Where to go on later, after the page that was given last; `None` at the end of the list.
    pub fn resume_token(&self) -> Option<ResumeToken> {
        let goes_on = matches!(self.state, State::Running | State::Failed);
        goes_on.then(|| {
            let given = self.bookmark.last_given(1).cloned();
            self.token(self.bookmark.at, given.collect())
        })
    }

    /// Where to go on later with the page that was given last, of which these are still to be read.
    pub(crate) fn token_within(&self, page: i64, rest: HashSet<&str>) -> ResumeToken {
        let last_two = self.bookmark.last_given(2);
        let given = last_two.filter(|id| !rest.contains(id.as_str()));
        self.token(page, given.cloned().collect())
    }

    fn token(&self, page: i64, mut given: Vec<String>) -> ResumeToken {
        given.sort_unstable();
        ResumeToken {
            operation: O::ID.to_owned(),
            arguments: self.arguments(),
            per_page: self.bookmark.per_page,
            page,
            given,
        }
    }

    /// Tells this list from that of the same operation with other arguments, wherever the API is.
    fn arguments(&self) -> u64 {
        let mut operation = self.call.operation().clone();
        operation.set_page(1);
        operation.set_per_page(1);
        let http = self.call.transport().http();
        let request = operation.request(http, "https://katapult.invalid");
        // What can't be built won't be sent either.
        let Ok(request) = request else { return 0 };
        let mut query: Vec<&str> = request.url().query().unwrap_or("").split('&').collect();
        query.sort_unstable();
        fingerprint(&query.join("&"))
    }

    /// The next page; `None` after the last one, and after an error.
    ///
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Page<O::Item>, Error>> {
        poll_fn(|context| self.poll_page(context, 0)).await
    }

    /// The next page, with the error first.
    ///
    /// # Errors
    ///
    /// That of the page, if it could not be had, with [a token to go on from](Error::resume_token).
    pub async fn try_next(&mut self) -> Result<Option<Page<O::Item>>, Error> {
        self.next().await.transpose()
    }

    /// Drives the calls under way, now and then, while a page is being read.
    pub(crate) fn keep_going(&mut self, context: &mut Context<'_>) {
        if self.left.is_some_and(|left| left.elapsed() >= DRIVE) {
            self.drive(context);
            self.left = Some(Instant::now());
        }
    }

    /// The next page; `read` of those ahead is what the caller holds of it.
    pub(crate) fn poll_page(
        &mut self,
        context: &mut Context<'_>,
        read: usize,
    ) -> Poll<Option<Result<Page<O::Item>, Error>>> {
        match self.state {
            State::Running => {}
            State::Misled => {
                self.state = State::Finished;
                return Poll::Ready(Some(Err(misled::<O>())));
            }
            State::Failed | State::Finished => return Poll::Ready(None),
        }
        loop {
            self.launch(self.ahead);
            self.drive(context);
            self.left = None;
            let Some(response) = ready!(self.land(context)) else {
                self.state = State::Finished;
                return Poll::Ready(None);
            };
            match response.and_then(|response| self.turn(response)) {
                Ok(page) if page.items().is_empty() => {}
                Ok(page) => {
                    self.launch(self.ahead - read);
                    self.drive(context);
                    self.left = Some(Instant::now());
                    return Poll::Ready(Some(Ok(page)));
                }
                Err(error) => {
                    self.state = State::Failed;
                    self.flights.clear();
                    let token = self.resume_token();
                    let error = match token {
                        Some(token) => error.resumed_by(token),
                        None => error,
                    };
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    /// Asks for the pages that may be asked for, up to so many.
    fn launch(&mut self, most: usize) {
        while self.flights.len() < most {
            let under_way = self.flights.len();
            let page = self.bookmark.at.saturating_add(under_way as i64);
            if !self.bookmark.may_ask(page, under_way) {
                return;
            }
            self.flights.push_back(self.ask(page));
        }
    }

    fn ask(&self, page: i64) -> Flight<O> {
        let mut call = self.call.clone();
        call.operation_mut().set_page(page);
        Flight::Sent {
            call: Box::pin(call.send()),
            starved: false,
        }
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        let left = self.left.is_some_and(|left| left.elapsed() > STARVED);
        for flight in &mut self.flights {
            if let Flight::Sent { call, starved } = flight {
                *starved |= left;
                if let Poll::Ready(answer) = call.as_mut().poll(context) {
                    *flight = Flight::Answered(Box::new(answer), *starved);
                }
            }
        }
    }

    /// The answer to the first call under way, if it is here; `None` when no call is.
    fn land(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Response<O::Response>, Error>>> {
        loop {
            match self.flights.pop_front() {
                None => return Poll::Ready(None),
                Some(Flight::Answered(answer, starved)) => match *answer {
                    // The reader was away for so long that the time was up: that is no failure of the page.
                    Err(error) if starved && error.is_timeout() => {
                        let again = self.ask(self.bookmark.at);
                        self.flights.push_front(again);
                        self.drive(context);
                    }
                    answer => return Poll::Ready(Some(answer)),
                },
                Some(sent) => {
                    self.flights.push_front(sent);
                    return Poll::Pending;
                }
            }
        }
    }

    fn turn(&mut self, response: Response<O::Response>) -> Result<Page<O::Item>, Error> {
        let (response, raw) = response.into_parts();
        let said = O::pagination(&response).clone();
        let bounds = Bounds {
            max_pages: self.max_pages,
            remembered: self.ahead + REMEMBERED,
        };
        self.bookmark
            .turn(&said, O::into_items(response), O::item_id, bounds)
            .map_err(|why| senseless::<O>(raw, why))
    }
}

fn senseless<O: Operation>(response: RawResponse, why: String) -> Error {
    let mut parts = error::Parts::new(ErrorKind::Pagination, O::INFO);
    parts.attempts = response.attempts;
    parts.response = Some(response);
    parts.trouble = Some(Trouble::Pages(why));
    parts.into()
}

fn misled<O: Operation>() -> Error {
    let mut parts = error::Parts::new(ErrorKind::Pagination, O::INFO);
    let why = "the resume token is of another list: give it to a call of the same operation with the same arguments";
    parts.trouble = Some(Trouble::Pages(why.to_owned()));
    parts.into()
}

// Nothing in it is pinned.
impl<O: ListOperation + 'static> Unpin for Pages<O> {}

impl<O: ListOperation + 'static> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &O::ID)
            .field("state", &self.state)
            .field("at", &self.bookmark.at)
            .field("under_way", &self.flights.len())
            .finish_non_exhaustive()
    }
}
