//! Bringing the rules of a security group to what is wanted.

use std::fmt;

use katapult_core::types::SecurityGroupLookup;
use katapult_core::types::{
    SecurityGroupRule, SecurityGroupRuleAction as Action, SecurityGroupRuleDirection as Direction,
    SecurityGroupRuleLookup, SecurityGroupRuleProtocol as Protocol,
};

use crate::ensure::{Ensure, apply};
use crate::rounds::Rounds;
use crate::{Change, Plan, WorkflowError};
use katapult_core::Client;
use katapult_core::prelude::*;

/// A rule of a security group, as one wants it or as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Which way it is for.
    pub direction: Direction,
    /// Which protocol it is for.
    pub protocol: Protocol,
    /// Which ports, as `22,80` or `3000-3999`; none for all, and for ICMP.
    pub ports: Option<String>,
    /// From or to where: networks, or `all:ipv4` and `all:ipv6`; their order is of no account.
    pub targets: Vec<String>,
    /// What it is for, in words.
    pub notes: Option<String>,
    /// Whether it lets through. It does unless said otherwise.
    pub action: Action,
}

impl Rule {
    /// What may come in by this protocol.
    pub fn inbound(protocol: Protocol) -> Self {
        Self::new(Direction::Inbound, protocol)
    }

    /// What may go out by this protocol.
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

    /// Which ports, as `22,80` or `3000-3999`. Default: all.
    #[must_use]
    pub fn ports(mut self, ports: impl Into<String>) -> Self {
        self.ports = Some(ports.into());
        self
    }

    /// From or to where: a network, `all:ipv4` or `all:ipv6`; may be said more than once.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.targets.push(target.into());
        self.targets.sort();
        self.targets.dedup();
        self
    }

    /// What it is for, in words.
    #[must_use]
    pub fn notes(mut self, notes: impl Into<String>) -> Self {
        self.notes = Some(notes.into()).filter(|notes| !notes.is_empty());
        self
    }

    /// Lets nothing through.
    #[must_use]
    pub fn deny(mut self) -> Self {
        self.action = Action::Deny;
        self
    }

    fn read(rule: &SecurityGroupRule) -> Option<Self> {
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

    /// Whether they are for the same traffic, whatever comes of it and wherever it goes.
    fn is_about(&self, other: &Self) -> bool {
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

/// Brings the rules of a security group to what is wanted: makes, changes and removes just what differs, so that the
/// group has these rules and no others.
#[derive(Clone, Debug)]
pub struct EnsureRules {
    client: Client,
    group: SecurityGroupLookup,
    rules: Vec<Rule>,
    keep_others: bool,
}

impl EnsureRules {
    /// In this security group.
    pub fn new(client: &Client, security_group: impl Into<SecurityGroupLookup>) -> Self {
        Self {
            client: client.clone(),
            group: security_group.into(),
            rules: Vec::new(),
            keep_others: false,
        }
    }

    /// Wants this rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
        self
    }

    /// Leaves rules alone that are for other traffic than those that are wanted. Default: they are removed.
    #[must_use]
    pub fn keep_others(mut self) -> Self {
        self.keep_others = true;
        self
    }

    /// Looks, and says what [`apply`](EnsureRules::apply) would do.
    ///
    /// # Errors
    ///
    /// When the rules can't be listed.
    pub async fn plan(&self) -> Result<Plan<Rule>, WorkflowError> {
        let rules = self.client.security_group_rules();
        let mut all = rules.list(&self.group).items();
        let mut there = Vec::new();
        while let Some(rule) = all.try_next().await? {
            let Some(read) = Rule::read(&rule) else {
                continue;
            };
            if !self.keep_others || self.rules.iter().any(|wanted| wanted.is_about(&read)) {
                there.push((rule.id, read));
            }
        }
        let wanted = self.rules.clone();
        Ok(Plan::between(there, wanted, Rule::eq, &[&Rule::is_about]))
    }

    /// Does what differs, and gives what it did.
    ///
    /// # Errors
    ///
    /// When a call fails. What was done before stays done; apply it again to go on.
    pub async fn apply(&self) -> Result<Plan<Rule>, WorkflowError> {
        apply(self).await
    }
}

impl Ensure for EnsureRules {
    type What = Rule;

    async fn look(&self) -> Result<Plan<Rule>, WorkflowError> {
        self.plan().await
    }

    async fn change(
        &self,
        change: &Change<Rule>,
        rounds: &mut Rounds,
    ) -> Result<bool, WorkflowError> {
        let rules = self.client.security_group_rules();
        let result = match change {
            Change::Make(rule) => {
                let mut call = rules
                    .create(&self.group)
                    .direction(rule.direction.clone())
                    .protocol(rule.protocol.clone())
                    .targets(rule.targets.clone());
                // Newer than the others, and what it is without is to let through.
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
            Change::Alter { id, from, to } => {
                let mut call = rules.update(SecurityGroupRuleLookup::id(id));
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
            Change::Remove { id, .. } => {
                let delete = rules.delete(SecurityGroupRuleLookup::id(id));
                match delete.send().await {
                    Err(error) if error.is_not_found() => Ok(()),
                    other => other.map(drop),
                }
            }
        };
        Ok(rounds.settle(result).await?.is_some())
    }
}
