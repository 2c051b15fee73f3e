//! A client that asks at random, valid and not.
//!
//! After each request the rules of the world hold; each response is as the document has it, each code is
//! documented or the framework's, and no failure is the sandbox's own. Requests go in sequences, each
//! to a sandbox of its own, so that what fails can be had again by its seed and its number.

use std::collections::BTreeMap;
use std::time::Duration;

use katapult_openapi::{Operation, Spec};
use katapult_sandbox::{RecordedRequest, Sandbox, Time, Token};
use serde_json::Value;

use super::input::{self, Choice};
use super::oracle::Oracle;
use super::rules::broken;
use super::{slip, stage};
use crate::chance::Chance;

/// How many requests a sandbox is asked.
pub const SEQUENCE: u64 = 5_000;
/// Codes with which every operation can refuse arguments, beside those that it documents.
const FRAMEWORK: &[&str] = &[
    "invalid_argument",
    "invalid_request",
    "missing_required_argument",
    "route_not_found",
    "validation_error",
];

/// How many responses had which status.
pub type Statuses = BTreeMap<u16, u64>;

/// Asks so many requests, the first sequence from this seed, each next from the next.
///
/// # Errors
///
/// Says what was broken, by which request, and how to have it again.
pub async fn run(requests: u64, first_seed: u64) -> Result<Statuses, String> {
    let documents = Spec::embedded().map_err(|error| error.to_string())?;
    let oracle = Oracle::new(&documents)?;
    let mut statuses = Statuses::new();
    let mut left = requests;
    let mut seed = first_seed;
    while left > 0 {
        let sandbox = Sandbox::builder().time(Time::Manual).remember(1).seed(seed);
        let sandbox = sandbox.token(Token::new("all").permitted(u32::MAX));
        let mut sequence = Sequence {
            documents: &documents,
            oracle: &oracle,
            sandbox: sandbox.start().await.map_err(|error| error.to_string())?,
            chance: Chance::new(seed),
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
    documents: &'a Spec,
    oracle: &'a Oracle,
    sandbox: Sandbox,
    chance: Chance,
    seed: u64,
    number: u64,
}

/// A panic is told like any other failure.
impl Drop for Sequence<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.again());
        }
    }
}

impl Sequence<'_> {
    fn run(&mut self, requests: u64, statuses: &mut Statuses) -> Result<(), String> {
        while self.number < requests {
            self.number += 1;
            let (asked, wrong) = self.request();
            *statuses.entry(asked.status).or_default() += 1;
            if self.chance.once_in(4) {
                let seconds = u64::try_from(self.chance.below(40)).unwrap_or_default();
                self.sandbox.advance(Duration::from_secs(seconds));
            }
            if let Some(why) = wrong.or_else(|| self.sandbox.world(broken)) {
                let line = asked.line();
                return Err(format!(
                    "{why}\nafter {line} {}\n{}",
                    asked.body,
                    self.again()
                ));
            }
        }
        Ok(())
    }

    fn again(&self) -> String {
        let Self { seed, number, .. } = self;
        format!("have it again: fuzz --seed {seed} --requests {number}")
    }

    /// One request, and what is wrong with its response.
    fn request(&mut self) -> (RecordedRequest, Option<String>) {
        let operations: Vec<_> = self.documents.operations().collect();
        let operation = operations[self.chance.below(operations.len())];
        if self.chance.once_in(50) {
            let asked = self.garbage(operation);
            let wrong = (asked.status >= 500).then(|| format!("status {}", asked.status));
            return (asked, wrong);
        }
        let chance = &mut self.chance;
        let mut arguments = self
            .sandbox
            .world(|world| input::arguments(operation, world, Choice::Chance(chance)));
        if self.chance.once_in(5) {
            let cases = slip::cases(operation, &arguments);
            if let Some(case) = self.chance.pick(&cases) {
                arguments = case.arguments.clone();
            }
        }
        let asked = stage::ask(&self.sandbox, operation, &arguments);
        let wrong = self.judge(operation, &asked);
        (asked, wrong)
    }

    /// What is no request at all.
    fn garbage(&mut self, operation: &Operation) -> RecordedRequest {
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
        let body = self.chance.pick(&bodies).copied().unwrap_or_default();
        let query = self.chance.pick(&queries).copied().unwrap_or_default();
        let target = format!("{}{}{query}", operation.api.prefix(), operation.path);
        self.sandbox.request(&operation.method, &target, body)
    }

    fn judge(&self, operation: &Operation, asked: &RecordedRequest) -> Option<String> {
        let response: Value = serde_json::from_str(asked.response()).unwrap_or_default();
        let Some(code) = asked.code.as_deref() else {
            let wrong = self.oracle.success(operation, &response);
            return (!wrong.is_empty()).then(|| format!("{wrong:?}"));
        };
        let codes = operation.error_codes.get(&asked.status);
        let documented = codes.is_some_and(|codes| codes.iter().any(|known| known == code));
        let missing = asked.status == 404 && code.ends_with("_not_found");
        if !documented && !missing && !FRAMEWORK.contains(&code) {
            return Some(format!("{} {code} is not documented", asked.status));
        }
        if asked.status == 500 {
            return Some("a failure of the sandbox's own".into());
        }
        let wrong = self.oracle.failure(operation, asked.status, &response);
        (!wrong.is_empty()).then(|| format!("{wrong:?}"))
    }
}
