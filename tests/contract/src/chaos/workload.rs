//! The calls of a run, and what the client reports of each.
//!
//! They work on address lists and on rules of security groups, which need not be unique: a duplicated creation succeeds
//! and is found.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::{
    AddressListLookup, OrganizationLookup, SecurityGroupLookup,
    SecurityGroupRuleProtocol as Protocol,
};
use katapult_core::{Client, Error};
use katapult_workflows::{EnsureRules, Rule, WorkflowError};

/// The number of lists that are only read.
pub(crate) const READ_LISTS: u32 = 100;
/// The number of organizations of the lists. With this few, a list of address lists has several pages, some
/// of whose items disappear while it is read.
pub(crate) const ORGANIZATIONS: u32 = 16;

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedCall {
    /// The index of the call in the run.
    pub number: u32,
    /// The operation.
    pub action: Action,
}

/// An operation on an address list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Reads a list that no other call changes.
    Read,
    /// Renames a list that no other call changes.
    Update,
    /// Deletes a list that no other call changes.
    Delete,
    /// Creates a list; a lost response leaves the outcome unknown.
    Create,
    /// Creates a list, and finds it by its name after a lost response.
    CreateReconciled,
    /// Brings the rules of a security group of its own to the wanted state, which is one rule.
    Workflow,
}

/// The client's report of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// The call succeeded.
    Done {
        /// The id of the list in the response.
        id: String,
        /// The name of the list in the response.
        name: String,
    },
    /// The call failed.
    Failed {
        /// The error's `is_unconfirmed()`.
        unconfirmed: bool,
        /// The error's `may_have_happened()`.
        may_have_happened: bool,
        /// The error's `is_gone()`.
        gone: bool,
        /// The error's message.
        message: String,
    },
}

impl From<Error> for Observed {
    fn from(error: Error) -> Self {
        Observed::Failed {
            unconfirmed: error.is_unconfirmed(),
            may_have_happened: error.may_have_happened(),
            gone: error.is_gone(),
            message: error.to_string(),
        }
    }
}

impl From<WorkflowError> for Observed {
    fn from(error: WorkflowError) -> Self {
        match error {
            WorkflowError::Call(error) => error.into(),
            other => Observed::Failed {
                unconfirmed: false,
                // Earlier steps remain.
                may_have_happened: true,
                gone: false,
                message: other.to_string(),
            },
        }
    }
}

impl PlannedCall {
    /// Returns the call with this index: 40% reads, 25% updates, 15% deletions, 15% creations, 5% workflows.
    pub fn of(seed: u64, number: u32) -> Self {
        // Each call has a generator of its own: its action does not depend on the order of the calls.
        let mut rng = fastrand::Rng::with_seed(seed ^ (u64::from(number) << 32));
        let action = match rng.u8(..20) {
            0..8 => Action::Read,
            8..13 => Action::Update,
            13..16 => Action::Delete,
            16..17 => Action::Create,
            17..18 => Action::Workflow,
            _ => Action::CreateReconciled,
        };
        Self { number, action }
    }

    /// Returns the id of the security group that must exist before the call.
    pub fn required_group(self) -> Option<String> {
        (self.action == Action::Workflow).then(|| self.id())
    }

    /// Returns the id of the list that must exist before the call.
    pub fn required_list(self) -> Option<String> {
        matches!(self.action, Action::Update | Action::Delete).then(|| self.id())
    }

    /// Returns the id of the list, or of the security group, that the call works on; creations have none.
    pub fn id(self) -> String {
        match self.action {
            Action::Read => Self::read_id(self.number % READ_LISTS),
            Action::Workflow => format!("sg_own{:013}", self.number),
            _ => format!("al_own{:013}", self.number),
        }
    }

    /// Returns the name that the list has after the call, or had before it is deleted.
    pub fn name(self) -> String {
        match self.action {
            Action::Read => Self::first_name(self.number % READ_LISTS),
            Action::Delete => Self::first_name(self.number),
            _ => format!("name-{}", self.number),
        }
    }

    /// Returns the id of a list that is only read.
    pub fn read_id(number: u32) -> String {
        format!("al_read{number:012}")
    }

    /// Returns the name that a list has at the start.
    pub fn first_name(number: u32) -> String {
        format!("first-{number}")
    }

    /// Returns the id of the organization that owns the list with this number.
    pub fn organization(number: u32) -> String {
        format!("org_chaos{:011}", number % ORGANIZATIONS)
    }

    /// Makes the call; `latest` is the longest time after which a lost request may be executed.
    pub async fn execute(self, client: &Client, latest: Duration) -> Observed {
        // A second more, for the machine on which this runs.
        let window = latest + Duration::from_secs(1);
        if self.action == Action::Workflow {
            let rule = Rule::inbound(Protocol::Tcp).target("all:ipv4");
            let group = SecurityGroupLookup::id(self.id());
            let ensure = EnsureRules::new(client, group)
                .rule(rule.notes(self.name()))
                .reconcile_for(window);
            return match ensure.apply().await {
                Ok(_) => Observed::Done {
                    id: self.id(),
                    name: self.name(),
                },
                Err(error) => error.into(),
            };
        }
        match self.send(client, window).await {
            Ok((id, name)) => Observed::Done {
                id,
                name: name.unwrap_or_default(),
            },
            Err(error) => error.into(),
        }
    }

    async fn send(
        self,
        client: &Client,
        window: Duration,
    ) -> Result<(String, Option<String>), Error> {
        let lists = client.address_lists();
        let id = AddressListLookup::id(self.id());
        let within = OrganizationLookup::id(Self::organization(self.number));
        let create = || lists.create(within).name(self.name());
        let list = match self.action {
            Action::Read => lists.get(id).send().await?.into_inner().address_list,
            Action::Update => {
                let update = lists.update(id).name(self.name());
                update.send().await?.into_inner().address_list
            }
            Action::Delete => lists.delete(id).send().await?.into_inner().address_list,
            Action::Create => create().send().await?.into_inner().address_list,
            Action::CreateReconciled | Action::Workflow => {
                let create = create().reconcile_by_key().reconcile_for(window);
                create.send().await?.into_inner().address_list
            }
        };
        Ok((list.id, list.name))
    }
}
