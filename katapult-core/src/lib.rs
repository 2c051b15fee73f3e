//! An async Rust SDK for the [Katapult](https://katapult.io) cloud: typed, with safe retries, rate limiting, pagination
//! and waiters.
//!
//! ```console
//! $ cargo add katapult-core
//! $ cargo add tokio --features macros,rt-multi-thread
//! $ export KATAPULT_API_KEY=…   # Katapult console: Access, API Tokens
//! ```
//!
#![cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#![cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
//! use katapult_core::{Client, prelude::*, types::OrganizationLookup};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let katapult = Client::from_env()?; // KATAPULT_API_KEY, KATAPULT_API_URL
//!     let acme = OrganizationLookup::sub_domain("acme");
//!     let mut machines = katapult.virtual_machines().list(&acme).items(); // a stream
//!     while let Some(machine) = machines.try_next().await? {
//!         println!("{} {:?}", machine.id, machine.fqdn);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A call has three parts: the resource, the operation with its required arguments, and setters for the optional ones.
//! [`Client`] has a method for each resource, and each resource is a [module](#modules) with a table of its operations.
//! To find an operation, search this page in everyday words, such as "start server" or "firewall".
//!
//! # Guide
//!
#![cfg_attr(feature = "virtual-machines", doc = include_str!("guide/index.md"))]
#![cfg_attr(
    not(feature = "virtual-machines"),
    doc = "The guide needs the feature `virtual-machines`, which is on by default."
)]
//!
//! # Execution of a call
//!
//! A call waits for the [rate limit](RateLimit), is sent, and is retried by the [policy](RetryPolicy), within a
//! time limit for each attempt and a deadline for the whole. [`ClientBuilder`] lists the defaults. A write that
//! may have been executed is never executed twice: see [`Error::is_unconfirmed`], [`CallExt::reconcile`](prelude::CallExt::reconcile), and
//! [`ReconcileByKey`](prelude::ReconcileByKey) for objects with a natural key.
//!
//! # Cargo features
//!
//! Each resource has a feature, such as `disks` or `dns-records`; `full` enables all. The default features are
//! `rustls-tls`, `tasks`, `trash-objects` and `virtual-machines`.
//!
//! | feature | effect |
//! | --- | --- |
//! | `rustls-tls` (default), `native-tls` | the TLS implementation |
//! | `blocking` | methods that block the thread: `send_blocking`, `items_blocking`, `wait_blocking` |
//! | `serde` | `Serialize` and `Deserialize` for all requests and responses |
//! | `schemars` | a JSON Schema of each type that is sent or received |
//! | `jiff` | conversions of [`Timestamp`] to and from jiff's |
//! | `test-util` | the test doubles of `test_util`, `Default` for responses, and `Clock` and `Rng` to replace time and randomness |
//! | `httpmock` | mocks of calls on an httpmock server: `httpmock::MockServerExt` |
//! | `tower` | a `tower` service as the HTTP client, and layers round it: `TowerClient` |

// docs.rs shows the feature of each item by it. Permitted by the compiler of the nightly toolchain alone.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
mod blocking;
mod call;
mod client;
mod error;
#[cfg(feature = "virtual-machines")] // its examples use virtual machines, a default feature
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guide;
#[cfg(feature = "httpmock")]
pub mod httpmock;
pub mod observer;
mod pagination;
pub mod prelude;
mod rate_limit;
mod resume_token;
mod retry;
mod scopes;
#[cfg(feature = "test-util")]
pub mod test_util;
mod transport;
#[rustfmt::skip] // generated
pub mod types;
mod util;
mod waiter;

#[cfg(feature = "blocking")]
pub use blocking::BlockingIter;
pub use call::Reconciled;
#[cfg(feature = "trash-objects")]
pub use call::Trashed;
pub use client::{Client, ClientBuilder};
#[cfg(feature = "blocking")]
pub use error::BlockingError;
pub use error::{ConfigError, Error, ErrorKind, HttpClientError};
pub use pagination::{Items, ItemsWithJson, Page, Pages};
pub use rate_limit::{RateLimit, RateLimitState};
pub use resume_token::{ResumeToken, ResumeTokenError};
pub use retry::{Jitter, RetryBudget, RetryPolicy};
pub use scopes::{RequiredScopes, required_scopes};
pub use secrecy::SecretString;
pub use transport::{
    Call, CallOptions, DefaultHttpClient, HttpBody, HttpClient, HttpFuture, HttpResponse,
    HttpTransport, TokenFuture, TokenProvider,
};
#[cfg(feature = "tower")]
pub use transport::{HttpClientService, TowerClient};
#[cfg(feature = "test-util")]
pub use util::{clock::Clock, rng::Rng};
#[cfg(feature = "disks")]
pub use waiter::resources::DiskCondition;
#[cfg(feature = "file-storage-volumes")]
pub use waiter::resources::FileStorageVolumeCondition;
#[cfg(feature = "object-storage")]
pub use waiter::resources::ObjectStorageCondition;
pub use waiter::resources::ResourceCondition;
#[cfg(feature = "tasks")]
pub use waiter::resources::TaskCondition;
#[cfg(feature = "trash-objects")]
pub use waiter::resources::TrashObjectCondition;
#[cfg(feature = "virtual-machine-builds")]
pub use waiter::resources::VirtualMachineBuildCondition;
#[cfg(feature = "virtual-machines")]
pub use waiter::resources::{VirtualMachineCondition, VirtualMachineDeletedCondition};
pub use waiter::{
    Completed, OperationWaiter, PollPolicy, ResumableCondition, StateStream, WaitAll,
    WaitAllOutcome, WaitCondition, WaitError, WaitProgress, WaitState, WaitToken, WaitTokenError,
    Waiter, wait_all,
};

// katapult-gen, as a part of this crate: each item by its name, and with a page of its own in the documentation.
#[doc(inline)]
pub use katapult_gen::{
    API_VERSION, Api, ApiError, BuildError, DecodeError, ExposeSecrets, IdempotencySource,
    IntoLookup, IntoSubject, ListOperation, Operation, OperationInfo, OperationRef, Patch,
    QueryPairs, RateLimitHeaders, RawRequest, RawResponse, Response, Secret, SentRequest,
    SettlingOperation, StateOperation, StateResource, TaskOperation, Timestamp, Transport,
    TrashOperation, UnknownValueError, build_request, error_codes,
};
#[cfg(feature = "full")]
#[doc(inline)]
pub use katapult_gen::{for_each_list, for_each_operation, for_each_task, for_each_trash};

// One re-export per resource, written by `cargo xtask generate`.
#[cfg(any(
    feature = "access-keys",
    feature = "address-list-entries",
    feature = "address-lists",
    feature = "api-tokens",
    feature = "buckets",
    feature = "certificates",
    feature = "countries",
    feature = "country-states",
    feature = "currencies",
    feature = "data-centers",
    feature = "disk-backup-policies",
    feature = "disk-io-profiles",
    feature = "disk-template-versions",
    feature = "disk-templates",
    feature = "disks",
    feature = "dns-records",
    feature = "dns-zones",
    feature = "file-storage-volumes",
    feature = "gpu-types",
    feature = "ip-addresses",
    feature = "load-balancer-rules",
    feature = "load-balancers",
    feature = "managed-organizations",
    feature = "network-speed-profiles",
    feature = "networks",
    feature = "object-storage",
    feature = "operating-systems",
    feature = "organization-users",
    feature = "organizations",
    feature = "public",
    feature = "security-group-rules",
    feature = "security-groups",
    feature = "ssh-keys",
    feature = "tags",
    feature = "tasks",
    feature = "trash-objects",
    feature = "virtual-machine-builds",
    feature = "virtual-machine-groups",
    feature = "virtual-machine-network-interfaces",
    feature = "virtual-machine-packages",
    feature = "virtual-machines",
    feature = "virtual-networks",
    feature = "zones",
))]
#[cfg_attr(docsrs, doc(auto_cfg = false))]
#[doc(inline)]
pub use katapult_gen::LookupError;
#[cfg(feature = "access-keys")]
#[doc(inline)]
pub use katapult_gen::access_keys;
#[cfg(feature = "address-list-entries")]
#[doc(inline)]
pub use katapult_gen::address_list_entries;
#[cfg(feature = "address-lists")]
#[doc(inline)]
pub use katapult_gen::address_lists;
#[cfg(feature = "api-tokens")]
#[doc(inline)]
pub use katapult_gen::api_tokens;
#[cfg(feature = "buckets")]
#[doc(inline)]
pub use katapult_gen::buckets;
#[cfg(feature = "certificates")]
#[doc(inline)]
pub use katapult_gen::certificates;
#[cfg(feature = "countries")]
#[doc(inline)]
pub use katapult_gen::countries;
#[cfg(feature = "country-states")]
#[doc(inline)]
pub use katapult_gen::country_states;
#[cfg(feature = "currencies")]
#[doc(inline)]
pub use katapult_gen::currencies;
#[cfg(feature = "data-centers")]
#[doc(inline)]
pub use katapult_gen::data_centers;
#[cfg(feature = "disk-backup-policies")]
#[doc(inline)]
pub use katapult_gen::disk_backup_policies;
#[cfg(feature = "disk-io-profiles")]
#[doc(inline)]
pub use katapult_gen::disk_io_profiles;
#[cfg(feature = "disk-template-versions")]
#[doc(inline)]
pub use katapult_gen::disk_template_versions;
#[cfg(feature = "disk-templates")]
#[doc(inline)]
pub use katapult_gen::disk_templates;
#[cfg(feature = "disks")]
#[doc(inline)]
pub use katapult_gen::disks;
#[cfg(feature = "dns-records")]
#[doc(inline)]
pub use katapult_gen::dns_records;
#[cfg(feature = "dns-zones")]
#[doc(inline)]
pub use katapult_gen::dns_zones;
#[cfg(feature = "file-storage-volumes")]
#[doc(inline)]
pub use katapult_gen::file_storage_volumes;
#[cfg(feature = "gpu-types")]
#[doc(inline)]
pub use katapult_gen::gpu_types;
#[cfg(feature = "ip-addresses")]
#[doc(inline)]
pub use katapult_gen::ip_addresses;
#[cfg(feature = "load-balancer-rules")]
#[doc(inline)]
pub use katapult_gen::load_balancer_rules;
#[cfg(feature = "load-balancers")]
#[doc(inline)]
pub use katapult_gen::load_balancers;
#[cfg(feature = "managed-organizations")]
#[doc(inline)]
pub use katapult_gen::managed_organizations;
#[cfg(feature = "network-speed-profiles")]
#[doc(inline)]
pub use katapult_gen::network_speed_profiles;
#[cfg(feature = "networks")]
#[doc(inline)]
pub use katapult_gen::networks;
#[cfg(feature = "object-storage")]
#[doc(inline)]
pub use katapult_gen::object_storage;
#[cfg(feature = "operating-systems")]
#[doc(inline)]
pub use katapult_gen::operating_systems;
#[cfg(feature = "organization-users")]
#[doc(inline)]
pub use katapult_gen::organization_users;
#[cfg(feature = "organizations")]
#[doc(inline)]
pub use katapult_gen::organizations;
#[cfg(feature = "public")]
#[doc(inline)]
pub use katapult_gen::public;
#[cfg(feature = "security-group-rules")]
#[doc(inline)]
pub use katapult_gen::security_group_rules;
#[cfg(feature = "security-groups")]
#[doc(inline)]
pub use katapult_gen::security_groups;
#[cfg(feature = "ssh-keys")]
#[doc(inline)]
pub use katapult_gen::ssh_keys;
#[cfg(feature = "tags")]
#[doc(inline)]
pub use katapult_gen::tags;
#[cfg(feature = "tasks")]
#[doc(inline)]
pub use katapult_gen::tasks;
#[cfg(feature = "trash-objects")]
#[doc(inline)]
pub use katapult_gen::trash_objects;
#[cfg(feature = "users")]
#[doc(inline)]
pub use katapult_gen::users;
#[cfg(feature = "virtual-machine-builds")]
#[doc(inline)]
pub use katapult_gen::virtual_machine_builds;
#[cfg(feature = "virtual-machine-groups")]
#[doc(inline)]
pub use katapult_gen::virtual_machine_groups;
#[cfg(feature = "virtual-machine-network-interfaces")]
#[doc(inline)]
pub use katapult_gen::virtual_machine_network_interfaces;
#[cfg(feature = "virtual-machine-packages")]
#[doc(inline)]
pub use katapult_gen::virtual_machine_packages;
#[cfg(feature = "virtual-machines")]
#[doc(inline)]
pub use katapult_gen::virtual_machines;
#[cfg(feature = "virtual-networks")]
#[doc(inline)]
pub use katapult_gen::virtual_networks;
#[cfg(feature = "zones")]
#[doc(inline)]
pub use katapult_gen::zones;
// End of the generated re-exports.

// The crates whose types appear in this one's.
#[cfg(feature = "jiff")]
#[doc(no_inline)]
pub use jiff;
#[cfg(feature = "schemars")]
#[doc(no_inline)]
pub use schemars;
#[doc(no_inline)]
pub use {bytes, http, reqwest, serde_json};

#[cfg(all(doctest, feature = "virtual-machines"))]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
