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
    let in_flight = permitted_at_once(&mut fixture, 1.0);
    assert!((84..=88).contains(&in_flight), "{in_flight}");
}

/// Returns the number of requests that may be in flight together.
fn permitted_at_once(fixture: &mut Fixture, secs: f64) -> u32 {
    let mut in_flight = 0;
    while fixture.check(secs) == Availability::Now {
        let now = fixture.at(secs);
        fixture.window.reserve(now);
        in_flight += 1;
    }
    in_flight
}

#[test]
fn one_response_does_not_dominate_the_estimate_of_others() {
    // Others took 800 while this client was idle: of 200 that remain, most may be in flight.
    let mut idle = Fixture::new(0);
    idle.response(1.0, OK, Some((1000, 999)));
    idle.response(2.0, OK, Some((1000, 200)));
    let permitted = permitted_at_once(&mut idle, 2.0);
    assert!((30..=40).contains(&permitted), "{permitted}");
    // What others took at the start of a minute is no measure at all.
    let mut next_minute = Fixture::new(58);
    next_minute.response(0.0, OK, Some((1000, 999)));
    next_minute.response(4.0, OK, Some((1000, 200)));
    assert_eq!(permitted_at_once(&mut next_minute, 4.0), 200);
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
fn required_delay_outlasts_responses_to_earlier_requests() {
    let mut fixture = Fixture::new(10);
    let (sent, now) = (fixture.at(0.0), fixture.at(1.0));
    let headers = fixture.headers(1.0, Some((1000, 500)));
    (0..2).for_each(|_| fixture.window.reserve(sent));
    let wait = Some(Duration::from_secs(5));
    let refused = times(sent, now);
    fixture.window.observe(refused, REFUSED, &headers, wait);
    let later = times(sent, fixture.at(2.0));
    fixture.window.observe(later, OK, &headers, None);
    assert_eq!(fixture.check(2.0), Availability::At(fixture.at(6.0)));
}

#[test]
fn responses_out_of_order_do_not_raise_the_remainder() {
    let mut fixture = Fixture::new(10);
    for remaining in [500, 700, 600] {
        fixture.response(1.0, OK, Some((1000, remaining)));
    }
    let now = fixture.at(1.0);
    assert_eq!(fixture.window.quota(now), Some((1000, 500)));
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
    // A probe of the next window comes before a delay that leads past its start.
    let mut near = Fixture::new(42);
    let (now, headers) = (near.at(0.0), near.headers(0.0, Some((1000, 0))));
    near.window.reserve(now);
    let wait = Some(Duration::from_secs(30));
    near.window
        .observe(times(now, now), REFUSED, &headers, wait);
    assert_eq!(near.check(1.0), Availability::At(near.at(18.0)));
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

#[test]
fn hanging_requests_do_not_stop_the_next_minute() {
    let mut fixture = Fixture::new(42);
    fixture.response(0.0, OK, Some((4, 4)));
    let sent = fixture.at(1.0);
    (0..4).for_each(|_| fixture.window.reserve(sent));
    // Four of four are in flight, and a fifth could be one too many; but this minute has its own quota.
    assert_eq!(fixture.check(18.0), Availability::Now);
    // A late response to one of them may report that others have spent it.
    let now = fixture.at(24.0);
    let headers = fixture.headers(24.0, Some((4, 0)));
    fixture.window.observe(times(sent, now), OK, &headers, None);
    assert_eq!(fixture.check(24.0), Availability::At(fixture.at(78.0)));
}
