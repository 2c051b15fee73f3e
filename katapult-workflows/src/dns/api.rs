//! The calls on the records of a zone that the workflows share.

use katapult_core::prelude::*;
use katapult_core::types::{DnsRecord, DnsRecordLookup, DnsZoneLookup};
use katapult_core::{Client, Error};

use crate::converge::ConvergeLoop;
use crate::dns::name::APEX;
use crate::dns::record::Record;
use crate::error::WorkflowError;
use crate::reconcile::plan::Change;

/// Lists all records of a zone.
// The document has no pages for this list. A response that states some is followed nevertheless: a record on a later page
// would be created again.
pub(crate) async fn list_records(
    client: &Client,
    zone: &DnsZoneLookup,
) -> Result<Vec<DnsRecord>, Error> {
    let mut records = Vec::new();
    let mut page = 1;
    loop {
        let mut call = client.dns_records().list(zone);
        if page > 1 {
            call = call.query_param("page", page);
        }
        let response = call.send().await?;
        let json = response.json().unwrap_or_default();
        let pages = json["pagination"]["total_pages"].as_u64();
        records.extend(response.into_inner().dns_records);
        if pages.is_none_or(|pages| page >= pages) {
            return Ok(records);
        }
        page += 1;
    }
}

/// Applies one change of a zone, and returns `false` if its outcome is ambiguous.
pub(crate) async fn apply_change(
    client: &Client,
    zone: &DnsZoneLookup,
    change: &Change<Record>,
    converge: &mut ConvergeLoop,
) -> Result<bool, WorkflowError> {
    let records = client.dns_records();
    let result = match change {
        Change::Create(record) => {
            let mut call = records
                .create(zone)
                .type_(record.content.record_type())
                .content(record.content.arguments());
            // A record at the zone itself has no name.
            if record.name != APEX {
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
        Change::Delete { id, .. } => match records.delete(DnsRecordLookup::id(id)).send().await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other.map(drop),
        },
    };
    Ok(converge.or_recheck(result).await?.is_some())
}
