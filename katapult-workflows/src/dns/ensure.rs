//! Bringing the records of a DNS zone to the wanted state.

use std::time::Duration;

use katapult_core::Client;
use katapult_core::types::{DnsRecordLookup, DnsRecordType, DnsZoneLookup};

use crate::converge::{ConvergeLoop, RECONCILE_FOR};
use crate::dns::record::{Record, normalize_name};
use crate::error::WorkflowError;
use crate::reconcile::apply::{Reconcile, apply};
use crate::reconcile::plan::{Change, Plan};

/// Brings DNS records to the wanted state: creates, updates and deletes those that differ.
///
/// Records of one name and type form a set. A set with a wanted record will have the wanted records only; other sets are
/// left unchanged, unless the zone is to have [no others](EnsureRecords::exactly).
///
/// ```no_run
/// use katapult_core::types::DnsZoneLookup;
/// use katapult_workflows::{EnsureRecords, Record, RecordContent};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let www = |ip: &str| Record::new("www", RecordContent::A(ip.into())).ttl(300);
/// let ensure = EnsureRecords::new(&katapult, DnsZoneLookup::name("acme.example"))
///     .record(www("192.0.2.1"))
///     .record(www("192.0.2.2"));
/// println!("{}", ensure.plan().await?);
/// ensure.apply().await?;
/// assert!(ensure.plan().await?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EnsureRecords {
    client: Client,
    zone: DnsZoneLookup,
    records: Vec<Record>,
    absent: Vec<(String, DnsRecordType)>,
    exactly: bool,
    reconcile_for: Duration,
}

impl EnsureRecords {
    /// Creates a workflow for this zone, without any records.
    pub fn new(client: &Client, dns_zone: impl Into<DnsZoneLookup>) -> Self {
        Self {
            client: client.clone(),
            zone: dns_zone.into(),
            records: Vec::new(),
            absent: Vec::new(),
            exactly: false,
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Adds a record to the wanted state. A duplicate has no effect.
    #[must_use]
    pub fn record(mut self, record: Record) -> Self {
        if !self.records.iter().any(|other| other.satisfies(&record)) {
            self.records.push(record);
        }
        self
    }

    /// Requires that no record of this name and type exists, except wanted ones: others are deleted.
    #[must_use]
    pub fn none(mut self, name: &str, type_: DnsRecordType) -> Self {
        self.absent.push((normalize_name(name), type_));
        self
    }

    /// Deletes all other records in the zone. Default: they are left unchanged. The SOA and NS records at the top of the
    /// zone, and those of types that [`RecordContent`](crate::RecordContent) does not have, are never deleted.
    #[must_use]
    pub fn exactly(mut self) -> Self {
        self.exactly = true;
        self
    }

    /// Sets how long after the loss of a response the state is read before a creation is sent again. Default: 45 s.
    ///
    /// The API may execute a request so long after its response was lost: a shorter time risks a second object.
    #[must_use]
    pub fn reconcile_for(mut self, time: Duration) -> Self {
        self.reconcile_for = time;
        self
    }

    /// Returns the changes that [`apply`](EnsureRecords::apply) would make.
    ///
    /// # Errors
    ///
    /// If the records cannot be listed.
    pub async fn plan(&self) -> Result<Plan<Record>, WorkflowError> {
        Reconcile::plan(&self.by_id().await?).await
    }

    /// Makes the changes and returns them.
    ///
    /// # Errors
    ///
    /// If a call fails. Earlier changes remain; apply again to continue.
    pub async fn apply(&self) -> Result<Plan<Record>, WorkflowError> {
        let converge = ConvergeLoop::reconcile_for(self.reconcile_for);
        apply(&self.by_id().await?, converge).await
    }

    /// Returns the workflow with the id of its zone: another zone may get the name.
    async fn by_id(&self) -> Result<Self, WorkflowError> {
        let mut by_id = self.clone();
        if !matches!(self.zone, DnsZoneLookup::Id(_)) {
            let zone = self.client.dns_zones().get(&self.zone).send().await?;
            by_id.zone = DnsZoneLookup::id(&zone.dns_zone.id);
        }
        Ok(by_id)
    }

    fn is_managed(&self, record: &Record) -> bool {
        let (name, kind) = (&record.name, record.content.kind());
        // Without them the zone has no name servers.
        let top = name == "@" && kind == DnsRecordType::Ns;
        self.records.iter().any(|wanted| wanted.is_same_set(record))
            || self
                .absent
                .iter()
                .any(|(absent, type_)| absent == name && *type_ == kind)
            || (self.exactly && !top)
    }
}

impl Reconcile for EnsureRecords {
    type Item = Record;

    async fn plan(&self) -> Result<Plan<Record>, WorkflowError> {
        let response = self.client.dns_records().list(&self.zone).send().await?;
        let existing = response.dns_records.iter().filter_map(|record| {
            let current = Record::from_api(record)?;
            self.is_managed(&current)
                .then(|| (record.id.clone(), current))
        });
        // A record with the same data is updated first, so that its id remains.
        let same_content = |is: &Record, want: &Record| {
            is.is_same_set(want) && {
                let bare = Record::new(want.name.clone(), want.content.clone());
                is.satisfies(&bare)
            }
        };
        Ok(Plan::diff(
            existing.collect(),
            self.records.clone(),
            Record::satisfies,
            &[&same_content, &Record::is_same_set],
        ))
    }

    async fn apply_change(
        &self,
        change: &Change<Record>,
        converge: &mut ConvergeLoop,
    ) -> Result<bool, WorkflowError> {
        let records = self.client.dns_records();
        let result = match change {
            Change::Create(record) => {
                let mut call = records
                    .create(&self.zone)
                    .type_(record.content.kind())
                    .content(record.content.arguments());
                // A record at the top of the zone has no name.
                if record.name != "@" {
                    call = call.name(record.name.clone());
                }
                if let Some(ttl) = record.ttl {
                    call = call.ttl(ttl);
                }
                if let Some(priority) = record.priority {
                    call = call.priority(priority);
                }
                call.send().await.map(drop)
            }
            Change::Update { id, to, .. } => {
                let mut call = records
                    .update(DnsRecordLookup::id(id))
                    .content(to.content.arguments());
                if let Some(ttl) = to.ttl {
                    call = call.ttl(ttl);
                }
                if let Some(priority) = to.priority {
                    call = call.priority(priority);
                }
                call.send().await.map(drop)
            }
            Change::Delete { id, .. } => {
                match records.delete(DnsRecordLookup::id(id)).send().await {
                    Err(error) if error.is_not_found() => Ok(()),
                    other => other.map(drop),
                }
            }
        };
        Ok(converge.or_recheck(result).await?.is_some())
    }
}
