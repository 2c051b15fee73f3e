//! A client of the sandbox that does not use the SDK.
#![allow(dead_code, missing_docs)]

use katapult_sandbox::{Builder, Sandbox, Time, Token};
use serde_json::Value;

pub(crate) const CORE: &str = katapult_openapi::embedded::CORE_JSON;

pub(crate) struct Raw {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) headers: reqwest::header::HeaderMap,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn id(&self, property: &str) -> String {
        self.json()[property]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{property}: {}", self.body))
            .to_owned()
    }
}

impl Raw {
    pub(crate) async fn start() -> Self {
        Self::with(Sandbox::builder()).await
    }

    pub(crate) async fn with(builder: Builder) -> Self {
        let builder = builder
            .time(Time::Manual)
            .token(Token::new("all").permitted(u32::MAX));
        Self {
            sandbox: builder.start().await.unwrap(),
            http: reqwest::Client::new(),
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        let mut request = self.http.request(
            method.parse().unwrap(),
            format!("{}{path}", self.sandbox.url()),
        );
        request = request.bearer_auth("all");
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Response {
            status,
            headers,
            body: response.text().await.unwrap(),
        }
    }
}
