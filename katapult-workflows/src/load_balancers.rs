//! Adding virtual machines and listeners to a load balancer.

use std::fmt;
use std::time::Duration;

use katapult_core::Client;
use katapult_core::prelude::*;
use katapult_core::types::{
    LoadBalancer, LoadBalancerLookup, LoadBalancerResourceType,
    LoadBalancerRuleProtocol as Protocol, VirtualMachineLookup,
};

use crate::converge::{ConvergeLoop, RECONCILE_FOR};
use crate::error::WorkflowError;
use crate::reconcile::plan::{Change, Plan};

/// Adds virtual machines and listeners to a load balancer.
///
/// Existing machines stay, and a port that has a listener already is left unchanged. A load balancer of groups or tags
/// that has any is an error: it cannot have machines as well.
///
/// ```no_run
/// use katapult_core::types::{LoadBalancerLookup, LoadBalancerRuleProtocol};
/// use katapult_workflows::EnsureLoadBalancer;
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let ensure = EnsureLoadBalancer::new(&katapult, LoadBalancerLookup::api_reference("web"))
///     .machine("vm_1")
///     .listen(443, 8443, LoadBalancerRuleProtocol::Tcp);
/// println!("{}", ensure.plan().await?);
/// ensure.apply().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EnsureLoadBalancer {
    client: Client,
    balancer: LoadBalancerLookup,
    machines: Vec<String>,
    listeners: Vec<(i64, i64, Protocol)>,
    reconcile_for: Duration,
}

/// A part of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadBalancerChange {
    /// A virtual machine, by id.
    Machine(String),
    /// A listener: its port, the port of the machines, and the protocol.
    Listener(i64, i64, Protocol),
}

impl fmt::Display for LoadBalancerChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadBalancerChange::Machine(id) => write!(f, "machine {id}"),
            LoadBalancerChange::Listener(from, to, protocol) => {
                write!(f, "{protocol} port {from} to {to}")
            }
        }
    }
}

impl EnsureLoadBalancer {
    /// Creates a workflow for this load balancer, without any machines or listeners.
    pub fn new(client: &Client, load_balancer: impl Into<LoadBalancerLookup>) -> Self {
        Self {
            client: client.clone(),
            balancer: load_balancer.into(),
            machines: Vec::new(),
            listeners: Vec::new(),
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Adds the machine with this id to the wanted state.
    #[must_use]
    pub fn machine(mut self, virtual_machine_id: impl Into<String>) -> Self {
        let id = virtual_machine_id.into();
        if !self.machines.contains(&id) {
            self.machines.push(id);
        }
        self
    }

    /// Adds a listener to the wanted state: its port, the port of the machines, and the protocol. The API chooses the other
    /// values.
    #[must_use]
    pub fn listen(
        mut self,
        listen_port: i64,
        destination_port: i64,
        protocol: impl Into<Protocol>,
    ) -> Self {
        let listener = (listen_port, destination_port, protocol.into());
        if !self.listeners.iter().any(|(port, ..)| *port == listen_port) {
            self.listeners.push(listener);
        }
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

    /// Returns the changes that [`apply`](EnsureLoadBalancer::apply) would make.
    ///
    /// # Errors
    ///
    /// If a call fails. [`WorkflowError::PreconditionFailed`] if the load balancer has groups or tags.
    pub async fn plan(&self) -> Result<Plan<LoadBalancerChange>, WorkflowError> {
        self.validate()?;
        Ok(self.read(&self.balancer).await?.0)
    }

    /// Makes the changes and returns them.
    ///
    /// Two concurrent runs for one load balancer can remove each other's machines, because the API sets all of them in one
    /// call.
    ///
    /// # Errors
    ///
    /// If a call fails. [`WorkflowError::PreconditionFailed`] if the load balancer has groups or tags.
    pub async fn apply(&self) -> Result<Plan<LoadBalancerChange>, WorkflowError> {
        self.validate()?;
        let mut converge = ConvergeLoop::reconcile_for(self.reconcile_for);
        let mut applied: Option<Plan<LoadBalancerChange>> = None;
        let mut lookup = self.balancer.clone();
        loop {
            converge.next_step()?;
            let (plan, balancer) = self.read(&lookup).await?;
            // From now on by id: another load balancer may get the reference.
            lookup = LoadBalancerLookup::id(&balancer.id);
            let applied = applied.get_or_insert_with(|| plan.without_changes());
            let mut ambiguous = false;
            // The call sets the whole list, so it must have the existing machines.
            let mut ids = balancer.resource_ids.clone().unwrap_or_default();
            let existing = ids.len();
            ids.extend(plan.changes().iter().filter_map(|change| match change {
                Change::Create(LoadBalancerChange::Machine(id)) => Some(id.clone()),
                _ => None,
            }));
            if ids.len() > existing {
                let update = self.client.load_balancers().update(&lookup);
                let update = update
                    .resource_type(LoadBalancerResourceType::VirtualMachines)
                    .resource_ids(ids);
                ambiguous = converge.or_recheck(update.send().await).await?.is_none();
            }
            for change in plan.changes().iter().filter(|_| !ambiguous) {
                if let Change::Create(LoadBalancerChange::Listener(from, to, protocol)) = change {
                    if !converge.may_create().await {
                        ambiguous = true;
                        break;
                    }
                    let rules = self.client.load_balancer_rules();
                    let create = rules.create(&lookup, *to, *from, protocol.clone());
                    if converge
                        .or_recheck_refused(create.send().await)
                        .await?
                        .is_none()
                    {
                        ambiguous = true;
                        break;
                    }
                }
                applied.push(change.clone());
            }
            if !ambiguous {
                return Ok(applied.clone());
            }
        }
    }

    /// Refuses the id of a machine that no machine can have.
    fn validate(&self) -> Result<(), WorkflowError> {
        for id in &self.machines {
            let machine = VirtualMachineLookup::id(id);
            self.client.virtual_machines().get(machine).validate()?;
        }
        Ok(())
    }

    /// Reads the load balancer, and returns it with the remaining changes.
    async fn read(
        &self,
        lookup: &LoadBalancerLookup,
    ) -> Result<(Plan<LoadBalancerChange>, LoadBalancer), WorkflowError> {
        let response = self.client.load_balancers().get(lookup).send().await?;
        let balancer = response.into_inner().load_balancer;
        let ids = balancer.resource_ids.clone().unwrap_or_default();
        match &balancer.resource_type {
            Some(kind) if *kind != LoadBalancerResourceType::VirtualMachines && !ids.is_empty() => {
                return Err(WorkflowError::PreconditionFailed(format!(
                    "the load balancer {} has {kind}: it cannot have machines as well",
                    balancer.id
                )));
            }
            _ => {}
        }
        let mut existing: Vec<_> = ids
            .into_iter()
            .filter(|id| self.machines.contains(id))
            .map(|id| (id.clone(), LoadBalancerChange::Machine(id)))
            .collect();
        let id = LoadBalancerLookup::id(&balancer.id);
        let mut rules = self.client.load_balancer_rules().list(id).items();
        while let Some(rule) = rules.try_next().await? {
            let port = rule.listen_port;
            let wanted = self.listeners.iter().find(|(from, ..)| Some(*from) == port);
            if let Some((from, to, protocol)) = wanted {
                // With whatever values: a port can have one listener only.
                existing.push((
                    rule.id,
                    LoadBalancerChange::Listener(*from, *to, protocol.clone()),
                ));
            }
        }
        let machines = self
            .machines
            .iter()
            .cloned()
            .map(LoadBalancerChange::Machine);
        let listeners = self.listeners.iter().cloned();
        let listeners =
            listeners.map(|(from, to, protocol)| LoadBalancerChange::Listener(from, to, protocol));
        let wanted = machines.chain(listeners).collect();
        Ok((
            Plan::diff(existing, wanted, LoadBalancerChange::eq, &[]),
            balancer,
        ))
    }
}
