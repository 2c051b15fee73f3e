//! Load balancers: a model of their rules and members, and the workflow that ensures them.

mod change;
mod ensure;
mod members;
mod rule;
mod target;

pub use change::LoadBalancerChange;
pub use ensure::EnsureLoadBalancer;
pub use members::LoadBalancerMembers;
pub use rule::ForwardingRule;
