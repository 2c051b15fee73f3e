//! Every operation against the sandbox, through the SDK and raw: with valid input, and with each
//! kind of invalid input. Responses match the documents; errors have the code of their kind.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use katapult_contract::generators::invalid_input::{self, InvalidInput, Mutation};
use katapult_contract::json::compare::compare;
use katapult_contract::sandbox_contract::oracle::Oracle;
use katapult_contract::sandbox_contract::setup::{self, Setup};
use katapult_contract::sdk::client::error_fields;
use katapult_contract::sdk::registry::{AnyOperation, CallError, Registry};
use katapult_core::bytes::Bytes;
use katapult_core::http::Request;
use katapult_core::{Client, Error, ErrorKind, HttpClient, HttpFuture, RateLimit, RetryPolicy};
use katapult_openapi::{Api, Operation, Spec};
use katapult_sandbox::{RecordedRequest, Sandbox, Time, Token};
use serde_json::{Value, json};

const TOKEN: &str = "all";
const NARROW: &str = "narrow";
const WORLD: &str = include_str!("../../../../katapult-sandbox/data/world.json");
/// Invalid input that the types rule out: the SDK cannot send it.
const IMPOSSIBLE: [Mutation; 6] = [
    Mutation::MissingLookup,
    Mutation::EmptyLookup,
    Mutation::AmbiguousLookup,
    Mutation::MissingField,
    Mutation::UnknownField,
    Mutation::WrongType,
];

async fn sandbox(operation: &Operation) -> Sandbox {
    let mut builder = Sandbox::builder()
        .time(Time::Manual)
        .token(Token::new(TOKEN).permitted(u32::MAX))
        .token(Token::new(NARROW).scopes(["nothing"]).permitted(u32::MAX));
    if operation.id == "buckets.object" {
        builder = builder.world(setup::with_storage_object(WORLD).unwrap());
    }
    builder.start().await.unwrap()
}

/// Returns the token to send with this kind of invalid input.
fn token(slip: Mutation) -> Option<&'static str> {
    match slip {
        Mutation::MissingToken => None,
        Mutation::InvalidToken => Some("wrong"),
        Mutation::MissingScope => Some(NARROW),
        _ => Some(TOKEN),
    }
}

/// Returns the kind of error that the SDK's documentation states for a code.
fn kind(status: u16, code: &str) -> ErrorKind {
    match (status, code) {
        (_, "missing_api_token" | "invalid_api_token") => ErrorKind::Auth,
        (403, _) => ErrorKind::Forbidden,
        (404, _) => ErrorKind::NotFound,
        (422, _) => ErrorKind::Validation,
        (406 | 409, _) => ErrorKind::Conflict,
        _ => ErrorKind::Status,
    }
}

fn objects(sandbox: &Sandbox) -> Vec<String> {
    sandbox.world(|world| {
        world
            .objects()
            .map(|object| format!("{object:?}"))
            .collect()
    })
}

/// The parts under test, and the failures.
struct Run {
    documents: Spec,
    oracle: Oracle,
    registry: Registry,
    http: reqwest::Client,
    /// A client for each token, built once, as building one reads certificates; its requests are
    /// redirected to the port of the current sandbox.
    clients: Mutex<HashMap<Option<&'static str>, Client>>,
    port: Arc<AtomicU16>,
    failures: Vec<String>,
    /// The number of cases of each kind that were sent, raw and through the SDK.
    sent: BTreeMap<Mutation, (usize, usize)>,
}

impl Run {
    fn new() -> Self {
        let documents = Spec::embedded().unwrap();
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
            let builder = Client::builder().http_client(move |mut request: Request<Bytes>| {
                let target = request.uri().path_and_query().unwrap().as_str();
                let url = format!("http://127.0.0.1:{}{target}", port.load(Ordering::SeqCst));
                *request.uri_mut() = url.parse().unwrap();
                let http = http.clone();
                let sent: HttpFuture<'static> =
                    Box::pin(async move { HttpClient::send(&http, request).await });
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

    /// Fails with all failures at once.
    fn assert_success(&self) {
        let Self { failures, .. } = self;
        assert!(
            failures.is_empty(),
            "{} failures:\n{}",
            failures.len(),
            failures.join("\n")
        );
    }

    /// Checks a raw success against the document; returns the differences.
    fn check_success(&self, documented: &Operation, recorded: &RecordedRequest) -> Vec<String> {
        if recorded.status != documented.status {
            return vec![recorded.to_string()];
        }
        match documented.response() {
            None => Vec::new(),
            Some(_) => match serde_json::from_str(recorded.response_body()) {
                Ok(response) => self.oracle.success(documented, &response),
                Err(error) => vec![error.to_string()],
            },
        }
    }

    /// Sends valid input through the SDK; nothing of the response is lost.
    async fn send_valid(
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
        let recorded = sandbox.requests().pop().unwrap_or_default();
        let mut wrong = self.check_success(documented, &recorded);
        match documented.response() {
            None if written == recorded.response_body() => {}
            None => wrong.push(format!(
                "the text {:?} was read as {written}",
                recorded.response_body()
            )),
            Some(schema) => {
                let response: Value =
                    serde_json::from_str(recorded.response_body()).unwrap_or_default();
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

    /// Sends invalid input raw, and checks status, code, envelope and detail.
    async fn send_invalid_raw(
        &self,
        documented: &Operation,
        sandbox: &Sandbox,
        case: &InvalidInput,
    ) -> Vec<String> {
        let (status, code) = case.expected_error(documented);
        let (target, body) = setup::encode(documented, &case.arguments);
        let url = format!("{}{target}", sandbox.url());
        let method = documented.method.parse().unwrap();
        let mut request = self.http.request(method, url);
        if let Some(token) = token(case.mutation) {
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
        if case.mutation == Mutation::MissingScope
            && response["error"]["detail"]["scopes"] != json!(documented.scopes)
        {
            wrong.push(format!("other scopes than documented: {text}"));
        }
        wrong
    }

    /// Sends invalid input through the SDK, and checks kind, code and detail; `None` if the types
    /// rule it out.
    async fn send_invalid(
        &self,
        documented: &Operation,
        sandbox: &Sandbox,
        case: &InvalidInput,
    ) -> Option<Vec<String>> {
        let operation = self.operation(documented);
        if case.mutation == Mutation::UnknownField || operation.check(&case.arguments).is_err() {
            return None;
        }
        let outcome = operation
            .send(&self.client(sandbox, token(case.mutation)), &case.arguments)
            .await;
        let error = match outcome {
            Err(CallError::Client(error)) => error,
            other => return Some(vec![format!("no error of the client's: {other:?}")]),
        };
        if case.mutation == Mutation::MissingToken {
            // The client fails before anything is sent.
            let ok = error.is_auth() && error.attempts() == 0;
            return Some(if ok { vec![] } else { vec![error.to_string()] });
        }
        Some(self.check_error(documented, case, &error))
    }

    fn check_error(
        &self,
        documented: &Operation,
        case: &InvalidInput,
        error: &Error,
    ) -> Vec<String> {
        let (status, code) = case.expected_error(documented);
        let found = error_fields(error);
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
        let error_code = self.documents.error_code(Api::Core, &code);
        if error_code.and_then(|code| code.detail()).is_some() != found.typed {
            wrong.push(format!("{code}: its detail is typed: {}", found.typed));
        }
        wrong
    }
}

#[tokio::test]
async fn valid_input_gets_the_documented_response() {
    let mut run = Run::new();
    let mut failures = Vec::new();
    for documented in run.documents.operations() {
        for through_sdk in [false, true] {
            let sandbox = sandbox(documented).await;
            let valid = match Setup::new(&run.documents, &sandbox).prepare_for(documented) {
                Ok(valid) => valid,
                Err(why) => {
                    failures.push(format!("{}: before it: {why}", documented.id));
                    break;
                }
            };
            let wrong = if through_sdk {
                run.send_valid(documented, &sandbox, &valid).await
            } else {
                run.check_success(documented, &setup::send(&sandbox, documented, &valid))
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
    run.assert_success();
}

#[tokio::test]
async fn invalid_input_is_rejected_with_its_code() {
    let mut run = Run::new();
    let mut failures = Vec::new();
    let mut sent: BTreeMap<Mutation, (usize, usize)> = BTreeMap::new();
    for documented in run.documents.operations() {
        let sandbox = sandbox(documented).await;
        let valid = Setup::new(&run.documents, &sandbox)
            .prepare_for(documented)
            .unwrap();
        let before = objects(&sandbox);
        for case in invalid_input::all(documented, &valid) {
            let counted = sent.entry(case.mutation).or_default();
            counted.0 += 1;
            let mut wrong = run.send_invalid_raw(documented, &sandbox, &case).await;
            match run.send_invalid(documented, &sandbox, &case).await {
                Some(more) => {
                    counted.1 += 1;
                    wrong.extend(more.iter().map(|why| format!("through the SDK: {why}")));
                }
                None if IMPOSSIBLE.contains(&case.mutation) => {}
                None => wrong.push("the SDK cannot send it".into()),
            }
            failures.extend(
                wrong.iter().map(|why| {
                    format!("{} {:?} {}: {why}", documented.id, case.mutation, case.path)
                }),
            );
        }
        if objects(&sandbox) != before {
            failures.push(format!(
                "{}: a rejected request was executed",
                documented.id
            ));
        }
    }
    run.failures = failures;
    run.sent = sent;
    run.assert_success();
    for slip in Mutation::ALL {
        let (raw, through_sdk) = run.sent.get(&slip).copied().unwrap_or_default();
        assert!(raw >= 10, "{slip:?} was tried {raw} times");
        assert!(
            through_sdk >= 10 || IMPOSSIBLE.contains(&slip),
            "{slip:?} through the SDK: {through_sdk}"
        );
    }
}
