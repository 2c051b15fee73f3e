//! The quickstart's story by hand on reqwest, as a program would be that knows no SDK: pages one by one, three tries
//! where the API is not ready, a task that is looked at until it ends.

use std::env;
use std::error::Error;
use std::time::Duration;

use katapult_bench::hand::types::{Failed, Machine, MachineReply, Page, Shutdown, Task, TaskReply};
use reqwest::{Client, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

struct Katapult {
    http: Client,
    url: String,
    token: String,
}

impl Katapult {
    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Result<T, Failed>, Box<dyn Error>> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut request = self
                .http
                .request(method.clone(), format!("{}/core/v1/{path}", self.url))
                .bearer_auth(&self.token)
                .query(query);
            if let Some(body) = body {
                request = request.json(body);
            }
            let reply = request.send().await?;
            let status = reply.status();
            let again = [
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::SERVICE_UNAVAILABLE,
            ];
            if again.contains(&status) && tries < 3 {
                let named = reply.headers().get("retry-after");
                let named = named.and_then(|value| value.to_str().ok()?.parse().ok());
                tokio::time::sleep(Duration::from_secs(named.unwrap_or(1))).await;
                continue;
            }
            return Ok(if status.is_success() {
                Ok(reply.json().await?)
            } else {
                Err(reply.json().await?)
            });
        }
    }

    async fn machine(&self, fqdn: &str) -> Result<Result<Machine, Failed>, Box<dyn Error>> {
        let query = [("virtual_machine[fqdn]", fqdn)];
        let path = "virtual_machines/virtual_machine";
        let reply = self
            .call::<MachineReply>(Method::GET, path, &query, None)
            .await?;
        Ok(reply.map(|reply| reply.virtual_machine))
    }

    async fn shutdown(&self, fqdn: &str) -> Result<Task, Box<dyn Error>> {
        let body = json!({ "virtual_machine": { "fqdn": fqdn } });
        let path = "virtual_machines/virtual_machine/shutdown";
        let Shutdown { mut task } = self.call(Method::POST, path, &[], Some(&body)).await??;
        while task.status.as_deref() != Some("completed") {
            if task.status.as_deref() == Some("failed") {
                return Err(format!("task {} failed", task.id).into());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            let query = [("task[id]", task.id.as_str())];
            let reply: TaskReply = self.call(Method::GET, "tasks/task", &query, None).await??;
            task = reply.task;
        }
        Ok(task)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let katapult = Katapult {
        http: katapult_bench::hand::client().map_err(|error| error.to_string())?,
        url: env::var("KATAPULT_API_URL")?,
        token: env::var("KATAPULT_API_KEY")?,
    };
    for page in 1.. {
        let page = page.to_string();
        let query = [
            ("organization[sub_domain]", "acme"),
            ("page", &page),
            ("per_page", "2"),
        ];
        let path = "organizations/organization/virtual_machines";
        let reply: Page = katapult.call(Method::GET, path, &query, None).await??;
        for machine in &reply.virtual_machines {
            println!(
                "{} {}",
                machine.id,
                machine.fqdn.as_deref().unwrap_or("unknown")
            );
        }
        if reply.virtual_machines.len() < 2 {
            break;
        }
    }
    let web = "web-1.acme.example";
    let machine = katapult.machine(web).await??;
    println!("{} is {}", machine.id, state(&machine));
    let task = katapult.shutdown(web).await?;
    println!("{} is done", task.id);
    let machine = katapult.machine(web).await??;
    println!("{} is {}", machine.id, state(&machine));
    match katapult.machine("nobody.acme.example").await? {
        Err(failed) if failed.error.code == "virtual_machine_not_found" => {
            println!("nobody is not there")
        }
        found => println!("nobody is {}", state(&found?)),
    }
    Ok(())
}

fn state(machine: &Machine) -> String {
    let state = machine
        .state
        .as_ref()
        .map(|state| format!("{state:?}").to_lowercase());
    state.unwrap_or_else(|| "unknown".to_owned())
}
