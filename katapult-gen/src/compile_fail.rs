//! Misuses that must not compile. Each follows a twin that compiles and differs in that alone.
//!
//! A required argument cannot be omitted:
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
//! Neither can one of several:
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
//! A lookup of another type is refused:
//!
//! ```compile_fail,E0277
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, acme: OrganizationLookup) {
//! let _ = katapult.virtual_machines().shutdown(&acme);
//! # }
//! ```
//!
//! Text converts to a lookup with a single key, and not to one with several:
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
//!
//! An argument that the API requires according to recordings, although its document does not:
//!
//! ```no_run
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, acme: OrganizationLookup, london: DataCenterLookup) {
//! let _ = katapult.disks().create(&acme, &london, "data", 10);
//! # }
//! ```
//!
//! ```compile_fail,E0061
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, acme: OrganizationLookup) {
//! let _ = katapult.disks().create(&acme);
//! # }
//! ```
//!
//! Text is no value of an enumeration, unless it is parsed or explicitly unknown:
//!
//! ```no_run
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, acme: OrganizationLookup) {
//! let _ = katapult.tags().create(&acme, "web").color(TagColor::unknown("blue"));
//! # }
//! ```
//!
//! ```compile_fail,E0277
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, acme: OrganizationLookup) {
//! let _ = katapult.tags().create(&acme, "web").color("blue");
//! # }
//! ```
//!
//! An operation has no setter of another one of the same resource:
//!
//! ```no_run
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, cluster: ObjectStorageClusterLookup, acme: OrganizationLookup) {
//! let _ = katapult.buckets().create(&acme, &cluster, "x").label("y");
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, cluster: ObjectStorageClusterLookup, acme: OrganizationLookup) {
//! let _ = katapult.buckets().create(&acme, &cluster, "x").expiry_seconds(60);
//! # }
//! ```
//!
//! ```no_run
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, cluster: ObjectStorageClusterLookup, bucket: ObjectStorageBucketLookup) {
//! let _ = katapult.buckets().presigned_url(&cluster, &bucket, "key").expiry_seconds(60);
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! # use katapult_gen::{Client, PlainTransport, types::*};
//! # fn run(katapult: Client<PlainTransport>, cluster: ObjectStorageClusterLookup, bucket: ObjectStorageBucketLookup) {
//! let _ = katapult.buckets().presigned_url(&cluster, &bucket, "key").name("x");
//! # }
//! ```
