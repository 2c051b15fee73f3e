//! The position of a reader in a list: the objects that were returned, the end of the list, and the detection of
//! servers that never end it.

use std::collections::{HashSet, VecDeque};

use katapult_gen::types::Pagination;

use super::page::AcceptedPage;

/// The API's default page size.
// Used only when neither the caller nor the response states another one.
const DEFAULT_PER_PAGE: i64 = 30;
/// Pages in a row without a new object, where no total promises more, that prove an endless list.
// A list that changes during the reading can repeat one or two.
const MAX_REPEATED_PAGES: u32 = 3;
/// Pages in a row without a new object that prove an endless list, whatever total is stated; also the number of
/// requests that may be in flight beyond the last new object, unless the caller permits more.
// The pages that a change of the list can repeat at once are as few as those that are prefetched.
const MAX_PAGES_WITHOUT_NEW: i64 = 10;
/// A list that had `n` pages at first and has more than `2 n + MAX_GROWTH` grows without limit.
// Generous, because others may create objects during the reading.
const MAX_GROWTH: i64 = 100;

/// The position of a reader in a list.
pub(super) struct PageCursor {
    /// The page that is returned next.
    pub(super) page: i64,
    /// Items per page, as the server stated last, or as the caller requested.
    pub(super) per_page: Option<i64>,
    end: ListEnd,
    /// Pages that were accepted.
    accepted: u64,
    /// Pages in a row without a new object.
    repeated: u32,
    /// The last page with a new object, or the one before the first.
    last_new: i64,
    /// Ids of the objects of the last pages, to recognize one that is returned again.
    returned_ids: VecDeque<HashSet<String>>,
}

/// The end of the list, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListEnd {
    /// There was no response yet.
    Unknown,
    /// The server states no total: the next page may be the last.
    Unbounded,
    /// The last page, as stated last, and as stated first.
    At { last: i64, first_stated: i64 },
    /// There is no further page.
    Reached,
}

/// The items of a page, without those that were returned before.
struct Deduplicated<T> {
    items: Vec<T>,
    /// The indices of the other items.
    left_out: Vec<usize>,
    /// The ids of all items of the page.
    ids: HashSet<String>,
    /// The page has items, and none of them is new.
    nothing_new: bool,
}

/// The limits of a reader.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageLimits {
    /// Pages after which the list counts as endless.
    pub(super) max_pages: u64,
    /// Pages of which ids are remembered.
    pub(super) remembered: usize,
}

impl PageCursor {
    pub(super) fn new(page: i64, per_page: Option<i64>) -> Self {
        Self {
            page,
            per_page,
            end: ListEnd::Unknown,
            accepted: 0,
            repeated: 0,
            last_new: page.saturating_sub(1),
            returned_ids: VecDeque::new(),
        }
    }

    /// Returns an earlier position, at which these objects of the page or the one before were returned already.
    pub(super) fn resumed(page: i64, per_page: Option<i64>, returned: HashSet<String>) -> Self {
        let mut cursor = Self::new(page, per_page);
        cursor.returned_ids.push_back(returned);
        cursor
    }

    /// Returns `true` if a page may be requested, with this number of others in flight.
    pub(super) fn may_request(&self, page: i64, in_flight: usize, prefetch: usize) -> bool {
        let most = i64::try_from(prefetch)
            .unwrap_or(i64::MAX)
            .max(MAX_PAGES_WITHOUT_NEW);
        if page > self.last_new.saturating_add(most) {
            return false;
        }
        match self.end {
            // Without a known end, a request for a further page may be one too many.
            ListEnd::Unknown | ListEnd::Unbounded => in_flight == 0,
            ListEnd::At { last, .. } => page <= last,
            ListEnd::Reached => false,
        }
    }

    /// Returns the ids of this number of pages, from the last one backwards.
    pub(super) fn last_returned(&self, pages: usize) -> impl Iterator<Item = &String> {
        self.returned_ids.iter().rev().take(pages).flatten()
    }

    /// Accepts the next page, without the objects that were returned before, and updates the end of the list.
    ///
    /// # Errors
    ///
    /// A description of the problem, if the list does not end.
    pub(super) fn accept_page<T>(
        &mut self,
        pagination: &Pagination,
        items: Vec<T>,
        id: impl Fn(&T) -> Option<&str>,
        limits: PageLimits,
    ) -> Result<AcceptedPage<T>, String> {
        if self.accepted >= limits.max_pages {
            return Err(format!(
                "more than {} pages: raise max_pages if the list is that long, or continue from the resume token",
                self.accepted
            ));
        }
        if pagination.per_page.is_some_and(|per_page| per_page > 0) {
            self.per_page = pagination.per_page;
        }
        let total_pages = total_pages(pagination, self.per_page);
        let full = items.len() as i64 >= self.per_page.unwrap_or(DEFAULT_PER_PAGE).max(1);
        let new = self.deduplicate(items, id);
        if new.nothing_new {
            self.repeated += 1;
        } else {
            self.repeated = 0;
        }
        if !new.items.is_empty() {
            self.last_new = self.page;
        }
        if let Some(problem) = self.detect_runaway(pagination.current_page, total_pages) {
            return Err(problem);
        }
        self.end = match (total_pages, self.end) {
            (Some(last), _) if self.page >= last => ListEnd::Reached,
            // No page has a higher number.
            _ if self.page == i64::MAX => ListEnd::Reached,
            (Some(last), ListEnd::At { first_stated, .. }) => ListEnd::At { last, first_stated },
            (Some(last), _) => ListEnd::At {
                last,
                first_stated: last,
            },
            (None, _) if full => ListEnd::Unbounded,
            (None, _) => ListEnd::Reached,
        };
        self.returned_ids.push_back(new.ids);
        while self.returned_ids.len() > limits.remembered {
            self.returned_ids.pop_front();
        }
        let number = self.page;
        self.page = self.page.saturating_add(1);
        self.accepted += 1;
        Ok(AcceptedPage {
            number,
            total: pagination.total.filter(|_| total_pages.is_some()),
            total_pages,
            items: new.items,
            left_out: new.left_out,
        })
    }

    /// Removes the items that were returned before. An item without an id counts as new.
    fn deduplicate<T>(&self, page: Vec<T>, id: impl Fn(&T) -> Option<&str>) -> Deduplicated<T> {
        let empty = page.is_empty();
        let mut ids = HashSet::with_capacity(page.len());
        let mut items = Vec::with_capacity(page.len());
        let mut left_out = Vec::new();
        for (index, item) in page.into_iter().enumerate() {
            let new = match id(&item).filter(|id| !id.is_empty()) {
                None => true,
                Some(id) => {
                    let known = self.returned_ids.iter().any(|page| page.contains(id));
                    ids.insert(id.to_owned()) && !known
                }
            };
            if new {
                items.push(item);
            } else {
                left_out.push(index);
            }
        }
        Deduplicated {
            nothing_new: !empty && items.is_empty(),
            items,
            left_out,
            ids,
        }
    }

    /// Returns a description of the problem if the server ignores the page number, or never ends the list.
    fn detect_runaway(&self, current: Option<i64>, total_pages: Option<i64>) -> Option<String> {
        let page = self.page;
        let without_new = page.saturating_sub(self.last_new);
        if without_new >= MAX_PAGES_WITHOUT_NEW && total_pages.is_none_or(|last| page < last) {
            return Some(format!(
                "pages {} to {page} contain nothing new: the server repeats its pages without end",
                self.last_new.saturating_add(1)
            ));
        }
        let beyond_end = total_pages.is_some_and(|last| page > last);
        let other = current.filter(|current| *current != page);
        if let Some(current) = other.filter(|_| self.repeated > 0 && !beyond_end) {
            return Some(format!(
                "page {page} was requested and page {current} was returned again: the server does not paginate this list"
            ));
        }
        match (self.end, total_pages) {
            (ListEnd::At { first_stated, .. }, Some(last)) => {
                let bound = first_stated.saturating_mul(2).saturating_add(MAX_GROWTH);
                if page > first_stated && self.repeated >= MAX_REPEATED_PAGES && last > page {
                    return Some(self.repeats());
                }
                (page > bound && last > page).then(|| {
                    format!(
                        "the list had {first_stated} pages at first, and page {page} is not the last: it grows without limit"
                    )
                })
            }
            (_, None) if self.repeated >= MAX_REPEATED_PAGES => Some(self.repeats()),
            _ => None,
        }
    }

    fn repeats(&self) -> String {
        format!(
            "pages {} to {} contain nothing new: the server repeats its pages without end",
            self.page
                .saturating_sub(i64::from(self.repeated))
                .saturating_add(1),
            self.page
        )
    }
}

/// Returns the number of pages, if the server states it, or the total from which it follows.
fn total_pages(pagination: &Pagination, per_page: Option<i64>) -> Option<i64> {
    if pagination.large_set == Some(true) {
        return None;
    }
    pagination.total_pages.or_else(|| {
        let per_page = per_page.unwrap_or(DEFAULT_PER_PAGE).max(1);
        Some(pagination.total?.saturating_add(per_page - 1) / per_page)
    })
}
