//! Lists, whole, over a server that is a function of the page, in paused time.

#![cfg(feature = "virtual-machines")]

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use katapult_core::prelude::*;
use katapult_core::types::OrganizationLookup;
use katapult_core::{
    Call, Client, Error, ErrorKind, HttpClient, HttpClientError, HttpFuture, HttpResponse, Items,
    Jitter, Pages, ResumeToken, RetryPolicy, virtual_machines,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

type List = virtual_machines::List;
type Page = Box<dyn Fn(i64, i64) -> Result<Value, u16> + Send + Sync>;

/// A server: what it gives for a page of so many, how long that takes, and the pages that were asked for.
#[derive(Clone)]
struct Server {
    page: Arc<Page>,
    delay: Duration,
    asked: Arc<Mutex<Vec<i64>>>,
}

impl Server {
    fn new(page: impl Fn(i64, i64) -> Result<Value, u16> + Send + Sync + 'static) -> Self {
        Self {
            page: Arc::new(Box::new(page)),
            delay: Duration::from_millis(50),
            asked: Arc::default(),
        }
    }

    /// A set of so many machines, with totals.
    fn of(count: i64) -> Self {
        Self::new(move |page, per_page| {
            let first = (page - 1) * per_page + 1;
            let ids = (first..first + per_page).filter(|id| *id <= count);
            let total_pages = (count + per_page - 1) / per_page;
            Ok(body(
                ids,
                pagination(page, per_page, Some((count, total_pages))),
            ))
        })
    }

    fn asked(&self) -> Vec<i64> {
        self.asked.lock().unwrap().clone()
    }

    fn client(&self) -> Client {
        let retry = RetryPolicy::default().jitter(Jitter::None).max_attempts(2);
        let builder = Client::builder().token("token").http_client(self.clone());
        builder.retry(retry).rng(|| 0.0).build().unwrap()
    }

    fn list(&self) -> Call<List> {
        let acme = OrganizationLookup::sub_domain("acme");
        self.client().virtual_machines().list(acme)
    }
}

impl HttpClient for Server {
    fn send(&self, request: reqwest::Request) -> HttpFuture<'_> {
        let query: HashMap<String, String> = request.url().query_pairs().into_owned().collect();
        let number = |name: &str| query.get(name).map(|number| number.parse::<i64>().unwrap());
        let page = number("page").unwrap_or(1);
        let per_page = number("per_page").unwrap_or(30);
        self.asked.lock().unwrap().push(page);
        let answer = (self.page)(page, per_page);
        Box::pin(async move {
            sleep(self.delay).await;
            match answer {
                Ok(body) => Ok(HttpResponse::new(
                    StatusCode::OK,
                    HeaderMap::new(),
                    body.to_string(),
                )),
                Err(0) => Err(HttpClientError::lost("reset")),
                Err(status) => {
                    let status = StatusCode::from_u16(status).unwrap();
                    Ok(HttpResponse::new(status, HeaderMap::new(), ""))
                }
            }
        })
    }
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
async fn ten_thousand_ahead_take_an_eighth_of_the_time() {
    let mut times = Vec::new();
    for ahead in [1, 10] {
        for per_page in [100, 30] {
            let server = Server::of(10_000);
            let begun = Instant::now();
            let items = server.list().per_page(per_page).items().prefetch(ahead);
            let (all, error) = read(items).await;
            assert!(error.is_none() && all == ids(1..=10_000));
            times.push(begun.elapsed());
        }
    }
    // What is stated as the default is the default.
    let server = Server::of(10_000);
    let begun = Instant::now();
    let all = server.list().per_page(100).collect_all().await.unwrap();
    assert_eq!(all.len(), 10_000);
    assert_eq!(begun.elapsed(), times[2]);
    println!("one by one {:?}, ahead {:?}", &times[..2], &times[2..]);
    assert_eq!(times[0], Duration::from_secs(5));
    assert!(times[2] * 8 <= times[0], "{times:?}");
    assert!(times[3] * 8 <= times[1], "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn who_stops_has_caused_no_more_than_the_pages_ahead() {
    for (ahead, per_page) in [(10, 100), (10, 10), (10, 5), (4, 30), (1, 30)] {
        let server = Server::of(10_000);
        let mut items = server.list().per_page(per_page).items().prefetch(ahead);
        for expected in ids(1..=10) {
            assert_eq!(items.try_next().await.unwrap().unwrap().id, expected);
        }
        // The reader ponders, and then goes.
        sleep(Duration::from_secs(5)).await;
        drop(items);
        sleep(Duration::from_secs(5)).await;
        let turned = (10 - 1) / per_page;
        let most = usize::try_from(turned).unwrap() + ahead;
        assert!(server.asked().len() <= most, "{:?}", server.asked());
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_those_ahead_are_under_way() {
    for ahead in [0, 1, 3] {
        let server = Server::of(300);
        let mut pages = server.list().pages().prefetch(ahead);
        let mut given = 0;
        while let Some(page) = pages.try_next().await.unwrap() {
            given += 1;
            assert_eq!((page.number(), page.total()), (given, Some(300)));
            assert_eq!(page.total_pages(), Some(10));
            assert_eq!(page.items().len(), 30);
            let asked = server.asked().len() as i64;
            assert!(asked <= given + ahead.max(1) as i64, "{given} {asked}");
        }
        assert_eq!(server.asked(), (1..=10).collect::<Vec<_>>());
        assert!(pages.resume_token().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_and_a_first_item() {
    let server = Server::of(0);
    assert!(server.list().collect_all().await.unwrap().is_empty());
    assert!(server.list().first().await.unwrap().is_none());
    assert!(server.list().pages().next().await.is_none());
    let server = Server::of(100);
    assert_eq!(server.list().first().await.unwrap().unwrap().id, "vm_1");
    assert_eq!(server.asked(), [1]);
    let from_three = server.list().per_page(10).page(3).collect_all().await;
    assert_eq!(from_three.unwrap().len(), 80);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_an_end_is_found_out() {
    /// What the server does, and after how many pages it is found out at most.
    type Case = (&'static str, i64, Page);
    let same = |page, totals| Ok(body(1..=30, pagination(page, 30, totals)));
    let cases: [Case; 6] = [
        ("repeats", 4, Box::new(move |page, _| same(page, None))),
        (
            "repeats",
            5,
            Box::new(move |page, _| same(page, Some((page * 30 + 30, page + 1)))),
        ),
        ("does not paginate", 2, Box::new(move |_, _| same(1, None))),
        (
            "does not paginate",
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
        let mut server = Server::new(page);
        server.delay = Duration::ZERO;
        let (_, error) = read(server.list().items()).await;
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Pagination);
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.resume_token().is_some());
        let asked = server.asked().len() as i64;
        assert!(asked <= most, "{why}: {asked}");
    }
    let (all, error) = read(Server::of(100).list().per_page(10).items().max_pages(3)).await;
    assert_eq!(all.len(), 30);
    let token = error.unwrap().resume_token().unwrap().clone();
    let (rest, _) = read(Server::of(100).list().items().resume(token)).await;
    assert_eq!(rest, ids(31..=100));
}

#[tokio::test(start_paused = true)]
async fn a_set_that_changes_its_size_on_the_way() {
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
async fn a_server_that_gives_fewer_a_page_than_asked_for_is_read_to_the_end() {
    let server = Server::new(|page, _| {
        let ids = ((page - 1) * 50 + 1..page * 50 + 1).filter(|id| *id <= 120);
        Ok(body(ids, pagination(page, 50, None)))
    });
    let (all, error) = read(server.list().per_page(1000).items()).await;
    assert!(error.is_none() && all == ids(1..=120));
    // Without any totals, and without being told of a large set.
    let server = Server::new(|page, per_page| {
        let ids = ((page - 1) * per_page + 1..page * per_page + 1).filter(|id| *id <= 70);
        Ok(body(ids, json!({})))
    });
    let (all, error) = read(server.list().items()).await;
    assert!(error.is_none() && all == ids(1..=70));
    assert_eq!(server.asked(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_within_a_page_is_gone_on_from() {
    for stop in 0..=7 {
        for large in [false, true] {
            let server = || {
                Server::new(move |page, per_page| {
                    let ids =
                        ((page - 1) * per_page + 1..page * per_page + 1).filter(|id| *id <= 7);
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
                panic!("at {stop} it was not known to be over");
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
async fn a_token_is_of_the_same_arguments() {
    let broken = Server::new(|page, per_page| match page {
        1 => Ok(body(1..=30, pagination(page, per_page, Some((90, 3))))),
        _ => Err(500),
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
    assert!(all.is_empty() && server.asked().is_empty());
    assert_eq!(
        error.unwrap().to_string(),
        "list virtual machines: the resume token belongs to another list: use it with the same operation and the same arguments (not sent)"
    );
    // Another page size is no other list: the token's holds.
    let (all, error) = read(server.list().per_page(7).items().resume(token)).await;
    assert!(error.is_none() && all == ids(31..=90));
}

#[tokio::test(start_paused = true)]
async fn an_error_ends_the_stream() {
    let server = Server::new(|_, _| Err(500));
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
async fn a_reader_who_gives_up_waiting_loses_nothing() {
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
    assert_eq!(server.asked(), (1..=10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_reader_who_is_slow_gets_all() {
    // Every page is refused once, so that a call ahead is under way when its time runs out.
    let tried = Mutex::new(HashMap::new());
    let server = Server::new(move |page, per_page| {
        let mut tried = tried.lock().unwrap();
        let tries = tried.entry(page).or_insert(0);
        *tries += 1;
        if *tries == 1 {
            return Err(503);
        }
        let ids = (page - 1) * per_page + 1..page * per_page + 1;
        Ok(body(ids, pagination(page, per_page, Some((100, 10)))))
    });
    let mut pages = server.list().per_page(10).pages();
    let mut all = Vec::new();
    while let Some(page) = pages.try_next().await.unwrap() {
        all.extend(page.into_iter().map(|machine| machine.id));
        // Longer than a call may take.
        sleep(Duration::from_secs(600)).await;
    }
    assert_eq!(all, ids(1..=100));
}

#[tokio::test(start_paused = true)]
async fn they_are_streams() {
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
