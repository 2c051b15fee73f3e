//! Lists, whole: the pages of one call after the other, as streams.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use katapult_gen::ListOperation;

use crate::Call;
use crate::error::Error;
use crate::pages::{Page, Pages};
use crate::resume::ResumeToken;

/// All of a list, and not one page of it: on the call of every operation that answers a list.
///
/// Settings of the call, its deadline and retries say, hold for each page.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::{prelude::*, types::OrganizationLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let mut machines = katapult.virtual_machines().list(&acme).per_page(100).items();
/// while let Some(machine) = machines.try_next().await? {
///     println!("{}", machine.id);
/// }
/// # Ok(()) }
/// ```
pub trait ListExt<O: ListOperation + 'static>: Sized {
    /// The pages of the list, from the call's page (else the first) to the last.
    fn pages(self) -> Pages<O>;

    /// The items of the list, from the call's page (else the first) to the last.
    fn items(self) -> Items<O> {
        Items {
            pages: self.pages(),
            read: None,
            rest: VecDeque::new(),
        }
    }

    /// All items at once.
    ///
    /// # Errors
    ///
    /// That of the first page that could not be had. What came before it is lost; [`Items::collect_into`]
    /// keeps it.
    fn collect_all(self) -> impl Future<Output = Result<Vec<O::Item>, Error>> + Send {
        self.items().collect_all()
    }

    /// The first item, for one request; `None` of an empty list.
    ///
    /// # Errors
    ///
    /// Those of the call.
    fn first(self) -> impl Future<Output = Result<Option<O::Item>, Error>> + Send;
}

impl<O: ListOperation + 'static> ListExt<O> for Call<O> {
    fn pages(self) -> Pages<O> {
        Pages::new(self)
    }

    async fn first(mut self) -> Result<Option<O::Item>, Error> {
        if self.operation().page().is_none() {
            self.operation_mut().set_per_page(1);
        }
        let response = self.send().await?.into_inner();
        Ok(O::into_items(response).into_iter().next())
    }
}

/// The items of a list, in order, as a [`Stream`]; made by [`ListExt::items`].
///
/// All that is said of [`Pages`] holds. An error ends the stream.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<O: ListOperation + 'static> {
    pages: Pages<O>,
    /// The number of the page that is being read.
    read: Option<i64>,
    rest: VecDeque<O::Item>,
}

impl<O: ListOperation + 'static> Items<O> {
    /// How many pages are held or under way at most, the one that is being read among them. Default 10.
    ///
    /// A reader who stops on the first page has caused no more than so many requests.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.pages = self.pages.prefetch(pages);
        self
    }

    /// After how many pages the list is taken for one without an end. Default 10,000.
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.pages = self.pages.max_pages(pages);
        self
    }

    /// Goes on where a token says, with its page size. See [`Pages::from`].
    pub fn resume(mut self, token: ResumeToken) -> Self {
        self.pages = self.pages.resume(token);
        self
    }

    /// Where to go on later, after the item that was given last; `None` at the end of the list.
    ///
    /// Items that have no id of their own are given again from the start of the page.
    pub fn resume_token(&self) -> Option<ResumeToken> {
        match self.read {
            Some(page) if !self.rest.is_empty() => {
                let rest = self.rest.iter().filter_map(O::item_id).collect();
                Some(self.pages.token_within(page, rest))
            }
            _ => self.pages.resume_token(),
        }
    }

    /// The next item; `None` after the last one, and after an error.
    ///
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|context| self.poll_item(context)).await
    }

    /// The next item, with the error first: `while let Some(item) = items.try_next().await? { … }`.
    ///
    /// # Errors
    ///
    /// That of a page that could not be had, with [a token to go on from](Error::resume_token).
    pub async fn try_next(&mut self) -> Result<Option<O::Item>, Error> {
        self.next().await.transpose()
    }

    /// All that are left, at once.
    ///
    /// # Errors
    ///
    /// That of a page that could not be had. What came before it is lost.
    pub async fn collect_all(mut self) -> Result<Vec<O::Item>, Error> {
        let mut items = Vec::new();
        self.collect_into(&mut items).await?;
        Ok(items)
    }

    /// Puts all that are left at the end of `items`.
    ///
    /// # Errors
    ///
    /// That of a page that could not be had. What came before it is in `items`, so that
    /// [its token](Error::resume_token) leads to the rest.
    pub async fn collect_into(&mut self, items: &mut Vec<O::Item>) -> Result<(), Error> {
        while let Some(item) = self.try_next().await? {
            items.push(item);
        }
        Ok(())
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<O::Item, Error>>> {
        loop {
            if let Some(item) = self.rest.pop_front() {
                self.pages.keep_going(context);
                return Poll::Ready(Some(Ok(item)));
            }
            self.read = None;
            match std::task::ready!(self.pages.poll_page(context, 1)) {
                Some(Ok(page)) => {
                    self.read = Some(page.number());
                    self.rest = page.into_items().into();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// Nothing in it is pinned.
impl<O: ListOperation + 'static> Unpin for Items<O> {}

impl<O: ListOperation + 'static> Stream for Items<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(context)
    }
}

impl<O: ListOperation + 'static> Stream for Pages<O> {
    type Item = Result<Page<O::Item>, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_page(context, 0)
    }
}

impl<O: ListOperation + 'static> fmt::Debug for Items<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .field("rest", &self.rest.len())
            .finish_non_exhaustive()
    }
}
