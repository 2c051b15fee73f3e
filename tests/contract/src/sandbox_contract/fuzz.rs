//! Random requests, valid and invalid.
//!
//! After each request no invariant is violated, the response is as documented, its code is documented or the
//! framework's, and no failure is the sandbox's own. Requests come in sequences, each to a sandbox of its own,
//! so that a failure can be reproduced by its seed and number.

use katapult_openapi::{Operation, Spec};
use std::collections::BTreeMap;
use std::time::Duration;

use katapult_sandbox::{RecordedRequest, Sandbox, Time, Token};
use serde_json::Value;

use super::invariants::violation;
use super::oracle::Oracle;
use super::setup;
use crate::generators::{invalid_input, valid_args};

/// The number of requests to one sandbox.
pub const SEQUENCE: u64 = 5_000;
/// Codes with which every operation can reject arguments, in addition to its documented ones.
const FRAMEWORK: &[&str] = &[
    "invalid_argument",
    "invalid_request",
    "missing_required_argument",
    "route_not_found",
    "validation_error",
];

/// The number of responses by status.
pub type Statuses = BTreeMap<u16, u64>;

/// Sends random requests. The first sequence has the seed `first_seed`, each further one the next.
///
/// # Errors
///
/// The first violation, with the request and the arguments that reproduce it.
pub async fn run(requests: u64, first_seed: u64) -> Result<Statuses, String> {
    let spec = Spec::embedded().map_err(|error| error.to_string())?;
    let oracle = Oracle::new(&spec)?;
    let mut statuses = Statuses::new();
    let mut left = requests;
    let mut seed = first_seed;
    while left > 0 {
        // Only the latest request is reported, and time must not depend on the machine.
        let sandbox = Sandbox::builder()
            .time(Time::Manual)
            .max_recorded_requests(1)
            .seed(seed);
        // The quota is not under test: a rejected request reaches no handler.
        let sandbox = sandbox.token(Token::new("all").permitted(u32::MAX));
        let mut sequence = Sequence {
            spec: &spec,
            oracle: &oracle,
            sandbox: sandbox.start().await.map_err(|error| error.to_string())?,
            rng: fastrand::Rng::with_seed(seed),
            seed,
            number: 0,
        };
        sequence.run(left.min(SEQUENCE), &mut statuses)?;
        left = left.saturating_sub(SEQUENCE);
        seed += 1;
    }
    Ok(statuses)
}

struct Sequence<'a> {
    spec: &'a Spec,
    oracle: &'a Oracle,
    sandbox: Sandbox,
    rng: fastrand::Rng,
    seed: u64,
    number: u64,
}

/// Prints how to reproduce a panic, which is a failure like any other.
impl Drop for Sequence<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.reproduction());
        }
    }
}

impl Sequence<'_> {
    fn run(&mut self, requests: u64, statuses: &mut Statuses) -> Result<(), String> {
        while self.number < requests {
            self.number += 1;
            let (request, wrong) = self.request();
            *statuses.entry(request.status).or_default() += 1;
            // Tasks, builds and the trash only progress with time.
            if self.rng.u8(..4) == 0 {
                let seconds = self.rng.u64(..40);
                self.sandbox.advance(Duration::from_secs(seconds));
            }
            if let Some(why) = wrong.or_else(|| self.sandbox.world(violation)) {
                let line = request.to_string();
                return Err(format!(
                    "{why}\nafter {line} {}\n{}",
                    request.body,
                    self.reproduction()
                ));
            }
        }
        Ok(())
    }

    fn reproduction(&self) -> String {
        let Self { seed, number, .. } = self;
        format!("reproduce with: fuzz --seed {seed} --requests {number}")
    }

    /// Sends one request, and returns what is wrong with its response.
    fn request(&mut self) -> (RecordedRequest, Option<String>) {
        let operations: Vec<_> = self.spec.operations().collect();
        let operation = operations[self.rng.usize(..operations.len())];
        // Rare, as parsers have few branches to reach compared with handlers.
        if self.rng.u8(..50) == 0 {
            let request = self.malformed(operation);
            let wrong = (request.status >= 500).then(|| format!("status {}", request.status));
            return (request, wrong);
        }
        let rng = &mut self.rng;
        let mut arguments = self
            .sandbox
            .world(|world| valid_args::random(operation, world, rng));
        if self.rng.u8(..5) == 0 {
            let invalid = invalid_input::all(operation, &arguments);
            if let Some(invalid) = self.rng.choice(invalid) {
                arguments = invalid.arguments;
            }
        }
        let request = setup::send(&self.sandbox, operation, &arguments);
        let wrong = self.check(operation, &request);
        (request, wrong)
    }

    /// Sends a malformed request.
    fn malformed(&mut self, operation: &Operation) -> RecordedRequest {
        let bodies = [
            "",
            "{",
            "[]",
            "null",
            "7",
            "\u{0}",
            "{\"a\":{\"a\":{\"a\":[]}}}",
        ];
        let queries = [
            "",
            "?a[=1",
            "?a=1&a[b]=2",
            "?[]=&&=%",
            "?page=-1&per_page=0",
            "?page=9223372036854775807&per_page=9223372036854775807",
            "?a[][b][][c]=1",
        ];
        let body = self.rng.choice(bodies).unwrap_or_default();
        let query = self.rng.choice(queries).unwrap_or_default();
        let target = format!("{}{}{query}", operation.api.prefix(), operation.path);
        self.sandbox.request(&operation.method, &target, body)
    }

    fn check(&self, operation: &Operation, request: &RecordedRequest) -> Option<String> {
        let response: Value = serde_json::from_str(request.response_body()).unwrap_or_default();
        let Some(code) = request.error_code.as_deref() else {
            let wrong = self.oracle.success(operation, &response);
            return (!wrong.is_empty()).then(|| format!("{wrong:?}"));
        };
        let codes = operation.error_codes.get(&request.status);
        let documented = codes.is_some_and(|codes| codes.iter().any(|known| known == code));
        // Any lookup can fail, also where the operation documents other codes only.
        let missing = request.status == 404 && code.ends_with("_not_found");
        if !documented && !missing && !FRAMEWORK.contains(&code) {
            return Some(format!("{} {code} is not documented", request.status));
        }
        if request.status == 500 {
            return Some("the sandbox failed".into());
        }
        let wrong = self.oracle.failure(operation, request.status, &response);
        (!wrong.is_empty()).then(|| format!("{wrong:?}"))
    }
}
