//! A guide: what to write, in the order in which one meets it.
//!
//! [Getting started](getting_started) · [lookups] · [lists] · [waiting] · [errors] · [retries and the quota](retries) ·
//! [testing] · [features and compile time](features) · [moving from the Go client](from_go)

#[doc = include_str!("guide/getting_started.md")]
pub mod getting_started {}
#[doc = include_str!("guide/lookups.md")]
pub mod lookups {}
#[doc = include_str!("guide/lists.md")]
pub mod lists {}
#[doc = include_str!("guide/waiting.md")]
pub mod waiting {}
#[doc = include_str!("guide/errors.md")]
pub mod errors {}
#[doc = include_str!("guide/retries.md")]
pub mod retries {}
#[doc = include_str!("guide/testing.md")]
pub mod testing {}
#[doc = include_str!("guide/features.md")]
pub mod features {}
#[doc = include_str!("guide/from_go.md")]
pub mod from_go {}
