//! Lists virtual machines, gets one, shuts it down and polls the task.
//!
//! `cargo run --example quickstart` needs no account: it uses the sandbox, a local Katapult API in this process, which
//! refuses two requests to demonstrate retries. With a token in `KATAPULT_API_KEY` it uses the real API, and only reads.

use std::env;
use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use katapult_core::Client;
use katapult_core::types::{OrganizationLookup, TaskLookup, TaskStatus, VirtualMachineLookup};
use katapult_sandbox::{Sandbox, Time};

/// The interval between polls of a task.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// The maximum number of polls.
const MAX_POLLS: usize = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if env::var_os("KATAPULT_API_KEY").is_some_and(|key| !key.is_empty()) {
        println!("KATAPULT_API_KEY is set: reading from the real API, and changing nothing.");
        return read(&Client::from_env()?).await;
    }
    println!("KATAPULT_API_KEY is not set: using the sandbox in this process.");
    let server = Sandbox::builder()
        .start_at(near_the_end_of_a_minute())
        .time(Time::Scaled(5.0)) // a task of 10 seconds takes 2
        .fault("virtual_machines.get:429#1".parse()?)
        .fault("tasks.get:unavailable#1".parse()?)
        .start()
        .await?;
    let katapult = Client::builder()
        .base_url(server.url())
        .token(server.token())
        .build()?;
    run(&katapult, &server).await
}

/// Runs all steps on the sandbox.
async fn run(katapult: &Client, server: &Sandbox) -> Result<(), Box<dyn Error>> {
    let acme = OrganizationLookup::sub_domain("acme");
    println!("\nVirtual machines, two per page:");
    list(katapult, &acme, 2).await?;

    println!("\nOne of them, by its host name:");
    let web: VirtualMachineLookup = "web-1.acme.example".parse()?; // or an id: vm_…
    let machine = katapult.virtual_machines().get(&web).send().await?;
    println!("  {} is {}", machine.id, or_unknown(&machine.state));
    print_refusals(server, machine.attempts());

    println!("\nShutting it down:");
    let response = katapult.virtual_machines().shutdown(&web).send().await?;
    println!(
        "  {} is {}",
        response.task.id,
        or_unknown(&response.task.status)
    );
    wait(katapult, server, &response.task.id).await?;
    let machine = katapult.virtual_machines().get(&web).send().await?;
    println!("  {} is {}", machine.id, or_unknown(&machine.state));

    println!("\nA virtual machine that does not exist:");
    let nobody = VirtualMachineLookup::fqdn("nobody.acme.example");
    match katapult.virtual_machines().get(&nobody).send().await {
        Ok(machine) => println!("  {} exists after all", machine.id),
        Err(error) if error.is_not_found() => println!("  {error}"),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Reads organizations from the real API, the virtual machines of that in `KATAPULT_ORGANIZATION` or else the first, and
/// one of these.
async fn read(katapult: &Client) -> Result<(), Box<dyn Error>> {
    println!("\nOrganizations:");
    let response = katapult.organizations().list().send().await?;
    for organization in &response.organizations {
        println!("  {} {}", organization.id, or_unknown(&organization.name));
    }
    let organization = match (
        env::var_os("KATAPULT_ORGANIZATION"),
        response.organizations.first(),
    ) {
        (Some(_), _) => OrganizationLookup::from_env()?,
        (None, Some(first)) => first.try_into()?,
        (None, None) => return Ok(()),
    };
    println!("\nVirtual machines of {organization}:");
    let machines = list(katapult, &organization, 30).await?;
    if let Some(id) = machines.first() {
        println!("\nThe first of them:");
        let machine = katapult
            .virtual_machines()
            .get(VirtualMachineLookup::id(id))
            .send()
            .await?;
        println!("  {} is {}", machine.id, or_unknown(&machine.state));
    }
    Ok(())
}

/// Prints all virtual machines of an organization, page by page, and returns their ids.
async fn list(
    katapult: &Client,
    organization: &OrganizationLookup,
    per_page: i64,
) -> Result<Vec<String>, katapult_core::Error> {
    let mut ids = Vec::new();
    for page in 1.. {
        let call = katapult
            .virtual_machines()
            .list(organization)
            .page(page)
            .per_page(per_page);
        let response = call.send().await?;
        for machine in &response.virtual_machines {
            println!("  {page}: {} {}", machine.id, or_unknown(&machine.fqdn));
            ids.push(machine.id.clone());
        }
        // A short page is the last one, even of a list so large that the API states no total.
        if response.virtual_machines.len() < per_page as usize {
            break;
        }
    }
    Ok(ids)
}

/// Polls a task until it has ended, and prints its progress.
async fn wait(katapult: &Client, server: &Sandbox, id: &str) -> Result<(), Box<dyn Error>> {
    for _ in 0..MAX_POLLS {
        let response = katapult.tasks().get(TaskLookup::id(id)).send().await?;
        let status = or_unknown(&response.task.status);
        println!(
            "  {id} is {status}, {} %",
            response.task.progress.unwrap_or_default()
        );
        print_refusals(server, response.attempts());
        match response.task.status {
            Some(TaskStatus::Completed) => return Ok(()),
            Some(TaskStatus::Failed) => return Err(format!("the task {id} failed").into()),
            _ => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
    Err(format!("the task {id} did not end in time").into())
}

/// Prints the requests that the sandbox has refused since the last call, and the attempts of the client.
fn print_refusals(server: &Sandbox, attempts: u32) {
    for refused in server.rejected_requests() {
        let (status, code) = (refused.status, refused.error_code.unwrap_or_default());
        println!("  (refused on the way with {status} {code}: it took {attempts} attempts)");
    }
    server.clear_requests();
}

/// Returns a time three seconds before the sandbox's quota resets, so that the wait for it is short.
fn near_the_end_of_a_minute() -> SystemTime {
    let now = SystemTime::now();
    let passed = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() % 60;
    now - Duration::from_secs(passed) + Duration::from_secs(57)
}

/// Returns a field that the API may omit, as text.
fn or_unknown(field: &Option<impl ToString>) -> String {
    field
        .as_ref()
        .map_or_else(|| "unknown".to_owned(), ToString::to_string)
}
