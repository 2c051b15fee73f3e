//! Types with the same fields as the SDK's.

#![allow(missing_docs)] // the API documents them

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct MachineResponse {
    pub annotations: Option<Vec<Annotation>>,
    pub virtual_machine: Machine,
}

#[derive(Debug, Deserialize)]
pub struct Page {
    pub pagination: Pagination,
    pub virtual_machines: Vec<Machine>,
}

#[derive(Debug, Deserialize)]
pub struct Shutdown {
    pub task: Task,
}

#[derive(Debug, Deserialize)]
pub struct TaskResponse {
    pub task: Task,
}

#[derive(Debug, Deserialize)]
pub struct Task {
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
    pub status: Option<String>,
    pub progress: Option<i64>,
    pub created_at: Option<i64>,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
}

/// An error response of the API.
#[derive(Debug, Deserialize)]
pub struct ErrorResponse {
    pub error: ApiError,
}

#[derive(Debug, Deserialize)]
pub struct ApiError {
    pub code: String,
    pub description: Option<String>,
    pub detail: Option<Value>,
}

impl std::fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {}",
            self.error.code,
            self.error.description.as_deref().unwrap_or("")
        )
    }
}

impl std::error::Error for ErrorResponse {}

#[derive(Debug, Deserialize)]
pub struct Annotation {
    pub key: Option<String>,
    pub value: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Machine {
    pub attached_iso: Option<Iso>,
    pub cpu_cores: Option<i64>,
    pub created_at: Option<i64>,
    pub description: Option<String>,
    pub fqdn: Option<String>,
    pub gpu_type: Option<GpuType>,
    pub gpus: Option<Vec<Gpu>>,
    pub group: Option<Group>,
    pub hostname: Option<String>,
    pub hypervisor: Option<Hypervisor>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub initial_root_password: Option<String>,
    pub ip_addresses: Option<Vec<IpAddress>>,
    pub memory_in_gb: Option<i64>,
    pub name: Option<String>,
    pub organization: Option<Organization>,
    pub package: Option<Package>,
    pub state: Option<State>,
    pub suspended: Option<bool>,
    pub suspended_at: Option<i64>,
    pub tag_names: Option<Vec<String>>,
    pub tags: Option<Vec<Tag>>,
    pub use_dedicated_cpus: Option<bool>,
    pub zone: Option<Zone>,
}

#[derive(Debug, Deserialize)]
pub struct Pagination {
    pub current_page: Option<i64>,
    pub large_set: Option<bool>,
    pub per_page: Option<i64>,
    pub total: Option<i64>,
    pub total_pages: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub struct Iso {
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
    pub operating_system: Option<OperatingSystem>,
}

#[derive(Debug, Deserialize)]
pub struct GpuType {
    pub data_centers: Option<Vec<DataCenter>>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub manufacturer: Option<String>,
    pub memory_in_gb: Option<i64>,
    pub memory_type: Option<String>,
    pub name: Option<String>,
    pub permalink: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Gpu {
    pub available: Option<bool>,
    pub id: Option<String>,
    pub pending_action: Option<PendingAction>,
    pub status: Option<GpuStatus>,
    #[serde(rename = "type")]
    pub type_: Option<GpuType>,
}

#[derive(Debug, Deserialize)]
pub struct Group {
    pub auto_segregate: Option<bool>,
    pub created_at: Option<i64>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
    pub segregate: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Hypervisor {
    #[serde(default)] // some responses lack it
    pub id: String,
    pub ip_address: Option<String>,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct IpAddress {
    pub address: Option<String>,
    pub address_with_mask: Option<String>,
    pub allocation_id: Option<String>,
    pub allocation_type: Option<String>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub label: Option<String>,
    pub network: Option<Network>,
    pub reverse_dns: Option<String>,
    pub subnet: Option<Value>,
    pub vip: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Organization {
    pub activated_at: Option<i64>,
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub address3: Option<String>,
    pub address4: Option<String>,
    pub billing_name: Option<String>,
    pub country: Option<Country>,
    pub country_state: Option<CountryState>,
    pub created_at: Option<i64>,
    pub currency: Option<Currency>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub infrastructure_domain: Option<String>,
    pub managed: Option<bool>,
    pub name: Option<String>,
    pub phone_number: Option<String>,
    pub postcode: Option<String>,
    pub sub_domain: Option<String>,
    pub suspended: Option<bool>,
    pub uuid: Option<String>,
    pub vat_number: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Package {
    pub cpu_cores: Option<i64>,
    pub group: Option<PackageGroup>,
    pub icon: Option<Attachment>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub ipv4_addresses: Option<i64>,
    pub memory_in_gb: Option<i64>,
    pub monthly_bandwidth_allowance_in_gb: Option<i64>,
    pub name: Option<String>,
    pub permalink: Option<String>,
    pub privacy: Option<Privacy>,
    pub storage_in_gb: Option<i64>,
    pub use_dedicated_cpus: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Allocated,
    Allocating,
    ErrorResponse,
    Migrating,
    Orphaned,
    Resetting,
    ShuttingDown,
    Started,
    Starting,
    Stopped,
    Stopping,
    Transferring,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Deserialize)]
pub struct Tag {
    pub color: Option<String>,
    pub created_at: Option<i64>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Zone {
    pub data_center: Option<DataCenter>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
    pub permalink: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct OperatingSystem {
    pub badge: Option<Attachment>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct DataCenter {
    pub country: Option<Country>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
    pub permalink: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingAction {
    Attach,
    Detach,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GpuStatus {
    Attached,
    Attaching,
    Detached,
    Detaching,
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Deserialize)]
pub struct Network {
    pub data_center: Option<DataCenter>,
    pub default: Option<bool>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
    pub permalink: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Country {
    pub eu: Option<bool>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub iso_code2: Option<String>,
    pub iso_code3: Option<String>,
    pub name: Option<String>,
    pub time_zone: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct CountryState {
    pub code: Option<String>,
    pub country: Option<Country>,
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Currency {
    #[serde(default)] // some responses lack it
    pub id: String,
    pub iso_code: Option<String>,
    pub name: Option<String>,
    pub symbol: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct PackageGroup {
    #[serde(default)] // some responses lack it
    pub id: String,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Attachment {
    pub digest: Option<String>,
    pub file_name: Option<String>,
    pub file_size: Option<i64>,
    pub file_type: Option<String>,
    pub token: Option<String>,
    pub url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    Private,
    Public,
    #[serde(other)]
    Unknown,
}
