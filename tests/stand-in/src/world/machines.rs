//! Organizations, packages, machines, builds, tasks and the trash.

use serde_json::{Value, json};

use super::state::{State, created, refuse, refuse_with, shown, text};
use crate::answer::Answer;
use crate::request::Request;

const VMS: &str = "virtual_machines";
const VM: &str = "virtual_machine";

impl State {
    pub(crate) fn machine(&mut self, hostname: &str, package: &str, state: &str) -> String {
        let package = self
            .by("packages", "permalink", package)
            .map(|package| package.clone());
        let package = package.unwrap_or_default();
        let hostname = hostname.to_lowercase();
        let id = self.add(
            VMS,
            json!({"name": hostname, "hostname": hostname, "fqdn": format!("{hostname}.acme.example"),
                   "state": state, "cpu_cores": package["cpu_cores"], "memory_in_gb": package["memory_in_gb"],
                   "package": {"id": package["id"], "name": package["name"]}}),
        );
        let interface =
            json!({"virtual_machine": {"id": id}, "network": {"id": "netw_1", "name": "Public"}});
        self.add("interfaces", interface);
        id
    }

    /// The machine that a request names, unless it is in the trash.
    pub(crate) fn live(&mut self, request: &Request) -> Result<&mut Value, Answer> {
        let id = text(&self.named(VMS, VM, request)?["id"]);
        if let Some(object) = self.by("trash_objects", "object_id", &id) {
            let detail = json!({"trash_object": shown(object)});
            return Err(refuse_with(406, "object_in_trash", detail));
        }
        self.by(VMS, "id", &id).ok_or_else(|| Answer::not_found(VM))
    }

    fn full(&self, machine: &Value) -> Value {
        let mut full = shown(machine);
        let its = self
            .all("ip_addresses")
            .iter()
            .filter(|ip| ip["allocation_id"] == machine["id"]);
        full["ip_addresses"] = its.map(shown).collect();
        full
    }

    /// Moves a machine from one state through another to a third.
    fn power(
        &mut self,
        request: &Request,
        from: &[&str],
        through: &'static str,
        to: &'static str,
        name: &str,
        seconds: f64,
    ) -> Result<Answer, Answer> {
        let machine = self.live(request)?;
        if !from.iter().any(|state| machine["state"] == *state) {
            return Err(refuse(406, "task_queueing_error"));
        }
        let id = text(&machine["id"]);
        let deaf = through == "shutting_down" && machine["_deaf"] == true;
        if !deaf {
            machine["state"] = json!(through);
        }
        let task = self.task(name, seconds, move |state| {
            let still = state
                .by(VMS, "id", &id)
                .is_some_and(|machine| machine["state"] == through);
            if still {
                state.set(VMS, &id, "state", json!(to));
            }
        });
        Ok(Answer::ok(json!({"task": task})))
    }

    fn build(&mut self, hostname: String, package: String) -> Answer {
        let id = self.add("builds", json!({"state": "pending"}));
        let at = |state: &'static str, build: String| {
            move |world: &mut State| world.set("builds", &build, "state", json!(state))
        };
        self.later(1.0, at("building", id.clone()));
        let build = id.clone();
        let name = hostname.clone();
        self.later(9.0, move |state| {
            let machine = state.machine(&name, &package, "stopped");
            state.set(
                "builds",
                &build,
                "virtual_machine",
                json!({"id": machine, "state": "stopped"}),
            );
            let started = machine.clone();
            state.later(16.0, move |state| {
                state.set("builds", &build, "state", json!("complete"));
                state.set(VMS, &machine, "state", json!("starting"));
            });
            state.later(22.0, move |state| {
                state.set(VMS, &started, "state", json!("started"))
            });
        });
        let task = self.task("Build virtual machine", 25.0, |_| ());
        let build = json!({"id": id, "state": "pending"});
        created(
            json!({"task": task, "build": build, "virtual_machine_build": build, "hostname": hostname, "annotations": []}),
        )
    }

    fn delete_machine(&mut self, request: &Request) -> Result<Answer, Answer> {
        let machine = self.live(request)?;
        if machine["state"] != "stopped" {
            return Err(refuse(406, "task_queueing_error"));
        }
        let (id, shown) = (text(&machine["id"]), shown(machine));
        let trash =
            json!({"object_id": id, "object_type": "VirtualMachine", "keep_until": 1_800_000_000});
        let id = self.add("trash_objects", trash);
        let trash = self
            .by("trash_objects", "id", &id)
            .map(|trash| trash.clone());
        Ok(Answer::ok(
            json!({"trash_object": trash, "virtual_machine": shown}),
        ))
    }

    fn purge(&mut self, request: &Request) -> Result<Answer, Answer> {
        let object = self.named("trash_objects", "trash_object", request)?;
        let (trash, machine) = (text(&object["id"]), text(&object["object_id"]));
        let task = self.task("Purge items from trash", 5.0, move |state| {
            state.remove("trash_objects", &trash);
            state.remove(VMS, &machine);
            if let Some(all) = state.objects.get_mut("interfaces") {
                all.retain(|interface| interface["virtual_machine"]["id"] != machine.as_str());
            }
        });
        Ok(Answer::ok(json!({"task": task})))
    }

    fn set_package(&mut self, request: &Request) -> Result<Answer, Answer> {
        let package = self
            .named("packages", "virtual_machine_package", request)?
            .clone();
        let machine = self.live(request)?;
        let less = |field: &str| package[field].as_i64() < machine[field].as_i64();
        if (less("cpu_cores") || less("memory_in_gb")) && machine["state"] != "stopped" {
            return Err(refuse(406, "task_queueing_error"));
        }
        let id = text(&machine["id"]);
        let task = self.task("Change package", 4.0, move |state| {
            for field in ["cpu_cores", "memory_in_gb"] {
                state.set(VMS, &id, field, package[field].clone());
            }
            state.set(
                VMS,
                &id,
                "package",
                json!({"id": package["id"], "name": package["name"]}),
            );
        });
        Ok(Answer::ok(json!({"task": task})))
    }
}

pub(crate) fn answer(state: &mut State, route: (&str, &str), request: &Request) -> Option<Answer> {
    let done = match route {
        ("GET", "organizations") => Ok(Answer::ok(
            json!({"organizations": state.all("organizations")}),
        )),
        ("GET", "organizations/organization/virtual_machines") => {
            let gone = |machine: &&Value| {
                !state
                    .all("trash_objects")
                    .iter()
                    .any(|object| object["object_id"] == machine["id"])
            };
            let machines = state.all(VMS).iter().filter(gone).cloned().collect();
            Ok(state.page(VMS, machines, request))
        }
        ("GET", "organizations/organization/trash_objects") => Ok(state.page(
            "trash_objects",
            state.all("trash_objects").to_vec(),
            request,
        )),
        ("GET", "virtual_machines/virtual_machine") => {
            match state.live(request).map(|machine| machine.clone()) {
                Ok(machine) => Ok(Answer::ok(
                    json!({VM: state.full(&machine), "annotations": []}),
                )),
                Err(answer) => Err(answer),
            }
        }
        ("DELETE", "virtual_machines/virtual_machine") => state.delete_machine(request),
        ("POST", "virtual_machines/virtual_machine/start") => state.power(
            request,
            &["stopped"],
            "starting",
            "started",
            "Start virtual machine",
            6.0,
        ),
        ("POST", "virtual_machines/virtual_machine/stop") => {
            let from = ["started", "shutting_down"];
            state.power(
                request,
                &from,
                "stopping",
                "stopped",
                "Stop virtual machine",
                5.0,
            )
        }
        ("POST", "virtual_machines/virtual_machine/shutdown") => state.power(
            request,
            &["started"],
            "shutting_down",
            "stopped",
            "Shutdown virtual machine",
            9.0,
        ),
        ("PUT", "virtual_machines/virtual_machine/package") => state.set_package(request),
        ("GET", "virtual_machine_packages/virtual_machine_package") => {
            let package = state.named("packages", "virtual_machine_package", request);
            package.map(|package| Answer::ok(json!({"virtual_machine_package": package})))
        }
        ("POST", "organizations/organization/virtual_machines/build") => {
            let hostname = request.text("/hostname").unwrap_or_default();
            let package = request
                .lookup("package", "permalink")
                .unwrap_or("rock-1")
                .to_owned();
            Ok(state.build(hostname, package))
        }
        ("POST", "organizations/organization/virtual_machines/build_from_spec") => {
            let xml = request.text("/xml").unwrap_or_default();
            let name = xml
                .rsplit_once("<Hostname>")
                .and_then(|(_, rest)| rest.split('<').next());
            match name.map(str::to_owned) {
                Some(name) => Ok(state.build(name, "rock-1".to_owned())),
                None => Err(refuse(400, "invalid_spec_xml")),
            }
        }
        ("GET", "virtual_machines/builds/virtual_machine_build") => {
            let build = state.named("builds", "virtual_machine_build", request);
            build.map(|build| Answer::ok(json!({"virtual_machine_build": build})))
        }
        ("GET", "tasks/task") => {
            let task = state.named("tasks", "task", request);
            task.map(|task| Answer::ok(json!({"task": task})))
        }
        ("GET", "trash_objects/trash_object") => {
            let object = state.named("trash_objects", "trash_object", request);
            object.map(|object| Answer::ok(json!({"trash_object": object})))
        }
        ("DELETE", "trash_objects/trash_object") => state.purge(request),
        _ => return None,
    };
    Some(done.unwrap_or_else(|refused| refused))
}
