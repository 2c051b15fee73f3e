//! All operations of the document asked of the sandbox, through the SDK and raw: with what they take,
//! and with each kind of what they do not. Each response is read by the SDK, with the code that its kind
//! of slip must have, and fits the document.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use katapult_contract::asked::oracle::Oracle;
use katapult_contract::asked::slip::{self, Case, SLIPS, Slip};
use katapult_contract::asked::stage::{self, Stage};
use katapult_contract::client::told;
use katapult_contract::compare::compare;
use katapult_contract::operations::{AnyOperation, CallError, Registry};
use katapult_core::{Client, Error, ErrorKind, HttpFuture, RateLimit, RetryPolicy};
use katapult_openapi::{Api, Operation, Spec};
use katapult_sandbox::{RecordedRequest, Sandbox, Time, Token};
use serde_json::{Value, json};

const OPERATIONS: usize = 195;
const TOKEN: &str = "all";
const NARROW: &str = "narrow";
const WORLD: &str = include_str!("../../../katapult-sandbox/data/world.json");
/// What types make impossible: the SDK cannot be made to send it.
const IMPOSSIBLE: [Slip; 6] = [
    Slip::NoLookup,
    Slip::EmptyLookup,
    Slip::TwoLookups,
    Slip::MissingField,
    Slip::UnknownField,
    Slip::WrongType,
];

async fn sandbox(operation: &Operation) -> Sandbox {
    let mut builder = Sandbox::builder()
        .time(Time::Manual)
        .token(Token::new(TOKEN).permitted(u32::MAX))
        .token(Token::new(NARROW).scopes(["nothing"]).permitted(u32::MAX));
    if operation.id == "buckets.object" {
        builder = builder.world(stage::world(WORLD).unwrap());
    }
    builder.start().await.unwrap()
}

/// The token that is sent where a request is wrong in this way.
fn token(slip: Slip) -> Option<&'static str> {
    match slip {
        Slip::NoToken => None,
        Slip::WrongToken => Some("wrong"),
        Slip::MissingScope => Some(NARROW),
        _ => Some(TOKEN),
    }
}

/// The kind of error that a code has, as the SDK's documentation says.
fn kind(status: u16, code: &str) -> ErrorKind {
    match (status, code) {
        (_, "missing_api_token" | "invalid_api_token") => ErrorKind::Auth,
        (403, _) => ErrorKind::Forbidden,
        (404, _) => ErrorKind::NotFound,
        (422, _) => ErrorKind::Validation,
        (406 | 409, _) => ErrorKind::Conflict,
        _ => ErrorKind::Api,
    }
}

fn held(sandbox: &Sandbox) -> Vec<String> {
    sandbox.world(|world| {
        world
            .objects()
            .map(|object| format!("{object:?}"))
            .collect()
    })
}

/// What is under test, and what was found wrong.
struct Run {
    documents: Spec,
    oracle: Oracle,
    registry: Registry,
    http: reqwest::Client,
    /// A client for each token, made once, since making one reads certificates: where it sends to is
    /// changed below it.
    clients: Mutex<HashMap<Option<&'static str>, Client>>,
    port: Arc<AtomicU16>,
    failures: Vec<String>,
    /// How many cases of each kind were sent, raw and through the SDK.
    sent: BTreeMap<Slip, (usize, usize)>,
}

impl Run {
    fn new() -> Self {
        let documents = Spec::embedded().unwrap();
        assert_eq!(documents.operations().count(), OPERATIONS);
        Self {
            oracle: Oracle::new(&documents).unwrap(),
            registry: Registry::new(),
            http: reqwest::Client::new(),
            clients: Mutex::default(),
            port: Arc::default(),
            documents,
            failures: Vec::new(),
            sent: BTreeMap::new(),
        }
    }

    /// The client with this token, for this sandbox.
    fn client(&self, sandbox: &Sandbox, token: Option<&'static str>) -> Client {
        let port = sandbox
            .url()
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        self.port.store(port.unwrap_or_default(), Ordering::SeqCst);
        let mut clients = self.clients.lock().unwrap();
        let client = clients.entry(token).or_insert_with(|| {
            let (http, port) = (self.http.clone(), Arc::clone(&self.port));
            let builder = Client::builder().http_client(move |mut request: reqwest::Request| {
                let _ = request
                    .url_mut()
                    .set_port(Some(port.load(Ordering::SeqCst)));
                let response = http.execute(request);
                let sent: HttpFuture<'static> = Box::pin(async { Ok(response.await?.into()) });
                sent
            });
            let builder = builder
                .base_url("http://127.0.0.1")
                .rate_limit(RateLimit::Off);
            let builder = builder.retry(RetryPolicy::none());
            let builder = token
                .into_iter()
                .fold(builder, |builder, token| builder.token(token));
            builder.build().unwrap()
        });
        client.clone()
    }

    fn operation(&self, documented: &Operation) -> &dyn AnyOperation {
        self.registry.get(documented.api, &documented.id).unwrap()
    }

    /// Tells failures, all at once.
    fn end(&self) {
        let Self { failures, sent, .. } = self;
        println!("{sent:?}");
        assert!(
            failures.is_empty(),
            "{} failures:\n{}",
            failures.len(),
            failures.join("\n")
        );
    }

    /// A success, raw: as the document has it.
    fn fits(&self, documented: &Operation, asked: &RecordedRequest) -> Vec<String> {
        if asked.status != documented.status {
            return vec![asked.to_string()];
        }
        match documented.response() {
            None => Vec::new(),
            Some(_) => match serde_json::from_str(asked.response_body()) {
                Ok(response) => self.oracle.success(documented, &response),
                Err(error) => vec![error.to_string()],
            },
        }
    }

    /// A success, through the SDK: nothing is lost of what came.
    async fn succeeds(
        &self,
        documented: &Operation,
        sandbox: &Sandbox,
        valid: &Value,
    ) -> Vec<String> {
        let client = self.client(sandbox, Some(TOKEN));
        let written = match self.operation(documented).send(&client, valid).await {
            Ok(written) => written,
            Err(CallError::Client(error)) => return vec![error.to_string()],
            Err(error) => return vec![format!("{error:?}")],
        };
        let asked = sandbox.requests().pop().unwrap_or_default();
        let mut wrong = self.fits(documented, &asked);
        match documented.response() {
            None if written == asked.response_body() => {}
            None => wrong.push(format!(
                "the text {:?} was read as {written}",
                asked.response_body()
            )),
            Some(schema) => {
                let response: Value =
                    serde_json::from_str(asked.response_body()).unwrap_or_default();
                let found = compare(schema, &response, &written);
                wrong.extend(
                    found
                        .differences
                        .iter()
                        .map(|difference| format!("{difference:?}")),
                );
            }
        }
        wrong
    }

    /// A refusal, raw: status, code, envelope and detail.
    async fn is_refused_raw(
        &self,
        documented: &Operation,
        sandbox: &Sandbox,
        case: &Case,
    ) -> Vec<String> {
        let (status, code) = case.expected(documented);
        let (target, body) = stage::raw(documented, &case.arguments);
        let url = format!("{}{target}", sandbox.url());
        let method = documented.method.parse().unwrap();
        let mut request = self.http.request(method, url);
        if let Some(token) = token(case.slip) {
            request = request.bearer_auth(token);
        }
        if !body.is_empty() {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        let response = request.send().await.unwrap();
        let found = response.status().as_u16();
        let marked = response
            .headers()
            .get("x-api-schema")
            .is_some_and(|mark| mark == "json-error");
        let text = response.text().await.unwrap();
        let response: Value = serde_json::from_str(&text).unwrap_or_default();
        let mut wrong = self.oracle.failure(documented, found, &response);
        if (found, response["error"]["code"].as_str()) != (status, Some(&code)) || !marked {
            wrong.push(format!("expected {status} {code}, not {found} {text}"));
        }
        if case.slip == Slip::MissingScope
            && response["error"]["detail"]["scopes"] != json!(documented.scopes)
        {
            wrong.push(format!("other scopes than documented: {text}"));
        }
        wrong
    }

    /// A refusal, through the SDK: classified by its kind, with its code and a typed detail.
    async fn is_refused(
        &self,
        documented: &Operation,
        sandbox: &Sandbox,
        case: &Case,
    ) -> Option<Vec<String>> {
        let operation = self.operation(documented);
        if case.slip == Slip::UnknownField || operation.check(&case.arguments).is_err() {
            return None;
        }
        let outcome = operation
            .send(&self.client(sandbox, token(case.slip)), &case.arguments)
            .await;
        let error = match outcome {
            Err(CallError::Client(error)) => error,
            other => return Some(vec![format!("no error of the client's: {other:?}")]),
        };
        if case.slip == Slip::NoToken {
            // It is told before anything is sent.
            let ok = error.is_auth() && error.attempts() == 0;
            return Some(if ok { vec![] } else { vec![error.to_string()] });
        }
        Some(self.classified(documented, case, &error))
    }

    fn classified(&self, documented: &Operation, case: &Case, error: &Error) -> Vec<String> {
        let (status, code) = case.expected(documented);
        let found = told(error);
        let mut wrong = Vec::new();
        if (found.status, found.code.as_deref()) != (Some(status), Some(&code)) {
            wrong.push(format!("expected {status} {code}, not {error}"));
        }
        if error.kind() != kind(status, &code) {
            wrong.push(format!(
                "expected the kind {:?}, not {:?}",
                kind(status, &code),
                error.kind()
            ));
        }
        if self
            .documents
            .error_code(Api::Core, &code)
            .and_then(|error| error.detail())
            .is_some()
            != found.typed
        {
            wrong.push(format!("{code}: its detail is typed: {}", found.typed));
        }
        wrong
    }
}

#[tokio::test]
async fn valid_input_is_answered_as_documented() {
    let mut run = Run::new();
    let mut failures = Vec::new();
    for documented in run.documents.operations() {
        for through_sdk in [false, true] {
            let sandbox = sandbox(documented).await;
            let valid = match Stage::new(&run.documents, &sandbox).set(documented) {
                Ok(valid) => valid,
                Err(why) => {
                    failures.push(format!("{}: before it: {why}", documented.id));
                    break;
                }
            };
            let wrong = if through_sdk {
                run.succeeds(documented, &sandbox, &valid).await
            } else {
                run.fits(documented, &stage::ask(&sandbox, documented, &valid))
            };
            let way = if through_sdk {
                "through the SDK"
            } else {
                "raw"
            };
            failures.extend(
                wrong
                    .iter()
                    .map(|why| format!("{} {way} {valid}: {why}", documented.id)),
            );
        }
    }
    run.failures = failures;
    run.end();
}

#[tokio::test]
async fn each_kind_of_invalid_input_is_refused_with_its_code() {
    let mut run = Run::new();
    let mut failures = Vec::new();
    let mut sent: BTreeMap<Slip, (usize, usize)> = BTreeMap::new();
    for documented in run.documents.operations() {
        let sandbox = sandbox(documented).await;
        let valid = Stage::new(&run.documents, &sandbox)
            .set(documented)
            .unwrap();
        let before = held(&sandbox);
        for case in slip::cases(documented, &valid) {
            let counted = sent.entry(case.slip).or_default();
            counted.0 += 1;
            let mut wrong = run.is_refused_raw(documented, &sandbox, &case).await;
            match run.is_refused(documented, &sandbox, &case).await {
                Some(more) => {
                    counted.1 += 1;
                    wrong.extend(more.iter().map(|why| format!("through the SDK: {why}")));
                }
                None if IMPOSSIBLE.contains(&case.slip) => {}
                None => wrong.push("the SDK cannot say it".into()),
            }
            failures.extend(
                wrong
                    .iter()
                    .map(|why| format!("{} {:?} {}: {why}", documented.id, case.slip, case.place)),
            );
        }
        if held(&sandbox) != before {
            failures.push(format!("{}: what was refused was done", documented.id));
        }
    }
    run.failures = failures;
    run.sent = sent;
    run.end();
    for slip in SLIPS {
        let (raw, through_sdk) = run.sent.get(&slip).copied().unwrap_or_default();
        assert!(raw >= 10, "{slip:?} was tried {raw} times");
        assert!(
            through_sdk >= 10 || IMPOSSIBLE.contains(&slip),
            "{slip:?} through the SDK: {through_sdk}"
        );
    }
}
