//! A client that asks at random, valid and not: no panic, no failure of the sandbox's own, replies as
//! the document has them, and after each request the rules of the world hold.
//!
//! `SANDBOX_FUZZ=100000` asks so many, in sequences of 5,000, each in a sandbox of its own. What
//! fails tells its seed and its number: `SANDBOX_FUZZ_SEED` and `SANDBOX_FUZZ` have it again.

use std::collections::BTreeMap;
use std::time::Duration;

use katapult_contract::asked::input::{self, Choice};
use katapult_contract::asked::oracle::Oracle;
use katapult_contract::asked::rules::broken;
use katapult_contract::asked::{slip, stage};
use katapult_contract::chance::Chance;
use katapult_contract::document::{Documents, OperationDoc};
use katapult_sandbox::{Asked, Sandbox, Time, Token};
use serde_json::Value;

/// How many requests a sandbox is asked.
const SEQUENCE: u64 = 5_000;
/// Codes that every operation can answer beside those that it documents: the framework's.
const FRAMEWORK: &[&str] = &[
    "invalid_argument",
    "invalid_request",
    "missing_required_argument",
    "route_not_found",
];

fn setting(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.and_then(|set| set.parse().ok()).unwrap_or(otherwise)
}

/// What was asked, and how it can be had again.
struct Fuzz<'a> {
    documents: &'a Documents,
    oracle: &'a Oracle,
    sandbox: Sandbox,
    chance: Chance,
    seed: u64,
    number: u64,
}

impl Drop for Fuzz<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "have it again: SANDBOX_FUZZ_SEED={} SANDBOX_FUZZ={} cargo test --package katapult-contract --test fuzz",
                self.seed,
                self.number + 1
            );
        }
    }
}

impl Fuzz<'_> {
    fn request(&mut self) -> Asked {
        let operations = self.documents.operations();
        let operation = &operations[self.chance.below(operations.len())];
        if self.chance.once_in(50) {
            return self.garbage(operation);
        }
        let (documents, chance) = (self.documents, &mut self.chance);
        let mut arguments = self
            .sandbox
            .world(|world| input::arguments(documents, operation, world, Choice::Chance(chance)));
        if self.chance.once_in(5) {
            let cases = slip::cases(documents, operation, &arguments);
            if let Some(case) = self.chance.pick(&cases) {
                arguments = case.arguments.clone();
            }
        }
        let asked = stage::ask(&self.sandbox, operation, &arguments);
        self.judge(operation, &asked);
        asked
    }

    /// What is no request at all.
    fn garbage(&mut self, operation: &OperationDoc) -> Asked {
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
            "?a[][b][][c]=1",
        ];
        let body = self.chance.pick(&bodies).copied().unwrap_or_default();
        let query = self.chance.pick(&queries).copied().unwrap_or_default();
        let target = format!("{}{}{query}", operation.api.prefix(), operation.path);
        self.sandbox.ask(&operation.method, &target, body)
    }

    fn judge(&self, operation: &OperationDoc, asked: &Asked) {
        let line = asked.line();
        let reply: Value = serde_json::from_str(asked.reply()).unwrap_or_default();
        let wrong = match asked.code.as_deref() {
            None => self.oracle.success(operation, &reply),
            Some(code) => {
                let codes = operation.facts.errors.get(&asked.status.to_string());
                let documented = codes.is_some_and(|codes| codes.iter().any(|known| known == code));
                let framework = FRAMEWORK.contains(&code)
                    || (asked.status == 404 && code.ends_with("_not_found"));
                assert!(
                    documented || framework || code == "validation_error",
                    "undocumented: {line}"
                );
                self.oracle.failure(operation, asked.status, &reply)
            }
        };
        assert!(wrong.is_empty(), "{line}: {wrong:?}: {}", asked.reply());
    }
}

#[tokio::test]
async fn nothing_breaks_the_world() {
    let documents = Documents::load().unwrap();
    let oracle = Oracle::new(&documents).unwrap();
    let (count, first) = (
        setting("SANDBOX_FUZZ", SEQUENCE),
        setting("SANDBOX_FUZZ_SEED", 1),
    );
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    for (seed, begin) in (first..).zip((0..count).step_by(SEQUENCE as usize)) {
        let builder = Sandbox::builder().time(Time::Manual).remember(1).seed(seed);
        let builder = builder.token(Token::new("all").permitted(u32::MAX));
        let mut fuzz = Fuzz {
            documents: &documents,
            oracle: &oracle,
            sandbox: builder.start().await.unwrap(),
            chance: Chance::new(seed),
            seed,
            number: 0,
        };
        for number in 0..SEQUENCE.min(count - begin) {
            fuzz.number = number;
            let asked = fuzz.request();
            *statuses.entry(asked.status).or_insert(0) += 1;
            assert!(asked.status != 500, "{}", asked.line());
            if fuzz.chance.once_in(4) {
                let seconds = fuzz.chance.below(40);
                fuzz.sandbox.advance(Duration::from_secs(seconds as u64));
            }
            if let Some(why) = fuzz.sandbox.world(broken) {
                panic!("{} {}: {why}", asked.line(), asked.body);
            }
        }
    }
    println!("{count} requests: {statuses:?}");
    let done: u64 = statuses.range(200..300).map(|(_, count)| count).sum();
    assert!(done > count / 4, "too few were valid: {statuses:?}");
}
