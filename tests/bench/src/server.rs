//! The server: as quick as may be, so that what is measured is the client.

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

use crate::body;

/// How many machines there are, and how long a reply takes.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Machines in the list.
    pub machines: u64,
    /// The time before each reply.
    pub delay: Duration,
}

struct World {
    settings: Settings,
    machine: Bytes,
    item: (String, String),
}

/// Listens on a free port of loopback, tells the address, and serves until the process ends.
///
/// # Errors
///
/// When loopback gives no port.
pub async fn serve(settings: Settings, tell: impl FnOnce(&str)) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    tell(&format!("http://{}", listener.local_addr()?));
    let world = Arc::new(World {
        settings,
        machine: body::machine().to_string().into(),
        item: body::item(),
    });
    let app = Router::new()
        .route("/core/v1/virtual_machines/virtual_machine", get(machine))
        .route(
            "/core/v1/organizations/organization/virtual_machines",
            get(list),
        )
        .with_state(world);
    axum::serve(listener, app).await
}

async fn machine(State(world): State<Arc<World>>) -> Response {
    answer(&world, world.machine.clone()).await
}

async fn list(
    State(world): State<Arc<World>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let number = |name: &str, otherwise| {
        let text = query.get(name);
        text.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let page = world.page(number("page", 1), number("per_page", 30));
    answer(&world, page.into()).await
}

async fn answer(world: &World, body: Bytes) -> Response {
    if !world.settings.delay.is_zero() {
        tokio::time::sleep(world.settings.delay).await;
    }
    let headers = [
        ("content-type", "application/json"),
        ("x-request-id", "9e559b10-e8c7-4e76-bcdf-0b7bb1d89892"),
        ("x-ratelimit-permitted", "1000000000"),
        ("x-ratelimit-remaining", "999999999"),
    ];
    (headers, body).into_response()
}

impl World {
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
