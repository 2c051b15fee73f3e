//! The load balancers of a Kubernetes cluster, as Katapult's cloud controller manages them: one for each service, with a
//! rule for each of its ports, and the machines of the cluster's nodes as members.
//!
//! `cargo run -p katapult-workflows --example load_balancer -- [UID DATA_CENTER TAG_ID PORT:NODE_PORT…]`. With a token in
//! `KATAPULT_API_KEY` it uses the real API, and applies the plan only with `--write`.

#[path = "../../katapult-core/examples/common/mod.rs"]
mod common;

use common::{ExampleResult, Session, arguments, or_unknown};
use katapult_core::types::{
    DataCenterLookup, LoadBalancerRuleAlgorithm, LoadBalancerRuleCheckProtocol, OrganizationLookup,
};
use katapult_workflows::{EnsureLoadBalancer, ForwardingRule};
use serde_json::json;

const CLUSTER: &str = "prod";
/// The tag of the cluster's nodes, and their ids, in the sandbox.
const NODE_TAG: &str = "tag_0000000000000001";
const NODES: [&str; 2] = ["vm_eEbPNR4Dwu4AIhsB", "vm_4bHM5gHLaEllhTZg"];

/// The arguments for the sandbox.
const SERVICE: [&str; 5] = ["b5216b07", "north-1", NODE_TAG, "80:30080", "443:30443"];

/// A service of the type `LoadBalancer`.
struct Service {
    uid: String,
    /// The ports, each with the port of the nodes at which it is served.
    ports: Vec<(u16, u16)>,
}

/// The machines to which the load balancers forward.
enum Nodes<'a> {
    /// Those with a tag, which the load balancer follows by itself.
    Tagged(&'a str),
    Machines(&'a [&'a str]),
}

struct Controller {
    session: Session,
    organization: OrganizationLookup,
    data_center: DataCenterLookup,
}

impl Controller {
    /// A name that is the same in each run, so that the load balancer of a service is found again.
    fn name(service: &Service) -> String {
        format!("k8s-{CLUSTER}-{}", service.uid)
    }

    fn rule(&(port, node_port): &(u16, u16)) -> ForwardingRule {
        ForwardingRule::tcp(port)
            .destination_port(node_port)
            .algorithm(LoadBalancerRuleAlgorithm::RoundRobin)
            .check_enabled(true)
            .check_protocol(LoadBalancerRuleCheckProtocol::Tcp)
            .check_timeout(5)
            .check_interval(10)
            .check_rise(1)
            .check_fall(1)
    }

    fn workflow(&self, service: &Service, nodes: &Nodes<'_>) -> EnsureLoadBalancer {
        let (katapult, acme) = (&self.session.katapult, &self.organization);
        let name = Self::name(service);
        let ensure = EnsureLoadBalancer::new(katapult, acme, &self.data_center, name);
        let ensure = match nodes {
            Nodes::Tagged(tag) => ensure.tags([*tag]),
            Nodes::Machines(ids) => ensure.machines(ids.iter().copied()),
        };
        let rules = service.ports.iter().map(Self::rule);
        // Rules of ports that the service no longer has are deleted, and nodes that have left are removed.
        rules.fold(ensure.prune(true), EnsureLoadBalancer::rule)
    }

    /// `EnsureLoadBalancer` and `UpdateLoadBalancer` of the cloud provider interface: returns the address for the status of
    /// the service.
    async fn ensure(&self, service: &Service, nodes: &Nodes<'_>) -> ExampleResult<Option<String>> {
        let workflow = self.workflow(service, nodes);
        println!("{}\n", workflow.plan().await?);
        if !self.session.may_write() {
            return Ok(None);
        }
        workflow.apply().await?;
        let found = workflow.get().await?;
        Ok(found.and_then(|balancer| balancer.ip_address?.address))
    }

    /// `EnsureLoadBalancerDeleted`: succeeds also if there is none.
    async fn delete(&self, service: &Service) -> ExampleResult<()> {
        let (katapult, name) = (&self.session.katapult, Self::name(service));
        let absent = EnsureLoadBalancer::absent(katapult, &self.organization, name);
        println!("{}", absent.apply().await?);
        Ok(())
    }
}

fn parse(ports: &str) -> ExampleResult<(u16, u16)> {
    let (port, node_port) = ports.split_once(':').ok_or("PORT:NODE_PORT")?;
    Ok((port.parse()?, node_port.parse()?))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|sandbox| {
        let acme = sandbox.id_of("Organization", "sub_domain", "acme")?;
        let tag = json!({"id": NODE_TAG, "name": "k8s-prod", "organization": acme});
        sandbox.insert_object("Tag", tag).map(drop)
    })
    .await?;
    let mut words = arguments();
    if words.is_empty() {
        words = SERVICE.map(str::to_owned).into();
    }
    let [uid, data_center, tag, ports @ ..] = &words[..] else {
        return Err("too few arguments".into());
    };
    let uid = uid.clone();
    let ports = ports.iter().map(|text| parse(text));
    let ports = ports.collect::<Result<_, _>>()?;
    let mut service = Service { uid, ports };
    let controller = Controller {
        organization: session.acme.clone(),
        data_center: data_center.parse()?,
        session,
    };
    let tagged = Nodes::Tagged(tag);

    println!("A new service:");
    let address = controller.ensure(&service, &tagged).await?;
    println!("Address: {}\n", or_unknown(&address));
    if controller.session.is_real() {
        return Ok(());
    }
    println!("The same again:");
    controller.ensure(&service, &tagged).await?;

    println!("Its ports change:");
    service.ports = vec![(443, 31443), (8443, 30444)];
    controller.ensure(&service, &tagged).await?;
    println!("Nodes by machine instead of by tag, and then one leaves:");
    for ids in [&NODES[..], &NODES[..1]] {
        controller.ensure(&service, &Nodes::Machines(ids)).await?;
    }

    println!("The service is deleted, twice:");
    controller.delete(&service).await?;
    controller.delete(&service).await
}
