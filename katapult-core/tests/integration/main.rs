//! Tests of the client as its users call it: over a scripted HTTP client in tokio's paused time,
//! and over sockets where the bytes on the wire are the subject.

#[cfg(feature = "virtual-machines")]
mod call_additions;
#[cfg(feature = "virtual-machines")]
mod client_defaults;
#[cfg(feature = "virtual-machines")]
mod connections;
#[cfg(feature = "virtual-machines")]
mod credentials;
#[cfg(feature = "virtual-machines")]
mod errors;
#[cfg(all(feature = "virtual-machines", feature = "rustls-tls"))] // native-tls negotiates no HTTP/2
mod http2;
#[cfg(all(
    feature = "virtual-machines",
    any(feature = "rustls-tls", feature = "native-tls")
))]
mod http_settings;
#[cfg(feature = "virtual-machines")]
mod httpmock;
#[cfg(feature = "virtual-machines")]
mod lists;
#[cfg(feature = "virtual-machines")]
mod malformed_connections;
#[cfg(feature = "virtual-machines")]
mod malformed_responses;
#[cfg(all(feature = "tags", feature = "tasks"))]
mod many_waits;
#[cfg(all(target_os = "linux", feature = "virtual-machines"))]
mod memory;
#[cfg(feature = "virtual-machines")]
mod metadata;
#[cfg(feature = "virtual-machines")]
mod observer;
mod operations;
mod outage;
#[cfg(feature = "virtual-machines")]
mod outage_on_sockets;
#[cfg(all(
    feature = "virtual-machines",
    any(feature = "rustls-tls", feature = "native-tls")
))]
mod permanent_errors;
mod plain_transport;
#[cfg(feature = "virtual-machines")]
mod prefetched_pages;
#[cfg(feature = "virtual-machines")]
mod rate_limit;
mod raw_requests;
#[cfg(feature = "virtual-machines")]
mod redirects;
#[cfg(all(
    feature = "virtual-machines",
    feature = "tasks",
    feature = "trash-objects"
))]
mod resumed_waits;
#[cfg(feature = "virtual-machines")]
mod retry_loop;
#[cfg(feature = "virtual-machines")]
mod runtimes;
#[cfg(feature = "virtual-machines")]
mod scripted_api;
#[cfg(feature = "virtual-machines")]
mod scripted_client;
#[cfg(feature = "virtual-machines")]
mod secret_places;
#[cfg(feature = "virtual-machines")]
mod secret_redaction;
#[cfg(feature = "virtual-machines")]
mod server_clock;
mod support;
#[cfg(all(
    feature = "virtual-machines",
    any(feature = "rustls-tls", feature = "native-tls")
))]
mod tls;
#[cfg(feature = "virtual-machines")]
mod tower_client;
#[cfg(all(feature = "virtual-machines", feature = "tasks"))]
mod unpolled_calls;
#[cfg(all(feature = "virtual-machines", feature = "tasks"))]
mod unusual_successes;
#[cfg(all(feature = "virtual-machines", feature = "tasks"))]
mod wait_all;
#[cfg(all(feature = "virtual-machines", feature = "tasks"))]
mod waits;
