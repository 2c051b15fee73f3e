//! The parts of a load balancer, as a plan has them.

use std::fmt;

use crate::load_balancers::members::LoadBalancerMembers;
use crate::load_balancers::rule::ForwardingRule;
use crate::reconcile::plan::Change;

/// A part of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadBalancerChange {
    /// The load balancer itself.
    #[non_exhaustive]
    LoadBalancer {
        /// The name, unique within the organization.
        name: String,
        /// The members with which it is created.
        members: Option<LoadBalancerMembers>,
    },
    /// All members.
    Members(LoadBalancerMembers),
    /// A rule. Of an update, it has only the fields that differ.
    Rule(ForwardingRule),
}

impl fmt::Display for LoadBalancerChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadBalancerChange::LoadBalancer { name, members } => match members {
                Some(members) => write!(f, "load balancer {name} with {members}"),
                None => write!(f, "load balancer {name}"),
            },
            LoadBalancerChange::Members(members) => write!(f, "{members}"),
            LoadBalancerChange::Rule(rule) => write!(f, "{rule}"),
        }
    }
}

/// Returns a change of a rule as that of a load balancer.
pub(crate) fn of_rule(change: Change<ForwardingRule>) -> Change<LoadBalancerChange> {
    match change {
        Change::Create(rule) => Change::Create(LoadBalancerChange::Rule(rule)),
        Change::Update { id, from, to } => Change::Update {
            id,
            from: LoadBalancerChange::Rule(from.only_differences_from(&to)),
            to: LoadBalancerChange::Rule(to.only_differences_from(&from)),
        },
        Change::Delete { id, was } => Change::Delete {
            id,
            was: LoadBalancerChange::Rule(was),
        },
    }
}
