//! The server. It does as little as possible, so that the figures are the client's.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::{MEDIUM_MACHINE, SMALL_MACHINE, fixtures};

/// The settings of the server.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The number of virtual machines in the list.
    pub machines: u64,
    /// The delay before each response.
    pub delay: Duration,
}

struct Content {
    settings: Settings,
    machine: Bytes,
    medium: Bytes,
    small: Bytes,
    item: (String, String),
}

/// Listens on a free port of loopback, calls `on_listen` with the URL, and serves until the process ends.
///
/// # Errors
///
/// If no port is free.
pub async fn serve(settings: Settings, on_listen: impl FnOnce(&str)) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    on_listen(&format!("http://{}", listener.local_addr()?));
    let content = Arc::new(Content {
        settings,
        machine: fixtures::machine().to_string().into(),
        medium: fixtures::medium_machine().to_string().into(),
        small: fixtures::small_machine().to_string().into(),
        item: fixtures::item(),
    });
    let app = Router::new()
        .route("/core/v1/virtual_machines/virtual_machine", get(machine))
        .route(
            "/core/v1/organizations/organization/virtual_machines",
            get(list),
        )
        .with_state(content);
    axum::serve(listener, app).await
}

async fn machine(
    State(content): State<Arc<Content>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let body = match query.get("virtual_machine[fqdn]").map(String::as_str) {
        Some(MEDIUM_MACHINE) => &content.medium,
        Some(SMALL_MACHINE) => &content.small,
        _ => &content.machine,
    };
    respond(&content, body.clone()).await
}

async fn list(
    State(content): State<Arc<Content>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let number = |name: &str, otherwise| {
        let text = query.get(name);
        text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let page = content.page(number("page", 1), number("per_page", 30));
    respond(&content, page.into()).await
}

async fn respond(content: &Content, body: Bytes) -> Response {
    if !content.settings.delay.is_zero() {
        tokio::time::sleep(content.settings.delay).await;
    }
    let headers = [
        ("content-type", "application/json"),
        ("x-request-id", "9e559b10-e8c7-4e76-bcdf-0b7bb1d89892"),
        // Never reached, so that the SDK's rate limiting costs time but causes no wait.
        ("x-ratelimit-permitted", "1000000000"),
        ("x-ratelimit-remaining", "999999999"),
    ];
    (headers, body).into_response()
}

impl Content {
    fn page(&self, page: u64, per_page: u64) -> String {
        let total = self.settings.machines;
        let per_page = per_page.max(1);
        let first = page.saturating_sub(1).saturating_mul(per_page).min(total);
        let (before, after) = &self.item;
        let mut text = format!(
            r#"{{"pagination":{{"current_page":{page},"total_pages":{},"total":{total},"per_page":{per_page},"large_set":false}},"virtual_machines":["#,
            total.div_ceil(per_page)
        );
        for number in first..(first + per_page).min(total) {
            if number > first {
                text.push(',');
            }
            text.push_str(before);
            let _ = write!(text, "vm_{number:016}");
            text.push_str(after);
        }
        text.push_str("]}");
        text
    }
}
