use std::time::UNIX_EPOCH;

use super::*;

const OK: StatusCode = StatusCode::OK;
const REFUSED: StatusCode = StatusCode::TOO_MANY_REQUESTS;

fn times(sent: Instant, now: Instant) -> Times {
    Times { sent, at: now, now }
}

/// A clock that starts this many seconds into some minute, and a ledger that knows it.
struct Bench {
    start: Instant,
    into: u64,
    ledger: Ledger,
}

impl Bench {
    fn new(into: u64) -> Self {
        let start = Instant::now();
        let ours = UNIX_EPOCH + Duration::from_secs(6000 + into);
        Self {
            start,
            into,
            ledger: Ledger::new(start, ours),
        }
    }

    fn at(&self, secs: f64) -> Instant {
        self.start + Duration::from_secs_f64(secs)
    }

    fn headers(&self, secs: f64, quota: Option<(u32, u32)>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let date = UNIX_EPOCH + Duration::from_secs(6000 + self.into + secs as u64);
        headers.insert("date", httpdate::fmt_http_date(date).parse().unwrap());
        if let Some((permitted, remaining)) = quota {
            headers.insert("x-ratelimit-permitted", permitted.into());
            headers.insert("x-ratelimit-remaining", remaining.into());
        }
        headers
    }

    /// A request that is sent and answered at this time.
    fn response(
        &mut self,
        secs: f64,
        status: StatusCode,
        quota: Option<(u32, u32)>,
    ) -> Option<Duration> {
        let (now, headers) = (self.at(secs), self.headers(secs, quota));
        self.ledger.take(now);
        self.ledger.learn(times(now, now), status, &headers, None)
    }

    fn ready(&mut self, secs: f64) -> Availability {
        let now = self.at(secs);
        self.ledger.ready(now, 1.0, 0.0)
    }
}

#[test]
fn a_few_go_ahead_until_the_quota_is_told() {
    let mut bench = Bench::new(42);
    for _ in 0..4 {
        assert_eq!(bench.ready(0.0), Availability::Go);
        bench.ledger.take(bench.start);
    }
    assert_eq!(bench.ready(0.0), Availability::Response);
    bench.response(0.0, OK, Some((1000, 900)));
    assert_eq!(bench.ready(0.0), Availability::Go);
    assert_eq!(bench.ledger.quota(bench.at(1.0)), Some((1000, 900)));
}

#[test]
fn a_spent_quota_holds_until_the_next_minute() {
    let mut bench = Bench::new(42);
    assert_eq!(
        bench.response(0.0, OK, Some((1000, 0))),
        Some(Duration::from_secs(18))
    );
    let opens = bench.at(18.0);
    assert_eq!(bench.ready(0.0), Availability::Until(opens));
    assert_eq!(bench.ready(17.9), Availability::Until(opens));
    assert_eq!(bench.ready(18.0), Availability::Go);
    assert_eq!(bench.ledger.quota(opens), Some((1000, 1000)));
}

#[test]
fn release_is_jittered_once_for_all() {
    let mut bench = Bench::new(42);
    bench.response(0.0, OK, Some((1000, 0)));
    let now = bench.at(1.0);
    let opens = Availability::Until(bench.at(18.25));
    assert_eq!(bench.ledger.ready(now, 1.0, 0.5), opens);
    assert_eq!(bench.ledger.ready(now, 1.0, 1.0), opens);
    let early = bench.at(18.1);
    assert_eq!(bench.ledger.ready(early, 1.0, 1.0), opens);
}

#[test]
fn what_is_under_way_is_reserved() {
    let mut bench = Bench::new(10);
    bench.response(0.0, OK, Some((1000, 3)));
    for _ in 0..3 {
        assert_eq!(bench.ready(0.0), Availability::Go);
        let now = bench.at(0.0);
        bench.ledger.take(now);
    }
    assert_eq!(bench.ready(0.0), Availability::Response);
}

#[test]
fn others_spending_widens_the_reserve() {
    let mut bench = Bench::new(0);
    for round in 1..=100 {
        bench.response(1.0, OK, Some((1000, 1000 - 4 * round)));
    }
    // Four are spent for each of ours: with 600 left, and as much caution for each, 85 may be under way.
    let mut under_way = 0;
    while bench.ready(1.0) == Availability::Go {
        let now = bench.at(1.0);
        bench.ledger.take(now);
        under_way += 1;
    }
    assert!((84..=88).contains(&under_way), "{under_way}");
}

#[test]
fn a_lone_request_gets_through_however_much_others_spend() {
    let mut bench = Bench::new(0);
    for round in 1..=5 {
        bench.response(1.0, OK, Some((1000, 1000 - 190 * round)));
    }
    assert_eq!(bench.ready(1.0), Availability::Go);
    bench.response(1.0, OK, Some((1000, 2)));
    assert_eq!(bench.ready(1.0), Availability::Until(bench.at(60.0)));
    // A small quota can be used to its last.
    let mut small = Bench::new(0);
    for _ in 0..3 {
        small.response(1.0, OK, Some((30, 30)));
        small.response(1.0, OK, Some((30, 1)));
    }
    assert_eq!(small.ready(1.0), Availability::Go);
}

#[test]
fn a_refusal_corrects_the_picture() {
    let mut bench = Bench::new(42);
    bench.response(0.0, OK, Some((1000, 500)));
    assert_eq!(
        bench.response(1.0, REFUSED, None),
        Some(Duration::from_secs(17))
    );
    assert_eq!(bench.ready(1.0), Availability::Until(bench.at(18.0)));
    // Also when nothing was known, or a proxy says how long.
    let mut unknown = Bench::new(42);
    assert_eq!(
        unknown.response(0.0, REFUSED, None),
        Some(Duration::from_secs(18))
    );
    assert_eq!(unknown.ready(1.0), Availability::Until(unknown.at(18.0)));
    let mut named = Bench::new(42);
    let (now, headers) = (named.at(0.0), named.headers(0.0, Some((1000, 0))));
    named.ledger.take(now);
    let wait = Some(Duration::from_secs(5));
    named.ledger.learn(times(now, now), REFUSED, &headers, wait);
    assert_eq!(named.ready(1.0), Availability::Until(named.at(5.0)));
    assert_eq!(named.ready(5.0), Availability::Go);
}

#[test]
fn a_refusal_with_quota_left_is_not_for_the_window() {
    let mut bench = Bench::new(42);
    bench.response(0.0, OK, Some((1000, 500)));
    assert_eq!(bench.response(1.0, REFUSED, Some((1000, 400))), None);
    assert_eq!(bench.ready(1.0), Availability::Go);
}

#[test]
fn a_response_counted_in_the_minute_before_is_not_believed() {
    let mut bench = Bench::new(58);
    bench.response(0.0, OK, Some((1000, 3)));
    let (sent, now) = (bench.at(1.9), bench.at(2.0));
    let headers = bench.headers(2.0, Some((1000, 2)));
    bench.ledger.take(sent);
    bench.ledger.learn(times(sent, now), OK, &headers, None);
    assert_eq!(bench.ledger.quota(now), Some((1000, 1000)));
    // A refusal of that kind: the next second is soon enough.
    bench.ledger.take(sent);
    let wait = bench
        .ledger
        .learn(times(sent, now), REFUSED, &headers, None);
    assert_eq!(wait, Some(Duration::from_secs(1)));
    assert_eq!(bench.ready(2.0), Availability::Go);
}

#[test]
fn the_servers_clock_counts_not_ours() {
    // Ours is 90 seconds behind.
    let start = Instant::now();
    let server = UNIX_EPOCH + Duration::from_secs(6042);
    let mut ledger = Ledger::new(start, server - Duration::from_secs(90));
    let mut headers = HeaderMap::new();
    headers.insert("date", httpdate::fmt_http_date(server).parse().unwrap());
    ledger.take(start);
    let wait = ledger.learn(times(start, start), REFUSED, &headers, None);
    assert_eq!(wait, Some(Duration::from_secs(18)));
}

#[test]
fn a_share_is_not_exceeded() {
    let mut bench = Bench::new(0);
    bench.response(0.0, OK, Some((100, 99)));
    let now = bench.at(0.0);
    for _ in 0..9 {
        assert_eq!(bench.ledger.ready(now, 0.1, 0.0), Availability::Go);
        bench.ledger.take(now);
    }
    assert_eq!(
        bench.ledger.ready(now, 0.1, 0.0),
        Availability::Until(bench.at(60.0))
    );
    assert_eq!(
        bench.ledger.ready(bench.at(60.0), 0.1, 0.0),
        Availability::Go
    );
}

#[test]
fn a_server_that_tells_no_quota_has_none() {
    let mut bench = Bench::new(0);
    bench.response(0.0, OK, None);
    for _ in 0..10_000 {
        assert_eq!(bench.ready(0.0), Availability::Go);
        let now = bench.at(0.0);
        bench.ledger.take(now);
    }
    assert_eq!(bench.ledger.quota(bench.at(0.0)), None);
    bench.response(0.0, OK, Some((1000, 900)));
    assert_eq!(bench.ledger.quota(bench.at(0.0)), Some((1000, 900)));
}
