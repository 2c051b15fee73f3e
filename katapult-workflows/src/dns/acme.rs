//! The challenge records of ACME, by which a certificate authority checks the control over a name.

use std::time::Duration;

use katapult_core::Client;
use katapult_core::types::{DnsRecordType, DnsZoneLookup};

use crate::converge::{ConvergeLoop, RECONCILE_FOR};
use crate::dns::api::{apply_change, list_records};
use crate::dns::content::RecordContent;
use crate::dns::name::{canonical, full_name, require_relative_name};
use crate::dns::record::Record;
use crate::error::WorkflowError;
use crate::reconcile::apply::{Reconcile, apply};
use crate::reconcile::plan::{Change, Plan};

/// The label under which RFC 8555 has the record of a DNS-01 challenge.
const LABEL: &str = "_acme-challenge.";
/// The time to live of the record, in seconds.
// The least that the API accepts: resolvers have to notice the record soon, and to forget it soon.
const TTL: i64 = 60;

/// The TXT record of a DNS-01 challenge, which proves to a certificate authority that a name is yours.
///
/// The record is set and cleared by its value, because several can exist at the same time: `acme.example` and
/// `*.acme.example` have the same name. The zone is named, not looked up: a token that may change records may be one that
/// cannot read zones.
///
/// ```no_run
/// use katapult_workflows::AcmeChallenge;
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let digest = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"; // of the key authorization
/// let challenge = AcmeChallenge::new(&katapult, "acme.example", "*.acme.example", digest);
/// challenge.set().await?;
/// // The authority validates the challenge.
/// challenge.clear().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AcmeChallenge {
    client: Client,
    zone: String,
    name: String,
    value: String,
    ttl: i64,
    reconcile_for: Duration,
}

impl AcmeChallenge {
    /// Creates the challenge for a domain of this zone: its record is `_acme-challenge` below the domain. The value is the
    /// digest of the key authorization, as ACME clients return it.
    ///
    /// The domain can be a wildcard (`*.acme.example`) or begin with `_acme-challenge`. Names can end with a dot.
    pub fn new(
        client: &Client,
        zone: impl AsRef<str>,
        domain: impl AsRef<str>,
        value: impl Into<String>,
    ) -> Self {
        Self::at(client, zone, challenge_name(domain.as_ref()), value)
    }

    /// Creates the challenge at exactly this full name, such as the target of a CNAME record at `_acme-challenge`.
    pub fn at(
        client: &Client,
        zone: impl AsRef<str>,
        full_name: impl AsRef<str>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            client: client.clone(),
            zone: canonical(zone.as_ref()),
            name: canonical(full_name.as_ref()),
            value: value.into(),
            ttl: TTL,
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Sets the time to live of the record in seconds, at least 60. Default: 60.
    #[must_use]
    pub fn ttl(mut self, seconds: i64) -> Self {
        self.ttl = seconds;
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

    /// Returns the full name of the record, without a dot at the end.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates the record, unless it exists.
    ///
    /// # Errors
    ///
    /// If the name is outside the zone, or a call fails.
    pub async fn set(&self) -> Result<(), WorkflowError> {
        self.apply(true).await
    }

    /// Deletes the record, if it exists. Records of other values stay.
    ///
    /// # Errors
    ///
    /// If the name is outside the zone, or a call fails.
    pub async fn clear(&self) -> Result<(), WorkflowError> {
        self.apply(false).await
    }

    async fn apply(&self, present: bool) -> Result<(), WorkflowError> {
        let wanted = WantedChallenge {
            challenge: self,
            present,
        };
        apply(&wanted, self.reconcile_for).await.map(drop)
    }

    fn record(&self) -> Result<Record, WorkflowError> {
        let name = require_relative_name(&self.name, &self.zone)?;
        let content = RecordContent::Txt(self.value.clone());
        Ok(Record::new(name, content).ttl(self.ttl))
    }
}

/// Returns the name of the challenge record for a domain.
fn challenge_name(domain: &str) -> String {
    let domain = canonical(domain);
    let domain = domain.strip_prefix("*.").unwrap_or(&domain);
    match domain.starts_with(LABEL) {
        true => domain.to_owned(),
        false => format!("{LABEL}{domain}"),
    }
}

/// A challenge with the wanted state of its record.
struct WantedChallenge<'a> {
    challenge: &'a AcmeChallenge,
    present: bool,
}

impl WantedChallenge<'_> {
    fn zone(&self) -> DnsZoneLookup {
        DnsZoneLookup::name(&self.challenge.zone)
    }
}

impl Reconcile for WantedChallenge<'_> {
    type Item = Record;
    type Known = ();

    fn check(&self) -> Result<(), WorkflowError> {
        let record = self.challenge.record()?;
        let reason = match self.challenge.value.is_empty() {
            true => Some(format!("the value of {} is empty", self.challenge.name)),
            false => record.invalid_reason(),
        };
        reason.map_or(Ok(()), |reason| Err(WorkflowError::InvalidInput(reason)))
    }

    async fn read(&self, (): &mut ()) -> Result<Plan<Record>, WorkflowError> {
        let AcmeChallenge { client, zone, .. } = self.challenge;
        let wanted = self.challenge.record()?;
        let records = list_records(client, &self.zone()).await?;
        let existing = records.iter().filter_map(|record| {
            let is_at_name = record.type_ == Some(DnsRecordType::Txt)
                && full_name(record, zone) == self.challenge.name;
            let current = Record::from_api(record, zone, None).filter(|_| is_at_name)?;
            current
                .is_same_value(&wanted)
                .then(|| (record.id.clone(), current))
        });
        let existing: Vec<_> = existing.collect();
        Ok(match self.present {
            true if existing.is_empty() => Plan::new(vec![Change::Create(wanted)], 0),
            // Even several are as good as one.
            true => Plan::new(Vec::new(), existing.len()),
            false => Plan::diff(existing, Vec::new(), Record::eq, &[]),
        })
    }

    async fn apply_change(
        &self,
        change: &Change<Record>,
        (): &mut (),
        converge: &mut ConvergeLoop,
    ) -> Result<bool, WorkflowError> {
        apply_change(&self.challenge.client, &self.zone(), change, converge).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenge_is_below_the_domain() {
        let name = "_acme-challenge.acme.example";
        for domain in ["acme.example", "*.acme.example", "*.Acme.example.", name] {
            assert_eq!(challenge_name(domain), name, "{domain}");
        }
    }
}
