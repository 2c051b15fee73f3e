use std::time::UNIX_EPOCH;

use super::*;

const OK: StatusCode = StatusCode::OK;
const REFUSED: StatusCode = StatusCode::TOO_MANY_REQUESTS;

fn times(sent: Instant, now: Instant) -> ExchangeTimes {
    ExchangeTimes {
        sent_at: sent,
        received_at: now,
        now,
    }
}

/// A window whose clock starts this many seconds after some minute.
struct Fixture {
    start: Instant,
    seconds: u64,
    window: QuotaWindow,
}

impl Fixture {
    fn new(seconds: u64) -> Self {
        let start = Instant::now();
        let local = UNIX_EPOCH + Duration::from_secs(6000 + seconds);
        Self {
            start,
            seconds,
            window: QuotaWindow::new(start, local),
        }
    }

    fn at(&self, secs: f64) -> Instant {
        self.start + Duration::from_secs_f64(secs)
    }

    fn headers(&self, secs: f64, quota: Option<(u32, u32)>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let date = UNIX_EPOCH + Duration::from_secs(6000 + self.seconds + secs as u64);
        headers.insert("date", httpdate::fmt_http_date(date).parse().unwrap());
        if let Some((limit, remaining)) = quota {
            headers.insert("x-ratelimit-permitted", limit.into());
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
        self.window.reserve(now);
        self.window.observe(times(now, now), status, &headers, None)
    }

    fn check(&mut self, secs: f64) -> Availability {
        let now = self.at(secs);
        self.window.check(now, 1.0, 0.0)
    }
}

#[test]
fn few_requests_are_in_flight_until_the_quota_is_known() {
    let mut fixture = Fixture::new(42);
    for _ in 0..4 {
        assert_eq!(fixture.check(0.0), Availability::Now);
        fixture.window.reserve(fixture.start);
    }
    let patience = Availability::AfterFirstResponse(fixture.at(2.0));
    assert_eq!(fixture.check(0.0), patience);
    fixture.response(0.0, OK, Some((1000, 900)));
    assert_eq!(fixture.check(0.0), Availability::Now);
    assert_eq!(fixture.window.quota(fixture.at(1.0)), Some((1000, 900)));
}

#[test]
fn exhausted_quota_blocks_until_the_next_minute() {
    let mut fixture = Fixture::new(42);
    assert_eq!(
        fixture.response(0.0, OK, Some((1000, 0))),
        Some(Duration::from_secs(18))
    );
    let reset = fixture.at(18.0);
    assert_eq!(fixture.check(0.0), Availability::At(reset));
    assert_eq!(fixture.check(17.9), Availability::At(reset));
    assert_eq!(fixture.check(18.0), Availability::Now);
    assert_eq!(fixture.window.quota(reset), Some((1000, 1000)));
}

#[test]
fn reset_jitter_is_drawn_once() {
    let mut fixture = Fixture::new(42);
    fixture.response(0.0, OK, Some((1000, 0)));
    let now = fixture.at(1.0);
    let reset = Availability::At(fixture.at(18.25));
    assert_eq!(fixture.window.check(now, 1.0, 0.5), reset);
    assert_eq!(fixture.window.check(now, 1.0, 1.0), reset);
    let early = fixture.at(18.1);
    assert_eq!(fixture.window.check(early, 1.0, 1.0), reset);
}

#[test]
fn requests_in_flight_are_reserved() {
    let mut fixture = Fixture::new(10);
    fixture.response(0.0, OK, Some((1000, 3)));
    for _ in 0..3 {
        assert_eq!(fixture.check(0.0), Availability::Now);
        let now = fixture.at(0.0);
        fixture.window.reserve(now);
    }
    assert_eq!(fixture.check(0.0), Availability::AfterResponse);
}

#[test]
fn consumption_of_others_widens_the_reserve() {
    let mut fixture = Fixture::new(0);
    for round in 1..=100 {
        fixture.response(1.0, OK, Some((1000, 1000 - 4 * round)));
    }
    // Others send 3 for each request of ours, doubled as a reserve: of 600 that remain, some 85 may be in flight.
    let mut in_flight = 0;
    while fixture.check(1.0) == Availability::Now {
        let now = fixture.at(1.0);
        fixture.window.reserve(now);
        in_flight += 1;
    }
    assert!((84..=88).contains(&in_flight), "{in_flight}");
}

#[test]
fn lone_request_is_sent_whatever_others_consume() {
    let mut fixture = Fixture::new(0);
    for round in 1..=5 {
        fixture.response(1.0, OK, Some((1000, 1000 - 190 * round)));
    }
    assert_eq!(fixture.check(1.0), Availability::Now);
    fixture.response(1.0, OK, Some((1000, 2)));
    assert_eq!(fixture.check(1.0), Availability::At(fixture.at(60.0)));
    // A small quota can be used up.
    let mut small = Fixture::new(0);
    for _ in 0..3 {
        small.response(1.0, OK, Some((30, 30)));
        small.response(1.0, OK, Some((30, 1)));
    }
    assert_eq!(small.check(1.0), Availability::Now);
}

#[test]
fn refusal_corrects_the_estimate() {
    let mut fixture = Fixture::new(42);
    fixture.response(0.0, OK, Some((1000, 500)));
    assert_eq!(
        fixture.response(1.0, REFUSED, None),
        Some(Duration::from_secs(17))
    );
    assert_eq!(fixture.check(1.0), Availability::At(fixture.at(18.0)));
    // Also when nothing was known, or with a Retry-After.
    let mut unknown = Fixture::new(42);
    assert_eq!(
        unknown.response(0.0, REFUSED, None),
        Some(Duration::from_secs(18))
    );
    assert_eq!(unknown.check(1.0), Availability::At(unknown.at(18.0)));
    let mut named = Fixture::new(42);
    let (now, headers) = (named.at(0.0), named.headers(0.0, Some((1000, 0))));
    named.window.reserve(now);
    let wait = Some(Duration::from_secs(5));
    named
        .window
        .observe(times(now, now), REFUSED, &headers, wait);
    assert_eq!(named.check(1.0), Availability::At(named.at(5.0)));
    assert_eq!(named.check(5.0), Availability::Now);
}

#[test]
fn refusal_with_remaining_quota_does_not_block_the_window() {
    let mut fixture = Fixture::new(42);
    fixture.response(0.0, OK, Some((1000, 500)));
    assert_eq!(fixture.response(1.0, REFUSED, Some((1000, 400))), None);
    assert_eq!(fixture.check(1.0), Availability::Now);
}

#[test]
fn response_of_the_previous_minute_is_ignored() {
    let mut fixture = Fixture::new(58);
    fixture.response(0.0, OK, Some((1000, 3)));
    let (sent, now) = (fixture.at(1.9), fixture.at(2.0));
    let headers = fixture.headers(2.0, Some((1000, 2)));
    fixture.window.reserve(sent);
    fixture.window.observe(times(sent, now), OK, &headers, None);
    assert_eq!(fixture.window.quota(now), Some((1000, 1000)));
    // A refusal of that kind is retried in the next second.
    fixture.window.reserve(sent);
    let wait = fixture
        .window
        .observe(times(sent, now), REFUSED, &headers, None);
    assert_eq!(wait, Some(Duration::from_secs(1)));
    assert_eq!(fixture.check(2.0), Availability::Now);
}

#[test]
fn the_servers_clock_counts_not_ours() {
    // The local clock is 90 seconds slow.
    let start = Instant::now();
    let server = UNIX_EPOCH + Duration::from_secs(6042);
    let mut window = QuotaWindow::new(start, server - Duration::from_secs(90));
    let mut headers = HeaderMap::new();
    headers.insert("date", httpdate::fmt_http_date(server).parse().unwrap());
    window.reserve(start);
    let wait = window.observe(times(start, start), REFUSED, &headers, None);
    assert_eq!(wait, Some(Duration::from_secs(18)));
}

#[test]
fn share_is_not_exceeded() {
    let mut fixture = Fixture::new(0);
    fixture.response(0.0, OK, Some((100, 99)));
    let now = fixture.at(0.0);
    for _ in 0..9 {
        assert_eq!(fixture.window.check(now, 0.1, 0.0), Availability::Now);
        fixture.window.reserve(now);
    }
    assert_eq!(
        fixture.window.check(now, 0.1, 0.0),
        Availability::At(fixture.at(60.0))
    );
    assert_eq!(
        fixture.window.check(fixture.at(60.0), 0.1, 0.0),
        Availability::Now
    );
}

#[test]
fn server_without_a_quota_is_not_limited() {
    let mut fixture = Fixture::new(0);
    fixture.response(0.0, OK, None);
    for _ in 0..10_000 {
        assert_eq!(fixture.check(0.0), Availability::Now);
        let now = fixture.at(0.0);
        fixture.window.reserve(now);
    }
    assert_eq!(fixture.window.quota(fixture.at(0.0)), None);
    fixture.response(0.0, OK, Some((1000, 900)));
    assert_eq!(fixture.window.quota(fixture.at(0.0)), Some((1000, 900)));
}

#[test]
fn limit_of_zero_is_not_believed() {
    let mut fixture = Fixture::new(42);
    fixture.response(0.0, OK, Some((0, 0)));
    assert_eq!(fixture.check(0.0), Availability::Now);
    let mut known = Fixture::new(42);
    known.response(0.0, OK, Some((1000, 900)));
    known.response(1.0, OK, Some((0, 0)));
    assert_eq!(known.window.quota(known.at(1.0)), Some((1000, 900)));
    assert_eq!(known.check(1.0), Availability::Now);
    let mut refused = Fixture::new(42);
    refused.response(0.0, REFUSED, Some((0, 0)));
    assert_eq!(refused.check(1.0), Availability::At(refused.at(18.0)));
    assert_eq!(refused.check(18.0), Availability::Now);
}

#[test]
fn each_window_has_a_probe_whatever_earlier_responses_required() {
    let mut fixture = Fixture::new(42);
    let (now, headers) = (fixture.at(0.0), fixture.headers(0.0, Some((1000, 0))));
    fixture.window.reserve(now);
    let years = Some(Duration::from_secs(u64::MAX));
    fixture
        .window
        .observe(times(now, now), REFUSED, &headers, years);
    assert_eq!(fixture.check(1.0), Availability::At(fixture.at(18.0)));
    assert_eq!(fixture.check(18.0), Availability::Now);
    let probe = fixture.at(18.0);
    fixture.window.reserve(probe);
    assert_eq!(fixture.check(18.5), Availability::At(fixture.at(78.0)));
    // The probe succeeds.
    let (done, headers) = (fixture.at(19.0), fixture.headers(19.0, Some((1000, 999))));
    fixture
        .window
        .observe(times(probe, done), OK, &headers, None);
    assert_eq!(fixture.check(19.0), Availability::Now);
}

#[test]
fn requests_are_sent_although_the_first_ones_hang() {
    let mut fixture = Fixture::new(10);
    for _ in 0..4 {
        assert_eq!(fixture.check(0.0), Availability::Now);
        fixture.window.reserve(fixture.start);
    }
    let patience = Availability::AfterFirstResponse(fixture.at(2.0));
    assert_eq!(fixture.check(0.0), patience);
    assert_eq!(fixture.check(1.9), patience);
    assert_eq!(fixture.check(2.0), Availability::Now);
}
