//! Bringing the rules of a security group to the wanted state.

use std::fmt;
use std::time::Duration;

use katapult_core::prelude::*;
use katapult_core::types::{
    SecurityGroupLookup, SecurityGroupRule, SecurityGroupRuleAction as Action,
    SecurityGroupRuleDirection as Direction, SecurityGroupRuleLookup,
    SecurityGroupRuleProtocol as Protocol,
};
use katapult_core::{Client, IntoLookup};

use crate::converge::{ConvergeLoop, RECONCILE_FOR};
use crate::error::WorkflowError;
use crate::reconcile::apply::Reconcile;
use crate::reconcile::impl_desired_state;
use crate::reconcile::plan::{Change, Plan};

/// A rule of a security group, in its current or its wanted state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The direction of the traffic.
    pub direction: Direction,
    /// The protocol of the traffic.
    pub protocol: Protocol,
    /// The ports, such as `22,80` or `3000-3999`; `None` for all, and for ICMP.
    pub ports: Option<String>,
    /// The remote networks, or `all:ipv4` and `all:ipv6`; in any order.
    pub targets: Vec<String>,
    /// A description.
    pub notes: Option<String>,
    /// The action. Default: allow.
    pub action: Action,
}

impl Rule {
    /// Creates a rule that allows inbound traffic of this protocol.
    pub fn inbound(protocol: Protocol) -> Self {
        Self::new(Direction::Inbound, protocol)
    }

    /// Creates a rule that allows outbound traffic of this protocol.
    pub fn outbound(protocol: Protocol) -> Self {
        Self::new(Direction::Outbound, protocol)
    }

    fn new(direction: Direction, protocol: Protocol) -> Self {
        Self {
            direction,
            protocol,
            ports: None,
            targets: Vec::new(),
            notes: None,
            action: Action::Allow,
        }
    }

    /// Sets the ports, such as `22,80` or `3000-3999`. Default: all.
    #[must_use]
    pub fn ports(mut self, ports: impl Into<String>) -> Self {
        self.ports = Some(ports.into());
        self
    }

    /// Adds a remote network, or `all:ipv4` or `all:ipv6`.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.targets.push(target.into());
        // The order has no meaning, but rules are compared by it.
        self.targets.sort();
        self.targets.dedup();
        self
    }

    /// Sets the description. Default: none.
    #[must_use]
    pub fn notes(mut self, notes: impl Into<String>) -> Self {
        self.notes = Some(notes.into()).filter(|notes| !notes.is_empty());
        self
    }

    /// Sets the action to deny. Default: allow.
    #[must_use]
    pub fn deny(mut self) -> Self {
        self.action = Action::Deny;
        self
    }

    fn from_api(rule: &SecurityGroupRule) -> Option<Self> {
        // An empty text is an absent value.
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut targets = rule.targets.clone().unwrap_or_default();
        targets.sort();
        Some(Self {
            direction: rule.direction.clone()?,
            protocol: rule.protocol.clone()?,
            ports: text(&rule.ports),
            targets,
            notes: text(&rule.notes),
            action: rule.action.clone().unwrap_or(Action::Allow),
        })
    }

    /// Returns `true` if both rules have the same direction, protocol and ports: one can be updated to the other.
    fn is_same_traffic(&self, other: &Self) -> bool {
        self.direction == other.direction
            && self.protocol == other.protocol
            && self.ports == other.ports
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.direction, self.action, self.protocol)?;
        if let Some(ports) = &self.ports {
            write!(f, " {ports}")?;
        }
        match &self.targets[..] {
            [] => {}
            targets => write!(f, " [{}]", targets.join(", "))?,
        }
        match &self.notes {
            Some(notes) => write!(f, " {notes:?}"),
            None => Ok(()),
        }
    }
}

/// Brings the rules of a security group to the wanted state: creates, updates and deletes those that differ.
///
/// Rules of one direction, protocol and ports form a set. A set with a wanted rule will have the wanted rules only; other
/// rules stay as they are, unless [`prune`](EnsureRules::prune) is set.
///
/// ```no_run
/// use katapult_core::types::{SecurityGroupLookup, SecurityGroupRuleProtocol as Protocol};
/// use katapult_workflows::{EnsureRules, Rule};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let ensure = EnsureRules::new(&katapult, SecurityGroupLookup::id("sg_1"))
///     .rule(Rule::inbound(Protocol::Tcp).ports("443").target("all:ipv4"))
///     .prune(true);
/// println!("{}", ensure.plan().await?);
/// ensure.apply().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EnsureRules {
    client: Client,
    group: SecurityGroupLookup,
    rules: Vec<Rule>,
    prune: bool,
    reconcile_for: Duration,
}

impl EnsureRules {
    /// Creates a workflow for this security group, without any rules.
    pub fn new(client: &Client, security_group: impl IntoLookup<SecurityGroupLookup>) -> Self {
        Self {
            client: client.clone(),
            group: security_group.into(),
            rules: Vec::new(),
            prune: false,
            reconcile_for: RECONCILE_FOR,
        }
    }

    /// Adds a rule to the wanted state. A duplicate has no effect.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
        self
    }

    /// Sets whether all other rules of the group are deleted. Default: `false`, they stay as they are.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }
}

impl_desired_state!(EnsureRules, Rule);

impl Reconcile for EnsureRules {
    type Item = Rule;
    type Known = ();

    fn check(&self) -> Result<(), WorkflowError> {
        Ok(())
    }

    async fn read(&self, (): &mut ()) -> Result<Plan<Rule>, WorkflowError> {
        let rules = self.client.security_group_rules();
        let mut all = rules.list(&self.group).items();
        let mut existing = Vec::new();
        while let Some(rule) = all.try_next().await? {
            let Some(read) = Rule::from_api(&rule) else {
                continue;
            };
            if self.prune
                || self
                    .rules
                    .iter()
                    .any(|wanted| wanted.is_same_traffic(&read))
            {
                existing.push((rule.id, read));
            }
        }
        let wanted = self.rules.clone();
        Ok(Plan::diff(
            existing,
            wanted,
            Rule::eq,
            &[&Rule::is_same_traffic],
        ))
    }

    async fn apply_change(
        &self,
        change: &Change<Rule>,
        (): &mut (),
        converge: &mut ConvergeLoop,
    ) -> Result<bool, WorkflowError> {
        let rules = self.client.security_group_rules();
        let result = match change {
            Change::Create(rule) => {
                let mut call = rules
                    .create(&self.group, rule.direction.clone(), rule.protocol.clone())
                    .targets(rule.targets.clone());
                // Omitted if it is the default: the argument is newer than the others.
                if rule.action != Action::Allow {
                    call = call.action(rule.action.clone());
                }
                if let Some(ports) = &rule.ports {
                    call = call.ports(ports.clone());
                }
                if let Some(notes) = &rule.notes {
                    call = call.notes(notes.clone());
                }
                call.send().await.map(drop)
            }
            Change::Update { id, from, to } => {
                let mut call = rules.update(SecurityGroupRuleLookup::id(id));
                // Values that do not differ are left to the API.
                if from.targets != to.targets {
                    call = call.targets(to.targets.clone());
                }
                if from.notes != to.notes {
                    call = call.notes(to.notes.clone().unwrap_or_default());
                }
                if from.action != to.action {
                    call = call.action(to.action.clone());
                }
                call.send().await.map(drop)
            }
            Change::Delete { id, .. } => {
                let delete = rules.delete(SecurityGroupRuleLookup::id(id));
                match delete.send().await {
                    Err(error) if error.is_not_found() => Ok(()),
                    other => other.map(drop),
                }
            }
        };
        Ok(converge.or_recheck(result).await?.is_some())
    }
}
