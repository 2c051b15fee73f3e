//! A certificate by ACME: `instant-acme` orders it for a domain and its wildcard, and `AcmeChallenge` proves the control over
//! them by DNS-01. The zone is in a sandbox, and the certificate authority is scripted: it issues if the zone has the
//! challenges.
//!
//! ```console
//! $ cargo run -p katapult-consumer --example acme
//! ```

use std::fmt::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use instant_acme::{
    Account, AuthorizationStatus, BodyWrapper, BytesResponse, ChallengeType, Error, HttpClient,
    Identifier, NewAccount, NewOrder, OrderStatus, RetryPolicy,
};
use katapult_consumer::{Result, builder};
use katapult_core::Client;
use katapult_sandbox::Sandbox;
use katapult_workflows::AcmeChallenge;
use serde_json::{Value, json};

const ZONE: &str = "acme.example";
const DIRECTORY: &str = "https://ca.example/directory";

/// A certificate authority that answers from a script and has one order, of a domain and its wildcard.
struct Authority {
    /// The zones that it reads instead of asking name servers.
    sandbox: Arc<Sandbox>,
    /// The number of challenges that were found in the zone.
    validated: AtomicUsize,
    issued: AtomicBool,
}

impl Authority {
    fn new(sandbox: &Arc<Sandbox>) -> Self {
        Self {
            sandbox: sandbox.clone(),
            validated: AtomicUsize::new(0),
            issued: AtomicBool::new(false),
        }
    }

    fn order(&self) -> Value {
        let issued = self.issued.load(Ordering::SeqCst);
        let status = match self.validated.load(Ordering::SeqCst) {
            _ if issued => "valid",
            2 => "ready",
            _ => "pending",
        };
        let url = |path: &str| format!("https://ca.example/{path}");
        json!({
            "status": status, "finalize": url("finalize"),
            "authorizations": [url("authorizations/0"), url("authorizations/1")],
            "certificate": issued.then(|| url("certificate")),
        })
    }

    fn authorization(&self, index: usize) -> Value {
        json!({
            "identifier": {"type": "dns", "value": ZONE}, "wildcard": index == 1,
            "status": "pending", "challenges": [self.challenge(index)],
        })
    }

    fn challenge(&self, index: usize) -> Value {
        let valid = index < self.validated.load(Ordering::SeqCst);
        json!({
            "type": "dns-01", "url": format!("https://ca.example/challenges/{index}"),
            "token": format!("token-{index}"), "status": if valid { "valid" } else { "pending" },
        })
    }

    /// Looks for one more challenge in the zone than before: those of both names have the same record name.
    fn validate(&self) {
        let found = challenges(&self.sandbox).len();
        let validated = self.validated.load(Ordering::SeqCst);
        self.validated
            .store(found.min(validated + 1), Ordering::SeqCst);
    }

    fn respond(&self, path: &str) -> std::result::Result<Response<Bytes>, Error> {
        let url = |path: &str| format!("https://ca.example/{path}");
        let (words, mut location) = (path.trim_start_matches('/').split_once('/'), None);
        let body = match words.unwrap_or((path.trim_start_matches('/'), "0")) {
            ("directory", _) => json!({
                "newNonce": url("nonce"), "newAccount": url("account"), "newOrder": url("order"),
            }),
            ("account", _) => {
                location = Some(url("accounts/1"));
                json!({})
            }
            ("order", _) => {
                location = Some(url("orders/1"));
                self.order()
            }
            ("authorizations", index) => self.authorization(index.parse().unwrap_or_default()),
            ("challenges", index) => {
                self.validate();
                self.challenge(index.parse().unwrap_or_default())
            }
            ("finalize", _) => {
                self.issued.store(true, Ordering::SeqCst);
                self.order()
            }
            ("certificate", _) => json!("the certificate"),
            _ => self.order(),
        };
        let mut response = Response::builder()
            .status(StatusCode::OK)
            .header("replay-nonce", "nonce");
        if let Some(location) = location {
            response = response.header("location", location);
        }
        let body = body.to_string().into();
        response
            .body(body)
            .map_err(|error| Error::Other(error.into()))
    }
}

impl HttpClient for Authority {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<BytesResponse, Error>> + Send>> {
        let response = self.respond(request.uri().path()).map(|response| {
            let (parts, body) = response.into_parts();
            BytesResponse {
                parts,
                body: Box::new(body),
            }
        });
        Box::pin(async { response })
    }
}

/// Returns the values of the challenge records in the zone.
fn challenges(sandbox: &Sandbox) -> Vec<String> {
    sandbox.world(|world| {
        let records = world.by_kind("DnsRecord");
        let records = records.filter(|record| record.text("name") == "_acme-challenge");
        records
            .map(|record| record.text("content").to_owned())
            .collect()
    })
}

/// Orders a certificate, and returns what happened as text.
async fn order(katapult: &Client, authority: Authority) -> Result<String> {
    let mut text = String::new();
    let account = Account::builder_with_http(Box::new(authority));
    let new_account = NewAccount {
        contact: &[],
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let (account, _credentials) = account.create(&new_account, DIRECTORY.into(), None).await?;
    let names = [ZONE.to_owned(), format!("*.{ZONE}")].map(Identifier::Dns);
    let mut order = account.new_order(&NewOrder::new(&names)).await?;

    let mut set = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let challenge = authorization.challenge(ChallengeType::Dns01);
        let mut challenge = challenge.ok_or("the authority has no DNS-01 challenge")?;
        let domain = challenge.identifier().to_string();
        let value = challenge.key_authorization().dns_value();
        writeln!(
            text,
            "{domain}: a challenge with {} characters",
            value.len()
        )?;
        let record = AcmeChallenge::new(katapult, ZONE, domain, value);
        record.set().await?;
        writeln!(text, "  set {}", record.name())?;
        set.push(record);
        challenge.set_ready().await?;
    }
    // The first poll is after this delay.
    let poll = RetryPolicy::new().initial_delay(Duration::from_millis(10));
    let ready = order.poll_ready(&poll).await;
    // Cleared whatever the result is: the authority has read them.
    for record in set {
        record.clear().await?;
    }
    let ready = ready?;
    writeln!(text, "the order is {ready:?}")?;
    if ready == OrderStatus::Ready {
        let private_key = order.finalize().await?;
        let certificate = order.poll_certificate(&poll).await?;
        writeln!(text, "issued: {certificate}")?;
        writeln!(text, "{}", private_key.lines().next().unwrap_or_default())?;
    }
    Ok(text)
}

pub(crate) async fn run() -> Result<String> {
    let sandbox = Arc::new(Sandbox::start().await?);
    let katapult = builder(&sandbox).build()?;
    let acme = sandbox.id_of("Organization", "sub_domain", "acme")?;
    let zone = json!({"name": ZONE, "organization": acme});
    sandbox.insert_object("DnsZone", zone)?;
    let mut text = order(&katapult, Authority::new(&sandbox)).await?;
    writeln!(
        text,
        "challenges left in the zone: {}",
        challenges(&sandbox).len()
    )?;
    Ok(text)
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result {
    print!("{}", run().await?);
    Ok(())
}
