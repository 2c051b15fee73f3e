//! A guide to the SDK, in the order in which a new user needs it.
//!
#![doc = include_str!("index.md")]

#[doc = include_str!("getting_started.md")]
pub mod getting_started {}
#[doc = include_str!("authentication.md")]
pub mod authentication {}
#[doc = include_str!("lookups.md")]
pub mod lookups {}
#[doc = include_str!("changes.md")]
pub mod changes {}
#[doc = include_str!("responses.md")]
pub mod responses {}
#[doc = include_str!("values.md")]
pub mod values {}
#[doc = include_str!("lists.md")]
pub mod lists {}
#[doc = include_str!("waiting.md")]
pub mod waiting {}
#[doc = include_str!("blocking.md")]
pub mod blocking {}
#[doc = include_str!("errors.md")]
pub mod errors {}
#[doc = include_str!("retries.md")]
pub mod retries {}
#[doc = include_str!("requests.md")]
pub mod requests {}
#[doc = include_str!("http.md")]
pub mod http {}
#[doc = include_str!("observability.md")]
pub mod observability {}
#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("features.md")]
pub mod features {}
#[doc = include_str!("cookbook.md")]
pub mod cookbook {}
#[doc = include_str!("from_go.md")]
pub mod from_go {}
