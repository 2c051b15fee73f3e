//! Servers whose lists change, repeat or have no end, and unusual numbers of pages.

use std::time::Duration;

use katapult_core::ErrorKind;
use katapult_core::prelude::*;
use serde_json::json;

use super::{Page, Server, body, ids, page_ids, pagination, read};
use crate::support::response;

#[tokio::test(start_paused = true)]
async fn endless_list_is_given_up() {
    /// The message, the number of pages by which the list is given up, and the server.
    type Case = (&'static str, i64, Page);
    let same = |page, totals| Ok(body(1..=30, pagination(page, 30, totals)));
    let cases: [Case; 6] = [
        (
            "repeats its pages",
            4,
            Box::new(move |page, _| same(page, None)),
        ),
        (
            "repeats its pages",
            5,
            Box::new(move |page, _| same(page, Some((page * 30 + 30, page + 1)))),
        ),
        (
            "does not paginate this list",
            2,
            Box::new(move |_, _| same(1, None)),
        ),
        (
            "does not paginate this list",
            3,
            Box::new(move |_, _| same(1, Some((90, 3)))),
        ),
        (
            "grows without limit",
            110,
            Box::new(|page, _| {
                let new = page * 30..page * 30 + 30;
                Ok(body(
                    new,
                    pagination(page, 30, Some((page * 30 + 30, page + 1))),
                ))
            }),
        ),
        (
            "raise max_pages",
            10_001,
            Box::new(|page, _| Ok(body([page], pagination(page, 1, None)))),
        ),
    ];
    for (why, most, page) in cases {
        let server = Server::with_delay(Duration::ZERO, page);
        let (_, error) = read(server.list().items()).await;
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Pagination);
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.resume_token().is_some());
        let requested = server.requested().len() as i64;
        assert!(requested <= most, "{why}: {requested}");
    }
    let (all, error) = read(Server::of(100).list().per_page(10).items().max_pages(3)).await;
    assert_eq!(all.len(), 30);
    let token = error.unwrap().resume_token().unwrap().clone();
    let (rest, _) = read(Server::of(100).list().items().resume(token)).await;
    assert_eq!(rest, ids(31..=100));
}

#[tokio::test(start_paused = true)]
async fn list_that_grows_or_shrinks_is_read_to_its_end() {
    // It grows by a page for each page read, up to five; then it shrinks.
    let server = Server::new(|page, _| {
        let last = if page <= 4 { page + 1 } else { 5 };
        let ids = (page - 1) * 2 + 1..page * 2 + 1;
        Ok(body(ids, pagination(page, 2, Some((last * 2, last)))))
    });
    let (all, error) = read(server.list().per_page(2).items()).await;
    assert!(error.is_none() && all == ids(1..=10), "{all:?}");
    let server = Server::new(|page, _| {
        let last = if page == 1 { 9 } else { 2 };
        let ids: Vec<i64> = if page <= 2 { vec![page] } else { vec![] };
        Ok(body(ids, pagination(page, 1, Some((last, last)))))
    });
    let (all, error) = read(server.list().per_page(1).items()).await;
    assert!(error.is_none() && all == ids(1..=2), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn pages_smaller_than_requested_are_read_to_the_end() {
    let server = Server::new(|page, _| {
        let ids = page_ids(page, 50, 120);
        Ok(body(ids, pagination(page, 50, None)))
    });
    let (all, error) = read(server.list().per_page(1000).items()).await;
    assert!(error.is_none() && all == ids(1..=120));
    // Without any pagination.
    let server = Server::new(|page, per_page| {
        let ids = page_ids(page, per_page, 70);
        Ok(body(ids, json!({})))
    });
    let (all, error) = read(server.list().items()).await;
    assert!(error.is_none() && all == ids(1..=70));
    assert_eq!(server.requested(), [1, 2, 3]);
    // A large set whose last page is full ends with the empty page after it.
    let server = Server::new(|page, per_page| {
        let ids = page_ids(page, per_page, 60);
        Ok(body(ids, pagination(page, per_page, None)))
    });
    let (all, error) = read(server.list().items()).await;
    assert!(error.is_none() && all == ids(1..=60));
    assert_eq!(server.requested(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn list_that_repeats_its_pages_ends_after_ten_requests_without_a_new_item() {
    let totals = Some((300_000, 10_000));
    let repeated: Page = Box::new(move |page, _| Ok(body(1..=30, pagination(page, 30, totals))));
    let empty: Page = Box::new(move |page, _| {
        let ids = (1..=30).filter(|_| page == 1);
        Ok(body(ids, pagination(page, 30, totals)))
    });
    for page in [repeated, empty] {
        let server = Server::with_delay(Duration::ZERO, page);
        let (all, error) = read(server.list().items()).await;
        assert_eq!(all.len(), 30);
        let error = error.unwrap();
        assert!(
            error.is_pagination() && error.to_string().contains("nothing new"),
            "{error}"
        );
        // The first page had new items.
        assert!(server.requested().len() <= 11, "{:?}", server.requested());
    }
}

#[tokio::test(start_paused = true)]
async fn extreme_page_numbers_do_not_overflow() {
    // Neither stated by the caller, nor by a token that was changed, nor by a server.
    let full = |page: i64, totals| Ok(body(1..=30, pagination(page, 30, totals)));
    for totals in [
        None,
        Some((i64::MAX, i64::MAX)),
        Some((i64::MIN, i64::MIN)),
        Some((-1, 0)),
    ] {
        for start in [i64::MAX, i64::MAX - 1, i64::MIN, 0, -1] {
            let server = Server::with_delay(Duration::ZERO, move |page, _| full(page, totals));
            let list = server.list().page(start).per_page(i64::MAX);
            let (all, _) = read(list.items().prefetch(usize::MAX)).await;
            assert_eq!(all.len(), 30);
            assert!(
                server.requested().len() <= 101,
                "{}",
                server.requested().len()
            );
        }
    }
    let broken = Server::new(|_, _| Err(response(500, "")));
    let (_, error) = read(broken.list().items()).await;
    let token = error.unwrap().resume_token().unwrap().to_string();
    let parts: Vec<&str> = token.split(':').collect();
    let max = i64::MAX;
    let tampered = format!("{}:{}:{}:{max}:{max}:", parts[0], parts[1], parts[2]);
    let server = Server::with_delay(Duration::ZERO, move |page, _| full(page, None));
    let items = server.list().items().resume(tampered.parse().unwrap());
    assert_eq!(read(items).await.0.len(), 30);
    assert_eq!(server.requested(), [max]);
}
