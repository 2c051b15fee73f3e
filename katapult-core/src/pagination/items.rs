//! The items of a list as a stream.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use katapult_gen::ListOperation;
use serde_json::Value;

use super::pages::Pages;
use crate::error::Error;
use crate::resume_token::ResumeToken;

/// The items of a list, in order, as a [`Stream`]; created by [`ListExt::items`](crate::prelude::ListExt::items).
///
/// It reads [`Pages`], and has their properties. An error ends the stream.
#[must_use = "a stream does nothing until it is polled"]
pub struct Items<O: ListOperation + 'static> {
    pages: Pages<O>,
    /// The number of the page that is being read.
    page: Option<i64>,
    /// The items of that page that have not been returned.
    rest: VecDeque<O::Item>,
    /// The JSON of those items, in the same order; `None` unless the caller reads it.
    rest_json: Option<VecDeque<Value>>,
}

impl<O: ListOperation + 'static> Items<O> {
    pub(super) fn new(pages: Pages<O>) -> Self {
        Self {
            pages,
            page: None,
            rest: VecDeque::new(),
            rest_json: None,
        }
    }

    /// Sets the maximum number of pages in memory or in flight, with the page that is being read. Default: 10; at most 100.
    ///
    /// A reader that stops within the first page has caused at most this number of requests.
    pub fn prefetch(mut self, pages: usize) -> Self {
        self.pages = self.pages.prefetch(pages);
        self
    }

    /// Sets the number of pages after which the list counts as endless. Default: 10,000.
    pub fn max_pages(mut self, pages: u64) -> Self {
        self.pages = self.pages.max_pages(pages);
        self
    }

    /// Starts at the position of a token, with its page size. See [`Pages::resume`].
    pub fn resume(mut self, token: ResumeToken) -> Self {
        self.pages = self.pages.resume(token);
        self
    }

    /// Returns the position after the item that was returned last; `None` at the end of the list.
    ///
    /// Items without an id of their own are returned again from the start of the page.
    pub fn resume_token(&self) -> Option<ResumeToken> {
        match self.page {
            Some(page) if !self.rest.is_empty() => {
                let rest = self.rest.iter().filter_map(O::item_id).collect();
                Some(self.pages.token_within(page, rest))
            }
            _ => self.pages.resume_token(),
        }
    }

    /// Returns the next item; `None` after the last one, and after an error.
    ///
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<O::Item, Error>> {
        poll_fn(|context| self.poll_item(context)).await
    }

    /// Returns the next item; `None` after the last one. For `while let Some(item) = items.try_next().await?`.
    ///
    /// # Errors
    ///
    /// That of a page that failed, with [a token to resume](Error::resume_token).
    pub async fn try_next(&mut self) -> Result<Option<O::Item>, Error> {
        self.next().await.transpose()
    }

    /// Collects all remaining items.
    ///
    /// # Errors
    ///
    /// That of a page that failed. The items before it are lost.
    pub async fn collect_all(mut self) -> Result<Vec<O::Item>, Error> {
        let mut items = Vec::new();
        self.collect_into(&mut items).await?;
        Ok(items)
    }

    /// Appends all remaining items to `items`.
    ///
    /// # Errors
    ///
    /// That of a page that failed. The items before it are in `items`, so that
    /// [its token](Error::resume_token) leads to the rest.
    pub async fn collect_into(&mut self, items: &mut Vec<O::Item>) -> Result<(), Error> {
        while let Some(item) = self.try_next().await? {
            items.push(item);
        }
        Ok(())
    }

    /// Keeps the JSON of the items of each page that is read from now on.
    pub(super) fn keep_json(&mut self) {
        self.rest_json.get_or_insert_default();
    }

    /// Returns the JSON of the item that was returned last.
    pub(super) fn take_json(&mut self) -> Value {
        let next = self.rest_json.as_mut().and_then(VecDeque::pop_front);
        next.unwrap_or_default()
    }

    /// Returns the next item, if it is of a page in memory.
    #[cfg(feature = "blocking")]
    pub(crate) fn take_item(&mut self) -> Option<O::Item> {
        self.rest.pop_front()
    }

    pub(super) fn poll_item(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<O::Item, Error>>> {
        loop {
            if let Some(item) = self.rest.pop_front() {
                self.pages.poll_occasionally(context);
                return Poll::Ready(Some(Ok(item)));
            }
            self.page = None;
            // One page of the prefetch limit is in `rest`.
            match ready!(self.pages.poll_page(context, 1)) {
                Some(Ok(page)) => {
                    self.page = Some(page.number());
                    if let Some(json) = &mut self.rest_json {
                        *json = page.raw_items().into();
                    }
                    self.rest = page.into_items().into();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

// No field is pinned.
impl<O: ListOperation + 'static> Unpin for Items<O> {}

impl<O: ListOperation + 'static> Stream for Items<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(context)
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
