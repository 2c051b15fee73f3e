//! The quickstart on plain reqwest, as one would write it without an SDK: pages one by one, up to three attempts if the
//! API is not available, polling of a task until it ends.

use std::env;
use std::error::Error;
use std::time::Duration;

use katapult_bench::baseline::types::{
    ErrorResponse, Machine, MachineResponse, Page, Shutdown, Task, TaskResponse,
};
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
    ) -> Result<Result<T, ErrorResponse>, Box<dyn Error>> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let mut request = self
                .http
                .request(method.clone(), format!("{}/core/v1/{path}", self.url))
                .bearer_auth(&self.token)
                .query(query);
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await?;
            let status = response.status();
            let transient = [
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::SERVICE_UNAVAILABLE,
            ];
            if transient.contains(&status) && attempts < 3 {
                let retry_after = response.headers().get("retry-after");
                let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
                tokio::time::sleep(Duration::from_secs(retry_after.unwrap_or(1))).await;
                continue;
            }
            return Ok(if status.is_success() {
                Ok(response.json().await?)
            } else {
                Err(response.json().await?)
            });
        }
    }

    async fn machine(&self, fqdn: &str) -> Result<Result<Machine, ErrorResponse>, Box<dyn Error>> {
        let query = [("virtual_machine[fqdn]", fqdn)];
        let path = "virtual_machines/virtual_machine";
        let response = self
            .call::<MachineResponse>(Method::GET, path, &query, None)
            .await?;
        Ok(response.map(|response| response.virtual_machine))
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
            let response: TaskResponse =
                self.call(Method::GET, "tasks/task", &query, None).await??;
            task = response.task;
        }
        Ok(task)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let katapult = Katapult {
        http: katapult_bench::baseline::client().map_err(|error| error.to_string())?,
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
        let response: Page = katapult.call(Method::GET, path, &query, None).await??;
        for machine in &response.virtual_machines {
            println!(
                "{} {}",
                machine.id,
                machine.fqdn.as_deref().unwrap_or("unknown")
            );
        }
        if response.virtual_machines.len() < 2 {
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
