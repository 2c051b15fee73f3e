//! Bringing a load balancer to the wanted state.

use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::{
    DataCenterLookup, LoadBalancer, LoadBalancerLookup, LoadBalancerResourceType as Kind,
    LoadBalancerRuleLookup, OrganizationLookup,
};
use katapult_core::{Client, IntoLookup};

use crate::converge::{ConvergeLoop, RECONCILE_FOR};
use crate::error::WorkflowError;
use crate::load_balancers::change::{LoadBalancerChange, of_rule};
use crate::load_balancers::members::LoadBalancerMembers;
use crate::load_balancers::rule::ForwardingRule;
use crate::load_balancers::target::{Target, require_single};
use crate::reconcile::apply::Reconcile;
use crate::reconcile::impl_desired_state;
use crate::reconcile::plan::{Change, Plan};

/// Brings a load balancer to the wanted state: creates it if it is missing, and its rules and members if they differ.
///
/// The load balancer is found by its name in the organization. Rules are compared by their ports, field by field; equal
/// ones are not sent. Rules and members that the workflow does not name stay as they are, unless
/// [`prune`](EnsureLoadBalancer::prune) is set.
///
/// ```no_run
/// use katapult_core::types::{DataCenterLookup, OrganizationLookup};
/// use katapult_workflows::{EnsureLoadBalancer, ForwardingRule};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let london = DataCenterLookup::permalink("uk-lon-01");
/// let ensure = EnsureLoadBalancer::new(&katapult, acme, london, "web")
///     .tags(["tag_1"])
///     .rule(ForwardingRule::tcp(443).destination_port(30443).check_enabled(true))
///     .prune(true);
/// println!("{}", ensure.plan().await?);
/// ensure.apply().await?;
/// assert!(ensure.plan().await?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EnsureLoadBalancer {
    client: Client,
    target: Target,
    members: Option<LoadBalancerMembers>,
    rules: Vec<ForwardingRule>,
    prune: bool,
    reconcile_for: Duration,
}

impl EnsureLoadBalancer {
    /// Creates a workflow for the load balancer of this name, without any rules or members. If the organization has no such
    /// load balancer, it is created in the data center.
    pub fn new(
        client: &Client,
        organization: impl IntoLookup<OrganizationLookup>,
        data_center: impl IntoLookup<DataCenterLookup>,
        name: impl Into<String>,
    ) -> Self {
        let (organization, data_center) = (organization.into(), data_center.into());
        Self::of(
            client,
            Target::Named(organization, data_center, name.into()),
        )
    }

    /// Creates a workflow for an existing load balancer, without any rules or members.
    pub fn existing(client: &Client, load_balancer: impl IntoLookup<LoadBalancerLookup>) -> Self {
        Self::of(client, Target::Existing(load_balancer.into()))
    }

    /// Creates a workflow that deletes the load balancer of this name with its rules, if the organization has one.
    pub fn absent(
        client: &Client,
        organization: impl IntoLookup<OrganizationLookup>,
        name: impl Into<String>,
    ) -> Self {
        Self::of(client, Target::Absent(organization.into(), name.into()))
    }

    fn of(client: &Client, target: Target) -> Self {
        Self {
            client: client.clone(),
            target,
            members: None,
            rules: Vec::new(),
            prune: false,
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Sets virtual machines as the members, by id. A load balancer has members of one kind; the last call of `machines`,
    /// `groups` or `tags` counts. Default: the members stay as they are.
    #[must_use]
    pub fn machines(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.members(Kind::VirtualMachines, ids)
    }

    /// Sets the machines of virtual machine groups as the members, by the ids of the groups.
    #[must_use]
    pub fn groups(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.members(Kind::VirtualMachineGroups, ids)
    }

    /// Sets the machines with one of these tags as the members, by the ids of the tags.
    #[must_use]
    pub fn tags(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.members(Kind::Tags, ids)
    }

    fn members(mut self, kind: Kind, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let ids = ids.into_iter().map(Into::into);
        self.members = Some(LoadBalancerMembers::new(kind, ids));
        self
    }

    /// Adds a rule to the wanted state. Of two for the same port of the load balancer, the last one counts.
    #[must_use]
    pub fn rule(mut self, rule: ForwardingRule) -> Self {
        self.rules
            .retain(|other| other.listen_port != rule.listen_port);
        self.rules.push(rule);
        self
    }

    /// Sets whether all other rules are deleted, and all other members removed if the workflow names any kind of members.
    /// Default: `false`, they stay as they are.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Returns the load balancer, with its address, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// If a call fails. [`WorkflowError::Duplicate`] if the organization has several of this name.
    pub async fn get(&self) -> Result<Option<LoadBalancer>, WorkflowError> {
        self.target.find(&self.client, None).await
    }

    /// Returns the change of the members, if they differ.
    fn plan_members(
        &self,
        balancer: &LoadBalancer,
    ) -> Result<Plan<LoadBalancerChange>, WorkflowError> {
        let Some(wanted) = &self.members else {
            return Ok(Plan::new(Vec::new(), 0));
        };
        let current = LoadBalancerMembers::of(balancer);
        let merged = current.merged(wanted, self.prune).ok_or_else(|| {
            WorkflowError::PreconditionFailed(format!(
                "the load balancer {} has {}, and cannot have {} as well: set prune(true) to replace them",
                balancer.id,
                current.kind_name(),
                wanted.kind_name()
            ))
        })?;
        Ok(match current.is_same(&merged) {
            true => Plan::new(Vec::new(), 1),
            false => {
                let change = Change::Update {
                    id: balancer.id.clone(),
                    from: LoadBalancerChange::Members(current),
                    to: LoadBalancerChange::Members(merged),
                };
                Plan::new(vec![change], 0)
            }
        })
    }

    /// Reads a rule, or returns `None` if it was deleted.
    async fn read_rule(&self, id: &str) -> Result<Option<ForwardingRule>, WorkflowError> {
        let rules = self.client.load_balancer_rules();
        match rules.get(LoadBalancerRuleLookup::id(id)).send().await {
            Ok(response) => Ok(ForwardingRule::from_api(&response.load_balancer_rule)),
            Err(error) if error.is_gone() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the changes of the rules.
    async fn plan_rules(
        &self,
        lookup: &LoadBalancerLookup,
    ) -> Result<Plan<ForwardingRule>, WorkflowError> {
        let mut existing = Vec::new();
        let mut all = self.client.load_balancer_rules().list(lookup).items();
        while let Some(rule) = all.try_next().await? {
            let Some(mut current) = ForwardingRule::from_api(&rule) else {
                continue;
            };
            let mut wanted = self.rules.iter();
            match wanted.find(|wanted| wanted.listen_port == current.listen_port) {
                Some(wanted) => {
                    if !current.satisfies(wanted) {
                        // The list has only some of the fields.
                        match self.read_rule(&rule.id).await? {
                            Some(rule) => current = rule,
                            None => continue,
                        }
                    }
                    existing.push((rule.id, current.only_fields_of(wanted)));
                }
                None if self.prune => existing.push((rule.id, current.without_options())),
                None => {}
            }
        }
        let is_same_port =
            |is: &ForwardingRule, want: &ForwardingRule| is.listen_port == want.listen_port;
        Ok(Plan::diff(
            existing,
            self.rules.clone(),
            ForwardingRule::satisfies,
            &[&is_same_port],
        ))
    }
}

impl_desired_state!(EnsureLoadBalancer, LoadBalancerChange);

impl Reconcile for EnsureLoadBalancer {
    type Item = LoadBalancerChange;
    /// The id of the load balancer: another one may get its name or reference.
    type Known = Option<String>;

    fn check(&self) -> Result<(), WorkflowError> {
        if let Some(members) = &self.members {
            members.check()?;
        }
        match &self.target {
            Target::Named(_, _, name) | Target::Absent(_, name) if name.is_empty() => Err(
                WorkflowError::InvalidInput("the name of the load balancer is empty".to_owned()),
            ),
            // The other lookups are checked by the first call.
            _ => Ok(()),
        }
    }

    async fn read(
        &self,
        known: &mut Option<String>,
    ) -> Result<Plan<LoadBalancerChange>, WorkflowError> {
        let balancer = self.target.find(&self.client, known.as_deref()).await?;
        *known = balancer.as_ref().map(|balancer| balancer.id.clone());
        match (&self.target, balancer) {
            (Target::Absent(..), None) => Ok(Plan::new(Vec::new(), 0)),
            (Target::Absent(_, name), Some(balancer)) => {
                let was = LoadBalancerChange::LoadBalancer {
                    name: name.clone(),
                    members: Some(LoadBalancerMembers::of(&balancer)),
                };
                let id = balancer.id;
                Ok(Plan::new(vec![Change::Delete { id, was }], 0))
            }
            (Target::Named(_, _, name), None) => {
                let balancer = LoadBalancerChange::LoadBalancer {
                    name: name.clone(),
                    members: self.members.clone(),
                };
                let rules = self.rules.iter().cloned().map(LoadBalancerChange::Rule);
                let all = std::iter::once(balancer).chain(rules);
                Ok(Plan::new(all.map(Change::Create).collect(), 0))
            }
            (_, Some(balancer)) => {
                let members = self.plan_members(&balancer)?;
                let id = LoadBalancerLookup::id(&balancer.id);
                let rules = self.plan_rules(&id).await?;
                Ok(members.and(rules.map(of_rule)))
            }
            // Its absence was an error of the call.
            (Target::Existing(_), None) => Ok(Plan::new(Vec::new(), 0)),
        }
    }

    async fn apply_change(
        &self,
        change: &Change<LoadBalancerChange>,
        known: &mut Option<String>,
        converge: &mut ConvergeLoop,
    ) -> Result<bool, WorkflowError> {
        let (balancers, rules) = (
            self.client.load_balancers(),
            self.client.load_balancer_rules(),
        );
        let id = LoadBalancerLookup::id(known.clone().unwrap_or_default());
        let result = match change {
            Change::Create(LoadBalancerChange::LoadBalancer { members, .. }) => {
                let Target::Named(organization, data_center, name) = &self.target else {
                    return Ok(true);
                };
                let mut create = balancers.create(organization, data_center, name);
                if let Some(members) = members {
                    create = create
                        .resource_type(members.kind.clone())
                        .resource_ids(members.ids.clone());
                }
                // Refused if another run has created it.
                let created = converge.or_recheck_refused(create.send().await).await?;
                *known = created.map(|response| response.load_balancer.id.clone());
                if known.is_some() {
                    require_single(&self.client, organization, name).await?;
                }
                return Ok(known.is_some());
            }
            Change::Create(LoadBalancerChange::Rule(rule)) => {
                let (from, to) = (
                    i64::from(rule.listen_port),
                    i64::from(rule.destination_port),
                );
                let create = rules.create(id, to, from, rule.protocol.clone());
                // Refused if another run has created a rule for the port.
                let created = rule.in_create(create).send().await;
                return Ok(converge.or_recheck_refused(created).await?.is_some());
            }
            Change::Update {
                to: LoadBalancerChange::Members(members),
                ..
            } => {
                let update = balancers
                    .update(id)
                    .resource_type(members.kind.clone())
                    .resource_ids(members.ids.clone());
                update.send().await.map(drop)
            }
            Change::Update {
                id,
                from: LoadBalancerChange::Rule(from),
                to: LoadBalancerChange::Rule(to),
            } => {
                let update = rules.update(LoadBalancerRuleLookup::id(id));
                to.in_update(from, update).send().await.map(drop)
            }
            Change::Delete {
                id,
                was: LoadBalancerChange::LoadBalancer { .. },
            } => balancers
                .delete(LoadBalancerLookup::id(id))
                .send()
                .await
                .map(drop),
            Change::Delete { id, .. } => rules
                .delete(LoadBalancerRuleLookup::id(id))
                .send()
                .await
                .map(drop),
            // Members are updated, and the load balancer itself is not.
            Change::Create(LoadBalancerChange::Members(_)) | Change::Update { .. } => {
                return Ok(true);
            }
        };
        match result {
            Err(error) if error.is_gone() && matches!(change, Change::Delete { .. }) => Ok(true),
            result => Ok(converge.or_recheck(result).await?.is_some()),
        }
    }
}
