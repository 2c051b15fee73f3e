//! Lists: pages, prefetching and resuming.

mod unusual;

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::OrganizationLookup;
use katapult_core::{Call, Client, Error, ErrorKind, Items, Pages, ResumeToken, virtual_machines};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{exact, response};

type List = virtual_machines::List;
type Page = Box<dyn Fn(i64, i64) -> Result<Value, ScriptedResponse> + Send + Sync>;

/// A server of one list, whose pages are a function of their number and size.
struct Server {
    scripted: ScriptedClient,
}

impl Server {
    fn new(
        page: impl Fn(i64, i64) -> Result<Value, ScriptedResponse> + Send + Sync + 'static,
    ) -> Self {
        Self::with_delay(Duration::from_millis(50), page)
    }

    fn with_delay(
        delay: Duration,
        page: impl Fn(i64, i64) -> Result<Value, ScriptedResponse> + Send + Sync + 'static,
    ) -> Self {
        let scripted = ScriptedClient::from_fn(move |request, _| {
            let number = |name, default| {
                let number = request.query(name);
                number.map_or(default, |number| number.parse().unwrap())
            };
            let page = page(number("page", 1), number("per_page", 30));
            page.map_or_else(|failure| failure, |body| ScriptedResponse::json(&body))
                .delay(delay)
        });
        Self { scripted }
    }

    /// A list of `count` machines, with totals.
    fn of(count: i64) -> Self {
        Self::new(move |page, per_page| {
            let ids = page_ids(page, per_page, count);
            let total_pages = (count + per_page - 1) / per_page;
            Ok(body(
                ids,
                pagination(page, per_page, Some((count, total_pages))),
            ))
        })
    }

    /// The pages that were requested, in order.
    fn requested(&self) -> Vec<i64> {
        let requests = self.scripted.requests();
        let pages = requests.iter().map(|request| request.query("page"));
        pages
            .map(|page| page.map_or(1, |page| page.parse().unwrap()))
            .collect()
    }

    fn client(&self) -> Client {
        let builder = self.scripted.client_builder();
        builder.retry(exact().max_attempts(2)).build().unwrap()
    }

    fn list(&self) -> Call<List> {
        let acme = OrganizationLookup::sub_domain("acme");
        self.client().virtual_machines().list(acme)
    }
}

/// The ids of a page of a list of `count` items.
fn page_ids(page: i64, per_page: i64, count: i64) -> impl Iterator<Item = i64> {
    ((page - 1) * per_page + 1..page * per_page + 1).filter(move |id| *id <= count)
}

fn pagination(page: i64, per_page: i64, totals: Option<(i64, i64)>) -> Value {
    json!({
        "current_page": page,
        "per_page": per_page,
        "total": totals.map(|totals| totals.0),
        "total_pages": totals.map(|totals| totals.1),
        "large_set": totals.is_none(),
    })
}

fn body(ids: impl IntoIterator<Item = i64>, pagination: Value) -> Value {
    let machines: Vec<Value> = ids
        .into_iter()
        .map(|id| json!({ "id": format!("vm_{id}") }))
        .collect();
    json!({ "virtual_machines": machines, "pagination": pagination })
}

fn ids(range: std::ops::RangeInclusive<i64>) -> Vec<String> {
    range.map(|id| format!("vm_{id}")).collect()
}

async fn read(mut items: Items<List>) -> (Vec<String>, Option<Error>) {
    let mut all = Vec::new();
    let error = items.collect_into(&mut all).await.err();
    (all.into_iter().map(|machine| machine.id).collect(), error)
}

#[tokio::test(start_paused = true)]
async fn prefetching_reads_a_list_in_an_eighth_of_the_time() {
    let mut times = Vec::new();
    for ahead in [1, 10] {
        for per_page in [100, 30] {
            let server = Server::of(10_000);
            let started = Instant::now();
            let items = server.list().per_page(per_page).items().prefetch(ahead);
            let (all, error) = read(items).await;
            assert!(error.is_none() && all == ids(1..=10_000));
            times.push(started.elapsed());
        }
    }
    // The default is to prefetch ten pages.
    let server = Server::of(10_000);
    let started = Instant::now();
    let all = server.list().per_page(100).collect_all().await.unwrap();
    assert_eq!(all.len(), 10_000);
    assert_eq!(started.elapsed(), times[2]);
    assert_eq!(times[0], Duration::from_secs(5));
    assert!(times[2] * 8 <= times[0], "{times:?}");
    assert!(times[3] * 8 <= times[1], "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn dropped_stream_has_requested_only_the_prefetched_pages() {
    for (ahead, per_page) in [(10, 100), (10, 10), (10, 5), (4, 30), (1, 30)] {
        let server = Server::of(10_000);
        let mut items = server.list().per_page(per_page).items().prefetch(ahead);
        for expected in ids(1..=10) {
            assert_eq!(items.try_next().await.unwrap().unwrap().id, expected);
        }
        // Prefetched pages arrive while the reader does nothing.
        sleep(Duration::from_secs(5)).await;
        drop(items);
        sleep(Duration::from_secs(5)).await;
        let turned = (10 - 1) / per_page;
        let most = usize::try_from(turned).unwrap() + ahead;
        assert!(server.requested().len() <= most, "{:?}", server.requested());
    }
}

#[tokio::test(start_paused = true)]
async fn prefetch_limits_the_pages_in_flight() {
    for ahead in [0, 1, 3] {
        let server = Server::of(300);
        let mut pages = server.list().pages().prefetch(ahead);
        let mut given = 0;
        while let Some(page) = pages.try_next().await.unwrap() {
            given += 1;
            assert_eq!((page.number(), page.total()), (given, Some(300)));
            assert_eq!(page.total_pages(), Some(10));
            assert_eq!(page.items().len(), 30);
            let requested = server.requested().len() as i64;
            assert!(
                requested <= given + ahead.max(1) as i64,
                "{given} {requested}"
            );
        }
        assert_eq!(server.requested(), (1..=10).collect::<Vec<_>>());
        assert!(pages.resume_token().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn empty_list_has_no_item_and_first_reads_one_page() {
    let server = Server::of(0);
    assert!(server.list().collect_all().await.unwrap().is_empty());
    assert!(server.list().first().await.unwrap().is_none());
    assert!(server.list().pages().next().await.is_none());
    let server = Server::of(100);
    assert_eq!(server.list().first().await.unwrap().unwrap().id, "vm_1");
    assert_eq!(server.requested(), [1]);
    let from_three = server.list().per_page(10).page(3).collect_all().await;
    assert_eq!(from_three.unwrap().len(), 80);
}

#[tokio::test(start_paused = true)]
async fn resume_token_of_a_partial_page_continues_after_the_last_item() {
    for stop in 0..=7 {
        for large in [false, true] {
            let server = || {
                Server::new(move |page, per_page| {
                    let ids = page_ids(page, per_page, 7);
                    let totals = (!large).then_some((7, 3));
                    Ok(body(ids, pagination(page, per_page, totals)))
                })
            };
            let mut items = server().list().per_page(3).items();
            let mut all = Vec::new();
            for _ in 0..stop {
                all.push(items.try_next().await.unwrap().unwrap().id);
            }
            let Some(token) = items.resume_token() else {
                panic!("at {stop} the end is not known yet");
            };
            let token: ResumeToken = token.to_string().parse().unwrap();
            let (rest, error) = read(server().list().items().resume(token)).await;
            assert!(error.is_none(), "{error:?}");
            all.extend(rest);
            assert_eq!(all, ids(1..=7), "{stop}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn resume_token_of_other_arguments_is_refused() {
    let broken = Server::new(|page, per_page| match page {
        1 => Ok(body(1..=30, pagination(page, per_page, Some((90, 3))))),
        _ => Err(response(500, "")),
    });
    let (all, error) = read(broken.list().items()).await;
    assert_eq!(all.len(), 30);
    let token = error.unwrap().resume_token().unwrap().clone();
    assert_eq!(
        (token.page(), token.operation()),
        (2, "virtual_machines.list")
    );
    let other = OrganizationLookup::sub_domain("other");
    let server = Server::of(90);
    let items = server.client().virtual_machines().list(other).items();
    let (all, error) = read(items.resume(token.clone())).await;
    assert!(all.is_empty() && server.requested().is_empty());
    assert_eq!(
        error.unwrap().to_string(),
        "list virtual machines: the resume token belongs to another list: use it with the same operation and the same arguments (not sent)"
    );
    let foreign = token.to_string();
    let foreign = foreign.replace("virtual_machines.list", "disks.list");
    let (all, error) = read(server.list().items().resume(foreign.parse().unwrap())).await;
    assert!(all.is_empty() && server.requested().is_empty());
    assert_eq!(error.unwrap().kind(), ErrorKind::Pagination);
    // Another page size is the same list: the token's size is used.
    let (all, error) = read(server.list().per_page(7).items().resume(token)).await;
    assert!(error.is_none() && all == ids(31..=90));
}

#[tokio::test(start_paused = true)]
async fn error_ends_the_stream() {
    let server = Server::new(|_, _| Err(response(500, "")));
    let mut items = server.list().items();
    let error = items.try_next().await.unwrap_err();
    assert_eq!(error.resume_token().unwrap().page(), 1);
    assert_eq!(items.resume_token().unwrap().page(), 1);
    assert!(items.next().await.is_none());
    let mut pages = server.list().pages();
    assert!(pages.next().await.unwrap().is_err());
    assert!(pages.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn dropped_next_loses_no_item() {
    let server = Server::of(100);
    let mut items = server.list().per_page(10).items().prefetch(2);
    let mut all = Vec::new();
    loop {
        // Each wait is far shorter than a page takes.
        match tokio::time::timeout(Duration::from_millis(7), items.try_next()).await {
            Ok(Ok(Some(machine))) => all.push(machine.id),
            Ok(Ok(None)) => break,
            Ok(Err(error)) => panic!("{error}"),
            Err(_) => {}
        }
    }
    assert_eq!(all, ids(1..=100));
    assert_eq!(server.requested(), (1..=10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn slow_reader_gets_all_items() {
    // Every page fails once, so that a prefetched call is in flight when its deadline passes.
    let tried = Mutex::new(HashMap::new());
    let server = Server::new(move |page, per_page| {
        let mut tried = tried.lock().unwrap();
        let tries = tried.entry(page).or_insert(0);
        *tries += 1;
        if *tries == 1 {
            return Err(response(503, ""));
        }
        let ids = (page - 1) * per_page + 1..page * per_page + 1;
        Ok(body(ids, pagination(page, per_page, Some((100, 10)))))
    });
    let mut pages = server.list().per_page(10).pages();
    let mut all = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        all.extend(page.into_iter().map(|machine| machine.id));
        // Longer than the deadline of a call.
        sleep(Duration::from_secs(600)).await;
    }
    assert_eq!(all, ids(1..=100));
}

#[tokio::test(start_paused = true)]
async fn items_and_pages_are_streams() {
    fn stream<S: futures_core::Stream + Send + Unpin + 'static>(stream: S) -> S {
        stream
    }
    let server = Server::of(45);
    let pages: Pages<List> = stream(server.list().pages());
    drop(pages);
    let mut items = stream(server.list().items());
    let mut count = 0;
    poll_fn(|context| {
        loop {
            match futures_core::Stream::poll_next(Pin::new(&mut items), context) {
                Poll::Ready(Some(_)) => count += 1,
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
    assert_eq!(count, 45);
}
