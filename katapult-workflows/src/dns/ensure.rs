//! Bringing the records of a DNS zone to the wanted state.

use std::time::Duration;

use katapult_core::types::{DnsRecordType, DnsZone, DnsZoneLookup};
use katapult_core::{Client, IntoLookup};

use crate::converge::{ConvergeLoop, RECONCILE_FOR};
use crate::dns::api::{apply_change, list_records};
use crate::dns::name::{APEX, require_relative_name};
use crate::dns::record::{Record, normalize_name};
use crate::error::WorkflowError;
use crate::reconcile::apply::Reconcile;
use crate::reconcile::impl_desired_state;
use crate::reconcile::plan::{Change, Plan};

/// Brings DNS records to the wanted state: creates, updates and deletes those that differ.
///
/// Records of one name and type form a set. A set with a wanted record will have the wanted records only; other sets stay
/// as they are, unless [`prune`](EnsureRecords::prune) is set.
///
/// A record without a TTL has the default of its zone, and is compared with it.
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
    prune: bool,
    reconcile_for: Duration,
}

impl EnsureRecords {
    /// Creates a workflow for this zone, without any records.
    pub fn new(client: &Client, dns_zone: impl IntoLookup<DnsZoneLookup>) -> Self {
        Self {
            client: client.clone(),
            zone: dns_zone.into(),
            records: Vec::new(),
            absent: Vec::new(),
            prune: false,
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Adds a record to the wanted state. Of two with the same name, type and data, the last one counts.
    ///
    /// A record that the API would refuse, such as one with a TTL below 60 s, is an error before anything is sent.
    #[must_use]
    pub fn record(mut self, record: Record) -> Self {
        self.records.push(record);
        self
    }

    /// Requires that no record of this name and type exists, except wanted ones: others are deleted.
    #[must_use]
    pub fn absent(mut self, name: impl AsRef<str>, record_type: DnsRecordType) -> Self {
        self.absent
            .push((normalize_name(name.as_ref()), record_type));
        self
    }

    /// Sets whether all other records of the zone are deleted. Default: `false`, they stay as they are. The SOA and NS
    /// records of the zone itself, and those of types that [`RecordContent`](crate::RecordContent) does not have, are
    /// never deleted.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }
}

impl_desired_state!(EnsureRecords, Record);

/// Returns a name as it is within the zone: a dot at its end marks a full name.
fn name_in_zone(name: &str, zone: &str) -> Result<String, WorkflowError> {
    match name.ends_with('.') {
        true => require_relative_name(name, zone),
        false => Ok(normalize_name(name)),
    }
}

/// The wanted state with the names of one zone.
struct Wanted {
    records: Vec<Record>,
    absent: Vec<(String, DnsRecordType)>,
    prune: bool,
}

impl Wanted {
    fn in_zone(ensure: &EnsureRecords, zone: &str) -> Result<Self, WorkflowError> {
        let mut records: Vec<Record> = Vec::new();
        for record in &ensure.records {
            let mut record = record.clone();
            record.name = name_in_zone(&record.name, zone)?;
            records.retain(|earlier| !earlier.is_same_value(&record));
            records.push(record);
        }
        let absent = ensure.absent.iter();
        let absent = absent.map(|(name, type_)| Ok((name_in_zone(name, zone)?, type_.clone())));
        Ok(Self {
            records,
            absent: absent.collect::<Result<_, WorkflowError>>()?,
            prune: ensure.prune,
        })
    }

    /// Returns `true` if an existing record that is not wanted is deleted.
    fn is_managed(&self, record: &Record) -> bool {
        let (name, kind) = (&record.name, record.content.record_type());
        // Without them the zone has no name servers.
        let zones_own = name == APEX && kind == DnsRecordType::Ns;
        self.records.iter().any(|wanted| wanted.is_same_set(record))
            || self
                .absent
                .iter()
                .any(|(absent, type_)| absent == name && *type_ == kind)
            || (self.prune && !zones_own)
    }
}

impl Reconcile for EnsureRecords {
    type Item = Record;
    /// The zone: by id, since another one may get the name.
    type Known = Option<DnsZone>;

    fn check(&self) -> Result<(), WorkflowError> {
        for (index, record) in self.records.iter().enumerate() {
            let invalid = record.invalid_reason().or_else(|| {
                let earlier = &self.records[..index];
                let is_second = record.content.record_type() == DnsRecordType::Ptr
                    && earlier
                        .iter()
                        .any(|other| other.is_same_set(record) && !other.is_same_value(record));
                is_second.then(|| format!("record {record}: a name has one PTR record only"))
            });
            if let Some(reason) = invalid {
                return Err(WorkflowError::InvalidInput(reason));
            }
        }
        Ok(())
    }

    async fn read(&self, known: &mut Option<DnsZone>) -> Result<Plan<Record>, WorkflowError> {
        let zone = match known {
            Some(zone) => zone,
            None => {
                let response = self.client.dns_zones().get(&self.zone).send().await?;
                known.insert(response.into_inner().dns_zone)
            }
        };
        let name = zone.name.clone().unwrap_or_default();
        let wanted = Wanted::in_zone(self, &name)?;
        let records = list_records(&self.client, &DnsZoneLookup::id(&zone.id)).await?;
        let existing = records.iter().filter_map(|record| {
            let current = Record::from_api(record, &name, zone.default_ttl)?;
            wanted
                .is_managed(&current)
                .then(|| (record.id.clone(), current))
        });
        Ok(Plan::diff(
            existing.collect(),
            wanted.records.clone(),
            Record::satisfies,
            // A record with the same data is updated first, so that its id remains.
            &[&Record::is_same_value, &Record::is_same_set],
        ))
    }

    async fn apply_change(
        &self,
        change: &Change<Record>,
        known: &mut Option<DnsZone>,
        converge: &mut ConvergeLoop,
    ) -> Result<bool, WorkflowError> {
        let zone = match known {
            Some(zone) => DnsZoneLookup::id(&zone.id),
            None => self.zone.clone(),
        };
        apply_change(&self.client, &zone, change, converge).await
    }
}
