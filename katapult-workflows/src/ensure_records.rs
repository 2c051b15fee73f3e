//! Bringing the records of a DNS zone to what is wanted.

use katapult_core::types::DnsRecordLookup;
use katapult_core::types::{DnsRecordType, DnsZoneLookup};

use crate::ensure::{Ensure, apply};
use crate::rounds::Rounds;
use crate::{Change, Plan, Record, WorkflowError};
use katapult_core::Client;

/// Brings DNS records to what is wanted: makes, changes and removes just what differs.
///
/// Records form sets of one name and type. Those of the sets that are named here will be just the ones given; all other
/// sets are left alone, unless it is to be [all there is](EnsureRecords::exactly).
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
}

impl EnsureRecords {
    /// In this zone.
    pub fn new(client: &Client, dns_zone: impl Into<DnsZoneLookup>) -> Self {
        Self {
            client: client.clone(),
            zone: dns_zone.into(),
            records: Vec::new(),
            absent: Vec::new(),
            exactly: false,
        }
    }

    /// Wants this record. One that was named before is not wanted twice.
    #[must_use]
    pub fn record(mut self, record: Record) -> Self {
        if !self.records.iter().any(|other| other.is_as(&record)) {
            self.records.push(record);
        }
        self
    }

    /// Wants no record of this name and type.
    #[must_use]
    pub fn none(mut self, name: &str, type_: DnsRecordType) -> Self {
        let name = match name {
            "" => "@".to_owned(),
            name => name.to_ascii_lowercase(),
        };
        self.absent.push((name, type_));
        self
    }

    /// Wants no other records in the zone than these. The SOA and NS records at its top, and those of types that
    /// [`RecordContent`](crate::RecordContent) does not have, are left alone all the same.
    #[must_use]
    pub fn exactly(mut self) -> Self {
        self.exactly = true;
        self
    }

    /// Looks, and says what [`apply`](EnsureRecords::apply) would do.
    ///
    /// # Errors
    ///
    /// When the records can't be listed.
    pub async fn plan(&self) -> Result<Plan<Record>, WorkflowError> {
        let reply = self.client.dns_records().list(&self.zone).send().await?;
        let there = reply.dns_records.iter().filter_map(|record| {
            let read = Record::read(record)?;
            self.is_concerned(&read).then(|| (record.id.clone(), read))
        });
        let content = |is: &Record, want: &Record| {
            is.is_beside(want) && {
                let bare = Record::new(want.name.clone(), want.content.clone());
                is.is_as(&bare)
            }
        };
        Ok(Plan::between(
            there.collect(),
            self.records.clone(),
            Record::is_as,
            &[&content, &Record::is_beside],
        ))
    }

    /// Does what differs, and gives what it did.
    ///
    /// # Errors
    ///
    /// When a call fails. What was done before stays done; apply it again to go on.
    pub async fn apply(&self) -> Result<Plan<Record>, WorkflowError> {
        apply(self).await
    }

    fn is_concerned(&self, record: &Record) -> bool {
        let (name, kind) = (&record.name, record.content.kind());
        let top = name == "@" && kind == DnsRecordType::Ns;
        self.records.iter().any(|wanted| wanted.is_beside(record))
            || self
                .absent
                .iter()
                .any(|(its, type_)| its == name && *type_ == kind)
            || (self.exactly && !top)
    }
}

impl Ensure for EnsureRecords {
    type What = Record;

    async fn look(&self) -> Result<Plan<Record>, WorkflowError> {
        self.plan().await
    }

    async fn change(
        &self,
        change: &Change<Record>,
        rounds: &mut Rounds,
    ) -> Result<bool, WorkflowError> {
        let records = self.client.dns_records();
        let result = match change {
            Change::Make(record) => {
                let mut call = records
                    .create(&self.zone)
                    .type_(record.content.kind())
                    .content(record.content.arguments());
                // The top has no name.
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
            Change::Alter { id, to, .. } => {
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
            Change::Remove { id, .. } => {
                match records.delete(DnsRecordLookup::id(id)).send().await {
                    Err(error) if error.is_not_found() => Ok(()),
                    other => other.map(drop),
                }
            }
        };
        Ok(rounds.settle(result).await?.is_some())
    }
}
