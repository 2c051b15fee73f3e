//! One page of a list.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use katapult_gen::{RateLimitHeaders, RawResponse};
use serde_json::Value;

/// One page of a list, with the metadata of its response.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::{prelude::*, types::OrganizationLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let mut pages = katapult.virtual_machines().list(&acme).pages();
/// while let Some(page) = pages.try_next().await? {
///     let left = page.rate_limit().map(|quota| quota.remaining);
///     println!("page {}, request {:?}, quota left {left:?}", page.number(), page.request_id());
///     for (machine, json) in page.items().iter().zip(page.raw_items()) {
///         println!("{}: {}", machine.id, json["new_field"]);
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Page<T> {
    accepted: AcceptedPage<T>,
    /// The field of the response with the list.
    list: &'static str,
    response: RawResponse,
}

/// The part of a page that is new to the reader, and its position in the list.
#[derive(Clone, Debug)]
pub(super) struct AcceptedPage<T> {
    pub(super) number: i64,
    pub(super) total: Option<i64>,
    pub(super) total_pages: Option<i64>,
    pub(super) items: Vec<T>,
    /// The indices in the response of the items that are left out, in order. Nearly always none.
    pub(super) left_out: Vec<usize>,
}

impl<T> Page<T> {
    pub(super) fn new(
        accepted: AcceptedPage<T>,
        list: &'static str,
        response: RawResponse,
    ) -> Self {
        Self {
            accepted,
            list,
            response,
        }
    }

    /// Returns the number of the page; the first is 1.
    pub fn number(&self) -> i64 {
        self.accepted.number
    }

    /// Returns the number of objects in the list; `None` for a large list, of which the API does not state it.
    pub fn total(&self) -> Option<i64> {
        self.accepted.total
    }

    /// Returns the number of pages in the list; `None` for a large list, of which the API does not state it.
    pub fn total_pages(&self) -> Option<i64> {
        self.accepted.total_pages
    }

    /// Returns the items of the page, without those of earlier pages.
    pub fn items(&self) -> &[T] {
        &self.accepted.items
    }

    /// Returns the items of the page by value.
    pub fn into_items(self) -> Vec<T> {
        self.accepted.items
    }

    /// Returns the [items](Self::items) as JSON, in the same order, including fields that this SDK does not know.
    pub fn raw_items(&self) -> Vec<Value> {
        let items = self.response.raw_items(self.list).into_iter().enumerate();
        let left_out = &self.accepted.left_out;
        items
            .filter(|(index, _)| left_out.binary_search(index).is_err())
            .map(|(_, item)| item)
            .collect()
    }

    /// Returns the HTTP status, usually 200.
    pub fn status(&self) -> StatusCode {
        self.response.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.response.headers
    }

    /// Returns the id under which the API logged the request, for support cases.
    pub fn request_id(&self) -> Option<&str> {
        self.response.request_id()
    }

    /// Returns the number of times the request was sent: 1 without retries.
    pub fn attempts(&self) -> u32 {
        self.response.attempts
    }

    /// Returns the token's quota at the time of the response, if it has the headers for it.
    pub fn rate_limit(&self) -> Option<RateLimitHeaders> {
        self.response.rate_limit()
    }

    /// Returns the whole body as JSON, with the items of earlier pages and the pagination. `None` if the body is not
    /// JSON.
    pub fn json(&self) -> Option<Value> {
        self.response.json()
    }

    /// Returns the body as it was received. A clone of it shares its memory.
    pub fn bytes(&self) -> &Bytes {
        &self.response.body
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_items().into_iter()
    }
}
