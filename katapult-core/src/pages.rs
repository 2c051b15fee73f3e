//! The pages of a list: which to ask for, how many at once, and when it is over.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use katapult_gen::types::Pagination;
use katapult_gen::{ListOperation, Operation, RawReply, Reply, Transport};
use tokio::time::Instant;

use crate::Call;
use crate::error::{self, Error, ErrorKind, Trouble};
use crate::resume::{ResumeToken, fingerprint};

/// Pages held or under way, unless the caller says otherwise.
const AHEAD: usize = 10;
/// Pages after which a list is taken for endless, unless the caller says otherwise.
const MAX_PAGES: u64 = 10_000;
/// Items a page, unless the caller or the server says otherwise.
const PER_PAGE: i64 = 30;
/// For how many pages, besides those ahead, ids are remembered.
const REMEMBERED: usize = 16;
/// So many pages in a row without anything new, where no total says that there must be more, are no moved set.
const REPEATS: u32 = 3;
/// A set that was of `n` pages at first and is of more than `2 n + GROWTH` grows without end.
const GROWTH: i64 = 100;
/// Calls that nobody drove for so long may have run out of time for no fault of the server.
const STARVED: Duration = Duration::from_secs(1);
/// How often calls ahead are driven while a page is being read.
const DRIVE: Duration = Duration::from_millis(20);

type Sending<O> =
    Pin<Box<dyn Future<Output = Result<Reply<<O as Operation>::Reply>, Error>> + Send>>;

/// The pages of a list, in order, as a stream; made by [`ListExt::pages`](crate::prelude::ListExt::pages).
///
/// - The first reply says how many pages there are. If it does, the next ones are fetched [ahead](Pages::ahead),
///   several at a time, under the client's pace; no more than those are held. Of a large set, whose size the API does
///   not tell, pages come one after the other, and one that is not full is the last.
/// - An object that comes again, because the set moved between two pages, is given once. (One that moved to a page that
///   has been read already is not seen; no list by pages can help that.) Pages that hold nothing new are not given.
/// - A page that fails is tried again by itself, like any call. If it fails for good, the stream gives the error, with
///   [a token](Error::resume_token) to go on [from](Pages::from), and ends.
/// - A server that never ends its pages is found out: the error's kind is [`ErrorKind::List`].
///
/// No task runs in the background: what is under way goes on while the stream is polled, and stops
/// when it is dropped.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<O: ListOperation + 'static> {
    call: Call<O>,
    ahead: usize,
    max_pages: u64,
    state: State,
    /// Calls under way or answered, in order; the first is of the page `at`.
    flights: VecDeque<Flight<O>>,
    /// The page that is given next.
    at: i64,
    /// Items a page, as the server said last, or as the caller asked.
    per_page: Option<i64>,
    end: Ending,
    /// How many pages were given.
    turned: u64,
    /// Pages in a row that held nothing new.
    repeats: u32,
    given: Given,
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

/// Where the list ends, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Nothing was answered yet.
    Unasked,
    /// There is no total: the next page may be the last.
    Open,
    /// The last page, as it was said last and at first.
    Page { last: i64, first_said: i64 },
    /// No further page is there.
    Reached,
}

enum Flight<O: ListOperation> {
    Sent { call: Sending<O>, starved: bool },
    Answered(Box<Result<Reply<O::Reply>, Error>>, bool),
}

/// Ids by which an object that comes again is known: those of the last pages.
#[derive(Default)]
struct Given {
    pages: VecDeque<HashSet<String>>,
}

impl Given {
    fn has(&self, id: &str) -> bool {
        self.pages.iter().any(|page| page.contains(id))
    }

    fn add(&mut self, page: HashSet<String>, keep: usize) {
        self.pages.push_back(page);
        while self.pages.len() > keep {
            self.pages.pop_front();
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    number: i64,
    total: Option<i64>,
    total_pages: Option<i64>,
    items: Vec<T>,
}

impl<T> Page<T> {
    /// Its number; pages count from 1.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// How many objects the list has in all; `None` of a large set.
    pub fn total(&self) -> Option<i64> {
        self.total
    }

    /// How many pages the list has in all; `None` of a large set.
    pub fn total_pages(&self) -> Option<i64> {
        self.total_pages
    }

    /// What is on it, less what was on an earlier page.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// What is on it, taken out.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<O: ListOperation + 'static> Pages<O> {
    pub(crate) fn new(call: Call<O>) -> Self {
        Self {
            at: call.operation().page().unwrap_or(1),
            per_page: call.operation().per_page(),
            call,
            ahead: AHEAD,
            max_pages: MAX_PAGES,
            state: State::Running,
            flights: VecDeque::new(),
            end: Ending::Unasked,
            turned: 0,
            repeats: 0,
            given: Given::default(),
            left: None,
        }
    }

    /// How many pages beyond the one given last are held or under way at most. Default 10; 1 fetches one after the other,
    /// and 0 counts as 1.
    pub fn ahead(mut self, pages: usize) -> Self {
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
    /// gives an error of the kind [`ErrorKind::List`] and ends.
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// use katapult_core::{prelude::*, types::OrganizationLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let acme = OrganizationLookup::sub_domain("acme");
    /// let mut machines = katapult.virtual_machines().list(&acme).items();
    /// if let Ok(token) = std::fs::read_to_string("machines.resume") {
    ///     machines = machines.from(token.parse()?);
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
    pub fn from(mut self, token: ResumeToken) -> Self {
        if token.operation != O::ID || token.arguments != self.arguments() {
            self.state = State::Misled;
            return self;
        }
        self.at = token.page;
        if let Some(per_page) = token.per_page {
            self.call.operation_mut().set_per_page(per_page);
            self.per_page = Some(per_page);
        }
        self.given = Given::default();
        self.given.add(token.given.into_iter().collect(), 1);
        self
    }

    /// Where to go on later, after the page that was given last; `None` at the end of the list.
    pub fn resume_token(&self) -> Option<ResumeToken> {
        let given = self.given.pages.back().into_iter().flatten();
        let goes_on = matches!(self.state, State::Running | State::Failed);
        goes_on.then(|| self.token(self.at, given.cloned().collect()))
    }

    /// Where to go on later with the page that was given last, of which these are still to be read.
    pub(crate) fn token_within(&self, page: i64, rest: HashSet<&str>) -> ResumeToken {
        let last_two = self.given.pages.iter().rev().take(2).flatten();
        let given = last_two.filter(|id| !rest.contains(id.as_str()));
        self.token(page, given.cloned().collect())
    }

    fn token(&self, page: i64, mut given: Vec<String>) -> ResumeToken {
        given.sort_unstable();
        ResumeToken {
            operation: O::ID.to_owned(),
            arguments: self.arguments(),
            per_page: self.per_page,
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
            let Some(reply) = ready!(self.land(context)) else {
                self.state = State::Finished;
                return Poll::Ready(None);
            };
            match reply.and_then(|reply| self.turn(reply)) {
                Ok(page) if page.items.is_empty() => {}
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
            let page = self.at.saturating_add(self.flights.len() as i64);
            let may = match self.end {
                Ending::Unasked | Ending::Open => self.flights.is_empty(),
                Ending::Page { last, .. } => page <= last,
                Ending::Reached => false,
            };
            if !may {
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
    fn land(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Reply<O::Reply>, Error>>> {
        loop {
            match self.flights.pop_front() {
                None => return Poll::Ready(None),
                Some(Flight::Answered(answer, starved)) => match *answer {
                    // The reader was away for so long that the time was up: that is no failure of the page.
                    Err(error) if starved && error.is_timeout() => {
                        let again = self.ask(self.at);
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

    /// Takes the page `at` out of its reply, and learns where the list ends.
    fn turn(&mut self, reply: Reply<O::Reply>) -> Result<Page<O::Item>, Error> {
        let (reply, raw) = reply.into_parts();
        let said = O::pagination(&reply).clone();
        let came = O::into_items(reply);
        if self.turned >= self.max_pages {
            let why = format!(
                "{} pages were not all: raise max_pages if the list is as long as that, or go on from the resume token",
                self.turned
            );
            return Err(senseless::<O>(raw, why));
        }
        if said.per_page.is_some_and(|per_page| per_page > 0) {
            self.per_page = said.per_page;
        }
        let total_pages = total_pages(&said, self.per_page);
        let full = came.len() as i64 >= self.per_page.unwrap_or(PER_PAGE).max(1);
        let there_were_some = !came.is_empty();
        let (items, ids, anonymous) = self.fresh(came);
        let nothing_new = there_were_some && items.is_empty() && !anonymous;
        let beyond = total_pages.is_some_and(|last| self.at > last);
        self.repeats = if nothing_new { self.repeats + 1 } else { 0 };
        if let Some(why) = self.nonsense(&said, nothing_new, beyond, total_pages) {
            return Err(senseless::<O>(raw, why));
        }
        self.end = match (total_pages, self.end) {
            (Some(last), _) if self.at >= last => Ending::Reached,
            (Some(last), Ending::Page { first_said, .. }) => Ending::Page { last, first_said },
            (Some(last), _) => Ending::Page {
                last,
                first_said: last,
            },
            (None, _) if full => Ending::Open,
            (None, _) => Ending::Reached,
        };
        self.given.add(ids, self.ahead + REMEMBERED);
        let number = self.at;
        self.at += 1;
        self.turned += 1;
        Ok(Page {
            number,
            total: said.total.filter(|_| total_pages.is_some()),
            total_pages,
            items,
        })
    }

    /// What has not been given yet, all ids of the page, and whether there were any without one.
    fn fresh(&self, came: Vec<O::Item>) -> (Vec<O::Item>, HashSet<String>, bool) {
        let mut ids = HashSet::with_capacity(came.len());
        let mut items = Vec::with_capacity(came.len());
        let mut anonymous = false;
        for item in came {
            match O::item_id(&item).filter(|id| !id.is_empty()) {
                Some(id) => {
                    let new = !self.given.has(id);
                    if ids.insert(id.to_owned()) && new {
                        items.push(item);
                    }
                }
                None => {
                    anonymous = true;
                    items.push(item);
                }
            }
        }
        (items, ids, anonymous)
    }

    /// What a page says of a server that does not turn its pages, or never ends them.
    fn nonsense(
        &self,
        said: &Pagination,
        nothing_new: bool,
        beyond: bool,
        total_pages: Option<i64>,
    ) -> Option<String> {
        let at = self.at;
        if let Some(current) = said.current_page
            && current != at
            && nothing_new
            && !beyond
        {
            return Some(format!(
                "page {at} was asked for and page {current} came again: the server does not turn the pages of this list"
            ));
        }
        match (self.end, total_pages) {
            (Ending::Page { first_said, .. }, Some(last)) => {
                let bound = first_said.saturating_mul(2).saturating_add(GROWTH);
                if at > first_said && self.repeats >= REPEATS && last > at {
                    return Some(self.repeated());
                }
                (at > bound && last > at).then(|| {
                    format!(
                        "the list had {first_said} pages at first and page {at} is not its last: it grows without end"
                    )
                })
            }
            (_, None) if self.repeats >= REPEATS => Some(self.repeated()),
            _ => None,
        }
    }

    fn repeated(&self) -> String {
        format!(
            "the pages {} to {} hold nothing new: the server repeats its pages without end",
            self.at - i64::from(self.repeats) + 1,
            self.at
        )
    }
}

/// How many pages there are, if the server tells.
fn total_pages(said: &Pagination, per_page: Option<i64>) -> Option<i64> {
    if said.large_set == Some(true) {
        return None;
    }
    said.total_pages.or_else(|| {
        let per_page = per_page.unwrap_or(PER_PAGE).max(1);
        Some(said.total?.saturating_add(per_page - 1) / per_page)
    })
}

fn senseless<O: Operation>(reply: RawReply, why: String) -> Error {
    let mut parts = error::Parts::new(ErrorKind::List, O::INFO);
    parts.attempts = reply.attempts;
    parts.reply = Some(reply);
    parts.trouble = Some(Trouble::Pages(why));
    parts.into()
}

fn misled<O: Operation>() -> Error {
    let mut parts = error::Parts::new(ErrorKind::List, O::INFO);
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
            .field("at", &self.at)
            .field("end", &self.end)
            .field("under_way", &self.flights.len())
            .finish_non_exhaustive()
    }
}
