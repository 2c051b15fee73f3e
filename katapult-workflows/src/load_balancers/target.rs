//! The load balancer of a workflow: by its name in an organization, or any lookup.

use katapult_core::Client;
use katapult_core::prelude::*;
use katapult_core::types::{
    DataCenterLookup, LoadBalancer, LoadBalancerLookup, OrganizationLookup,
};

use crate::error::WorkflowError;

/// The load balancer of a workflow.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Created if missing.
    Named(OrganizationLookup, DataCenterLookup, String),
    Existing(LoadBalancerLookup),
    /// Deleted if it exists.
    Absent(OrganizationLookup, String),
}

impl Target {
    /// Reads the load balancer, by its id if that is known. Returns `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// If a call fails, if an existing load balancer does not exist, or if several have the name.
    pub(crate) async fn find(
        &self,
        client: &Client,
        known: Option<&str>,
    ) -> Result<Option<LoadBalancer>, WorkflowError> {
        let (organization, name) = match (self, known) {
            (_, Some(id)) => return self.read(client, &LoadBalancerLookup::id(id)).await,
            (Target::Existing(lookup), None) => return self.read(client, lookup).await,
            (Target::Named(organization, _, name) | Target::Absent(organization, name), None) => {
                (organization, name)
            }
        };
        let ids = ids_of(client, organization, name).await?;
        match &ids[..] {
            [] => Ok(None),
            // The list has only some of the fields.
            [id] => self.read(client, &LoadBalancerLookup::id(id)).await,
            _ => Err(duplicate(name, ids)),
        }
    }

    async fn read(
        &self,
        client: &Client,
        lookup: &LoadBalancerLookup,
    ) -> Result<Option<LoadBalancer>, WorkflowError> {
        match client.load_balancers().get(lookup).send().await {
            Ok(response) => Ok(Some(response.into_inner().load_balancer)),
            // One that is named may have been deleted since it was listed.
            Err(error) if error.is_gone() && !matches!(self, Target::Existing(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Returns an error if several load balancers have the name: another run has created one at the same time.
pub(crate) async fn require_single(
    client: &Client,
    organization: &OrganizationLookup,
    name: &str,
) -> Result<(), WorkflowError> {
    let ids = ids_of(client, organization, name).await?;
    match ids.len() {
        0 | 1 => Ok(()),
        _ => Err(duplicate(name, ids)),
    }
}

async fn ids_of(
    client: &Client,
    organization: &OrganizationLookup,
    name: &str,
) -> Result<Vec<String>, WorkflowError> {
    let mut ids = Vec::new();
    let mut all = client.load_balancers().list(organization).items();
    while let Some(balancer) = all.try_next().await? {
        if balancer.name.as_deref() == Some(name) {
            ids.push(balancer.id);
        }
    }
    Ok(ids)
}

fn duplicate(name: &str, ids: Vec<String>) -> WorkflowError {
    WorkflowError::Duplicate {
        description: format!("load balancers named {name}"),
        ids,
    }
}
