//! Creations: arguments that the API refuses to do without are parameters, and the others have setters.

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::types::{
    DataCenterLookup, DiskBus, LoadBalancerLookup, LoadBalancerRuleProtocol, OrganizationLookup,
    SecurityGroupLookup, SecurityGroupRuleDirection, SecurityGroupRuleProtocol,
};

#[tokio::test]
async fn objects_are_created_from_required_arguments_alone() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let north = DataCenterLookup::permalink("north-1");

    let disk = katapult
        .disks()
        .create(&acme, &north, "data", 10)
        .send()
        .await?;
    assert_eq!(
        (disk.name.as_deref(), disk.size_in_gb),
        (Some("data"), Some(10))
    );

    let volumes = katapult.file_storage_volumes();
    let volume = volumes.create(&acme, &north, "assets").send().await?;
    assert_eq!(volume.name.as_deref(), Some("assets"));

    let balancers = katapult.load_balancers();
    let balancer = balancers.create(&acme, &north, "front").send().await?;
    let balancer = LoadBalancerLookup::id(&balancer.id);
    // The port of the machines comes first, then that of the load balancer.
    let rules = katapult.load_balancer_rules();
    let rule = rules
        .create(&balancer, 8443, 443, LoadBalancerRuleProtocol::Tcp)
        .send()
        .await?;
    assert_eq!(
        (rule.destination_port, rule.listen_port),
        (Some(8443), Some(443))
    );

    let group = katapult
        .security_groups()
        .create(&acme, "web")
        .send()
        .await?;
    let group = SecurityGroupLookup::id(&group.id);
    let rules = katapult.security_group_rules();
    let (inbound, tcp) = (
        SecurityGroupRuleDirection::Inbound,
        SecurityGroupRuleProtocol::Tcp,
    );
    let rule = rules
        .create(&group, inbound, tcp)
        .ports("443")
        .send()
        .await?;
    assert_eq!(rule.ports.as_deref(), Some("443"));

    katapult.tags().create(&acme, "production").send().await?;
    katapult
        .virtual_machine_groups()
        .create(&acme, "web")
        .send()
        .await?;
    Ok(())
}

#[tokio::test]
async fn optional_arguments_of_a_creation_have_setters() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let north = DataCenterLookup::permalink("north-1");
    let create = katapult.disks().create(&acme, &north, "data", 10);
    let disk = create.bus_type(DiskBus::Virtio).send().await?;
    assert_eq!(disk.bus_type, Some(DiskBus::Virtio));
    Ok(())
}

#[tokio::test]
async fn blank_required_argument_is_refused_by_the_api() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let error = katapult.security_groups().create(&acme, "").send().await;
    let error = error.err().ok_or("the sandbox accepted a blank name")?;
    assert!(error.is_validation() && error.to_string().contains("Name can't be blank"));
    Ok(())
}
