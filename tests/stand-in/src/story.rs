//! The organization, its machines and tasks, and what requests do to them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::request::Request;
use crate::{SUB_DOMAIN, TOKEN};

/// Requests permitted in a minute.
const PERMITTED: u32 = 1000;
/// Items on a page, when a request does not say.
const PER_PAGE: usize = 30;
/// What a task shows, look by look.
const COURSE: &[(&str, u8)] = &[
    ("pending", 0),
    ("running", 25),
    ("running", 70),
    ("completed", 100),
];

#[derive(Debug)]
pub(crate) struct Story {
    machines: Vec<Machine>,
    tasks: Vec<Task>,
    requests: u32,
    refuse_machine: bool,
    refuse_task: bool,
    refused: Vec<u16>,
}

#[derive(Debug)]
struct Machine {
    id: String,
    name: &'static str,
    state: &'static str,
}

#[derive(Debug)]
struct Task {
    id: String,
    machine: usize,
    looks: usize,
}

impl Story {
    pub(crate) fn new() -> Self {
        let names = ["web-1", "web-2", "web-3", "db-1", "db-2"];
        let machines = names.iter().enumerate().map(|(index, name)| Machine {
            id: format!("vm_{:0>16}", index + 1),
            name,
            state: "started",
        });
        Self {
            machines: machines.collect(),
            tasks: Vec::new(),
            requests: 0,
            refuse_machine: true,
            refuse_task: true,
            refused: Vec::new(),
        }
    }

    pub(crate) fn calm() -> Self {
        Self {
            refuse_machine: false,
            refuse_task: false,
            ..Self::new()
        }
    }

    /// Answers a request, with the headers that every reply has.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        self.requests += 1;
        let remaining = PERMITTED.saturating_sub(self.requests);
        self.admit(request)
            .unwrap_or_else(|| self.route(request))
            .with(
                "x-request-id",
                format!("00000000-0000-4000-8000-{:012}", self.requests),
            )
            .with("x-ratelimit-permitted", PERMITTED)
            .with("x-ratelimit-remaining", remaining)
    }

    /// The statuses of the refusals since this was last asked.
    pub(crate) fn take_refusals(&mut self) -> Vec<u16> {
        std::mem::take(&mut self.refused)
    }

    fn refuse(&mut self, answer: Answer) -> Answer {
        self.refused.push(answer.status.as_u16());
        answer
    }

    /// The answer to a request whose token is not taken.
    fn admit(&self, request: &Request) -> Option<Answer> {
        match request.token.as_deref() {
            Some(TOKEN) => None,
            Some(_) => Some(Answer::error(
                StatusCode::FORBIDDEN,
                "invalid_api_token",
                "The API token provided was not valid",
                json!({}),
            )),
            None => Some(Answer::error(
                StatusCode::BAD_REQUEST,
                "missing_api_token",
                "No API token was provided",
                json!({}),
            )),
        }
    }

    fn route(&mut self, request: &Request) -> Answer {
        let path = request.path.strip_prefix("/core/v1").unwrap_or_default();
        match (&request.method, path) {
            (&Method::GET, "/organizations") => {
                Answer::ok(json!({"organizations": [organization()]}))
            }
            (&Method::GET, "/organizations/organization/virtual_machines") => self.list(request),
            (&Method::GET, "/virtual_machines/virtual_machine") => self.machine(request),
            (&Method::POST, "/virtual_machines/virtual_machine/shutdown") => self.shutdown(request),
            (&Method::GET, "/tasks/task") => self.task(request),
            _ => Answer::not_found("route"),
        }
    }

    fn list(&self, request: &Request) -> Answer {
        let is_ours = request.lookup("organization", "sub_domain") == Some(SUB_DOMAIN)
            || request
                .lookup("organization", "id")
                .is_some_and(|id| organization()["id"] == id);
        if !is_ours {
            return Answer::not_found("organization");
        }
        let page = request.number("page").unwrap_or(1).max(1);
        let per_page = request.number("per_page").unwrap_or(PER_PAGE).max(1);
        let shown = self
            .machines
            .iter()
            .skip((page - 1) * per_page)
            .take(per_page);
        Answer::ok(json!({
            "virtual_machines": shown.map(Machine::json).collect::<Vec<_>>(),
            "pagination": pagination(page, per_page, self.machines.len()),
        }))
    }

    fn machine(&mut self, request: &Request) -> Answer {
        if std::mem::take(&mut self.refuse_machine) {
            return self.refuse(Answer::rate_limited(PERMITTED).with("retry-after", 1));
        }
        match self.find(request) {
            Some(index) => Answer::ok(json!({"virtual_machine": self.machines[index].json()})),
            None => Answer::not_found("virtual_machine"),
        }
    }

    fn shutdown(&mut self, request: &Request) -> Answer {
        let Some(index) = self.find(request) else {
            return Answer::not_found("virtual_machine");
        };
        let machine = &mut self.machines[index];
        if machine.state != "started" {
            return Answer::error(
                StatusCode::NOT_ACCEPTABLE,
                "task_queueing_error",
                "The virtual machine is not running",
                json!({"details": "The virtual machine is not running"}),
            );
        }
        machine.state = "stopping";
        let id = format!("task_{:0>16}", self.tasks.len() + 1);
        self.tasks.push(Task {
            id: id.clone(),
            machine: index,
            looks: 0,
        });
        Answer::ok(
            json!({"task": {"id": id, "name": "Shutdown virtual machine", "status": "pending"}}),
        )
    }

    fn task(&mut self, request: &Request) -> Answer {
        if std::mem::take(&mut self.refuse_task) {
            return self.refuse(Answer::unavailable());
        }
        let id = request.lookup("task", "id");
        let Some(task) = self
            .tasks
            .iter_mut()
            .find(|task| Some(task.id.as_str()) == id)
        else {
            return Answer::not_found("task");
        };
        let (status, progress) = COURSE[task.looks.min(COURSE.len() - 1)];
        task.looks += 1;
        if status == "completed" {
            self.machines[task.machine].state = "stopped";
        }
        Answer::ok(json!({"task": {
            "id": task.id,
            "name": "Shutdown virtual machine",
            "status": status,
            "progress": progress,
        }}))
    }

    fn find(&self, request: &Request) -> Option<usize> {
        let by = |key| request.lookup("virtual_machine", key);
        let (id, fqdn) = (by("id"), by("fqdn"));
        self.machines.iter().position(|machine| {
            id == Some(machine.id.as_str()) || fqdn == Some(machine.fqdn().as_str())
        })
    }
}

impl Machine {
    fn fqdn(&self) -> String {
        format!("{}.{SUB_DOMAIN}.example", self.name)
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "hostname": self.name,
            "fqdn": self.fqdn(),
            "state": self.state,
        })
    }
}

fn organization() -> Value {
    json!({"id": "org_0000000000000001", "name": "Acme", "sub_domain": SUB_DOMAIN})
}

fn pagination(page: usize, per_page: usize, total: usize) -> Value {
    json!({
        "current_page": page,
        "total_pages": total.div_ceil(per_page),
        "total": total,
        "per_page": per_page,
        "large_set": false,
    })
}
