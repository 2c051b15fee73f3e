//! Where a reader of a list stands: what was given, where the list ends, and whether the server makes sense.

use std::collections::{HashSet, VecDeque};

use katapult_gen::types::Pagination;

use super::page::Page;

/// Items a page, unless the caller or the server says otherwise.
const PER_PAGE: i64 = 30;
/// So many pages in a row without anything new, where no total says that there must be more, are no moved set.
const REPEATS: u32 = 3;
/// A set that was of `n` pages at first and is of more than `2 n + GROWTH` grows without end.
const GROWTH: i64 = 100;

/// Where a reader of a list stands.
pub(super) struct Bookmark {
    /// The page that is given next.
    pub(super) at: i64,
    /// Items a page, as the server said last, or as the caller asked.
    pub(super) per_page: Option<i64>,
    end: Ending,
    /// How many pages were given.
    turned: u64,
    /// Pages in a row that held nothing new.
    repeats: u32,
    /// Ids by which an object that comes again is known: those of the last pages.
    given: VecDeque<HashSet<String>>,
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

/// What a page brings, beside what was given before.
struct Fresh<T> {
    items: Vec<T>,
    /// The ids of all that is on the page.
    ids: HashSet<String>,
    /// Whether the page holds something, and nothing that is new.
    repeated: bool,
}

/// How far a reader goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// After so many pages the list is taken for endless.
    pub(super) max_pages: u64,
    /// For how many pages ids are remembered.
    pub(super) remembered: usize,
}

impl Bookmark {
    pub(super) fn new(at: i64, per_page: Option<i64>) -> Self {
        Self {
            at,
            per_page,
            end: Ending::Unasked,
            turned: 0,
            repeats: 0,
            given: VecDeque::new(),
        }
    }

    /// Where a reader stood earlier, to whom these objects were given from the page or the one before.
    pub(super) fn resumed(at: i64, per_page: Option<i64>, given: HashSet<String>) -> Self {
        let mut bookmark = Self::new(at, per_page);
        bookmark.given.push_back(given);
        bookmark
    }

    /// Whether a page may be asked for, while so many others are under way.
    pub(super) fn may_ask(&self, page: i64, under_way: usize) -> bool {
        match self.end {
            Ending::Unasked | Ending::Open => under_way == 0,
            Ending::Page { last, .. } => page <= last,
            Ending::Reached => false,
        }
    }

    /// The ids of so many pages, from the last one back.
    pub(super) fn last_given(&self, pages: usize) -> impl Iterator<Item = &String> {
        self.given.iter().rev().take(pages).flatten()
    }

    /// Takes the page `at`, less what was given before, and learns where the list ends.
    ///
    /// # Errors
    ///
    /// Why the list has no end.
    pub(super) fn turn<T>(
        &mut self,
        said: &Pagination,
        came: Vec<T>,
        id: impl Fn(&T) -> Option<&str>,
        bounds: Bounds,
    ) -> Result<Page<T>, String> {
        if self.turned >= bounds.max_pages {
            return Err(format!(
                "{} pages were not all: raise max_pages if the list is as long as that, or go on from the resume token",
                self.turned
            ));
        }
        if said.per_page.is_some_and(|per_page| per_page > 0) {
            self.per_page = said.per_page;
        }
        let total_pages = total_pages(said, self.per_page);
        let full = came.len() as i64 >= self.per_page.unwrap_or(PER_PAGE).max(1);
        let fresh = self.fresh(came, id);
        self.repeats = if fresh.repeated { self.repeats + 1 } else { 0 };
        if let Some(why) = self.nonsense(said.current_page, total_pages) {
            return Err(why);
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
        self.given.push_back(fresh.ids);
        while self.given.len() > bounds.remembered {
            self.given.pop_front();
        }
        let number = self.at;
        self.at += 1;
        self.turned += 1;
        Ok(Page {
            number,
            total: said.total.filter(|_| total_pages.is_some()),
            total_pages,
            items: fresh.items,
        })
    }

    /// What has not been given yet. What has no id counts as new.
    fn fresh<T>(&self, came: Vec<T>, id: impl Fn(&T) -> Option<&str>) -> Fresh<T> {
        let some = !came.is_empty();
        let mut ids = HashSet::with_capacity(came.len());
        let mut items = Vec::with_capacity(came.len());
        for item in came {
            let new = match id(&item).filter(|id| !id.is_empty()) {
                None => true,
                Some(id) => {
                    let known = self.given.iter().any(|page| page.contains(id));
                    ids.insert(id.to_owned()) && !known
                }
            };
            if new {
                items.push(item);
            }
        }
        Fresh {
            repeated: some && items.is_empty(),
            items,
            ids,
        }
    }

    /// What the page `at` says of a server that does not turn its pages, or never ends them.
    fn nonsense(&self, current: Option<i64>, total_pages: Option<i64>) -> Option<String> {
        let at = self.at;
        let beyond = total_pages.is_some_and(|last| at > last);
        if let Some(current) = current.filter(|current| *current != at)
            && self.repeats > 0
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
