//! What must not compile, each beside its twin that does and differs in that alone.
//!
//! An argument that the API requires cannot be left out:
//!
//! ```no_run
//! # use katapult_gen::{Client, PlainTransport, types::VirtualMachineLookup};
//! # fn run(katapult: Client<PlainTransport>, web: VirtualMachineLookup) {
//! let _ = katapult.virtual_machines().shutdown(&web);
//! # }
//! ```
//!
//! ```compile_fail,E0061
//! # use katapult_gen::{Client, PlainTransport, types::VirtualMachineLookup};
//! # fn run(katapult: Client<PlainTransport>, web: VirtualMachineLookup) {
//! let _ = katapult.virtual_machines().shutdown();
//! # }
//! ```
//!
//! Nor one of several:
//!
//! ```no_run
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, acme: OrganizationLookup, network: NetworkLookup) {
//! let _ = katapult.ip_addresses().create(&acme, &network, IpAddressVersion::Ipv4);
//! # }
//! ```
//!
//! ```compile_fail,E0061
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, acme: OrganizationLookup, network: NetworkLookup) {
//! let _ = katapult.ip_addresses().create(&acme, &network);
//! # }
//! ```
//!
//! A lookup of one kind does not stand for another:
//!
//! ```compile_fail,E0277
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, acme: OrganizationLookup) {
//! let _ = katapult.virtual_machines().shutdown(&acme);
//! # }
//! ```
//!
//! Where an object can be named in several ways, bare text does not say which is meant; where there is one
//! way, it does:
//!
//! ```no_run
//! # use katapult_gen::{Client, PlainTransport};
//! # fn run(katapult: Client<PlainTransport>) {
//! let _ = katapult.tasks().get("task_abcdefghijklmnop");
//! # }
//! ```
//!
//! ```compile_fail,E0277
//! # use katapult_gen::{Client, PlainTransport};
//! # fn run(katapult: Client<PlainTransport>) {
//! let _ = katapult.virtual_machines().get("web-1");
//! # }
//! ```
