//! Bringing a set of objects to the wanted state: a plan, and its application.

// A load balancer has a plan but applies it on its own: its machines are set as one list.
#[cfg(any(feature = "dns", feature = "firewall"))]
pub(crate) mod apply;
pub(crate) mod plan;
