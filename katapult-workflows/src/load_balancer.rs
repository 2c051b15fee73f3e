//! Putting machines behind a load balancer.

use std::fmt;

use katapult_core::types::LoadBalancerRuleProtocol as Protocol;
use katapult_core::types::{LoadBalancer, LoadBalancerLookup, LoadBalancerResourceType};

use crate::rounds::Rounds;
use crate::{Change, Plan, WorkflowError};
use katapult_core::Client;
use katapult_core::prelude::*;

/// Puts virtual machines behind a load balancer, and has it listen for them.
///
/// Machines that it has already stay; ports on which it listens already are left as they are. It is for load balancers
/// of machines: one of groups or tags is refused, as long as it has any.
///
/// ```no_run
/// use katapult_core::types::LoadBalancerLookup;
/// use katapult_workflows::EnsureBalanced;
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let ensure = EnsureBalanced::new(&katapult, LoadBalancerLookup::api_reference("web"))
///     .machine("vm_1")
///     .listen(443, 8443, "TCP");
/// println!("{}", ensure.plan().await?);
/// ensure.apply().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EnsureBalanced {
    client: Client,
    balancer: LoadBalancerLookup,
    machines: Vec<String>,
    listeners: Vec<(i64, i64, Protocol)>,
}

/// One thing that a load balancer is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BalancedPart {
    /// The machine with this id behind it.
    Machine(String),
    /// A port on which it listens, the port of the machines that it passes on to, and how.
    Listener(i64, i64, Protocol),
}

impl fmt::Display for BalancedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BalancedPart::Machine(id) => write!(f, "machine {id}"),
            BalancedPart::Listener(from, to, protocol) => {
                write!(f, "{protocol} port {from} to {to}")
            }
        }
    }
}

impl EnsureBalanced {
    /// At this load balancer.
    pub fn new(client: &Client, load_balancer: impl Into<LoadBalancerLookup>) -> Self {
        Self {
            client: client.clone(),
            balancer: load_balancer.into(),
            machines: Vec::new(),
            listeners: Vec::new(),
        }
    }

    /// Wants the machine with this id behind it.
    #[must_use]
    pub fn machine(mut self, virtual_machine_id: impl Into<String>) -> Self {
        let id = virtual_machine_id.into();
        if !self.machines.contains(&id) {
            self.machines.push(id);
        }
        self
    }

    /// Wants it to listen on a port, and to pass on to a port of the machines. All else is as the API has it by default.
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

    /// Looks, and says what [`apply`](EnsureBalanced::apply) would do.
    ///
    /// # Errors
    ///
    /// When a call fails; and refused when the load balancer is one of groups or tags.
    pub async fn plan(&self) -> Result<Plan<BalancedPart>, WorkflowError> {
        Ok(self.look().await?.0)
    }

    /// Does what is missing, and gives what it did.
    ///
    /// Two runs at the same time for one load balancer can undo each other's machines, as the API takes all of them at
    /// once.
    ///
    /// # Errors
    ///
    /// When a call fails; and refused when the load balancer is one of groups or tags.
    pub async fn apply(&self) -> Result<Plan<BalancedPart>, WorkflowError> {
        let mut rounds = Rounds::default();
        let mut done: Option<Plan<BalancedPart>> = None;
        loop {
            rounds.begin()?;
            let (plan, balancer) = self.look().await?;
            let done = done.get_or_insert_with(|| plan.none_of());
            let mut open = false;
            let mut ids = balancer.resource_ids.clone().unwrap_or_default();
            let had = ids.len();
            ids.extend(plan.changes().iter().filter_map(|change| match change {
                Change::Make(BalancedPart::Machine(id)) => Some(id.clone()),
                _ => None,
            }));
            if ids.len() > had {
                let id = LoadBalancerLookup::id(&balancer.id);
                let update = self.client.load_balancers().update(id);
                let update = update
                    .resource_type(LoadBalancerResourceType::VirtualMachines)
                    .resource_ids(ids);
                open = rounds.settle(update.send().await).await?.is_none();
            }
            for change in plan.changes().iter().filter(|_| !open) {
                if let Change::Make(BalancedPart::Listener(from, to, protocol)) = change {
                    let rules = self.client.load_balancer_rules();
                    let create = rules
                        .create(LoadBalancerLookup::id(&balancer.id))
                        .listen_port(*from)
                        .destination_port(*to)
                        .protocol(protocol.clone());
                    if rounds.settle(create.send().await).await?.is_none() {
                        open = true;
                        break;
                    }
                }
                done.push(change.clone());
            }
            if !open {
                return Ok(done.clone());
            }
        }
    }

    async fn look(&self) -> Result<(Plan<BalancedPart>, LoadBalancer), WorkflowError> {
        let reply = self
            .client
            .load_balancers()
            .get(&self.balancer)
            .send()
            .await?;
        let balancer = reply.into_inner().load_balancer;
        let ids = balancer.resource_ids.clone().unwrap_or_default();
        match &balancer.resource_type {
            Some(kind) if *kind != LoadBalancerResourceType::VirtualMachines && !ids.is_empty() => {
                return Err(WorkflowError::Refused(format!(
                    "the load balancer {} is one of {kind}: it can't have machines beside them",
                    balancer.id
                )));
            }
            _ => {}
        }
        let mut there: Vec<_> = ids
            .into_iter()
            .filter(|id| self.machines.contains(id))
            .map(|id| (id.clone(), BalancedPart::Machine(id)))
            .collect();
        let id = LoadBalancerLookup::id(&balancer.id);
        let mut rules = self.client.load_balancer_rules().list(id).items();
        while let Some(rule) = rules.try_next().await? {
            let port = rule.listen_port;
            let wanted = self.listeners.iter().find(|(from, ..)| Some(*from) == port);
            if let Some((from, to, protocol)) = wanted {
                // Whatever it does else: a port is listened on once.
                there.push((
                    rule.id,
                    BalancedPart::Listener(*from, *to, protocol.clone()),
                ));
            }
        }
        let machines = self.machines.iter().cloned().map(BalancedPart::Machine);
        let listeners = self.listeners.iter().cloned();
        let listeners =
            listeners.map(|(from, to, protocol)| BalancedPart::Listener(from, to, protocol));
        let wanted = machines.chain(listeners).collect();
        Ok((
            Plan::between(there, wanted, BalancedPart::eq, &[]),
            balancer,
        ))
    }
}
