//! A call that the SDK has no operation for, and additions to one call.

use katapult_consumer::{Result, builder, start_sandbox};
use katapult_core::http::Method;
use katapult_core::prelude::*;
use katapult_core::serde_json::{Value, json};
use katapult_core::types::OrganizationLookup;

#[tokio::test]
async fn machine_is_stopped_by_a_raw_request() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let page = katapult.virtual_machines().list(&acme).send().await?;
    let first = page.virtual_machines.first().ok_or("no machine")?;

    let read = katapult
        .request(Method::GET, "/virtual_machines/virtual_machine")
        .query(&[("virtual_machine[id]", &first.id)])
        .send::<Value>()
        .await?;
    assert_eq!(
        read["virtual_machine"]["fqdn"].as_str(),
        first.fqdn.as_deref()
    );

    let stopped = katapult
        .request(Method::POST, "/virtual_machines/virtual_machine/stop")
        .json(&json!({"virtual_machine": {"id": first.id}}))
        .send::<Value>()
        .await?;
    assert!(stopped["task"]["id"].is_string());

    // The sandbox has no such path either.
    let error = katapult.request(Method::POST, "/virtual_machines/virtual_machine/hibernate");
    let error = error.send::<Value>().await.err().ok_or("no error")?;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(404));
    Ok(())
}

#[tokio::test]
async fn call_has_a_header_a_parameter_and_a_field_of_its_own() -> Result {
    let sandbox = start_sandbox().await?;
    let katapult = builder(&sandbox).build()?;
    let acme = OrganizationLookup::sub_domain("acme");
    let page = katapult
        .virtual_machines()
        .list(&acme)
        .query_param("per_page", 1)
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .send()
        .await?;
    assert_eq!(page.virtual_machines.len(), 1);

    let zone = katapult
        .dns_zones()
        .create(&acme)
        .body_field("properties[name]", "fields.example")
        .send()
        .await?;
    assert_eq!(zone.name.as_deref(), Some("fields.example"));

    let refused = katapult
        .dns_zones()
        .create(&acme)
        .header("authorization", "Bearer x");
    assert!(refused.send().await.is_err_and(|error| error.is_build()));
    Ok(())
}
