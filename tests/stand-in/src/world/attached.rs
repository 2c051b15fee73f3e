//! What machines are given: disks, interfaces and addresses.

use serde_json::{Value, json};

use super::state::{State, refuse, shown, text};
use crate::answer::Answer;
use crate::request::Request;

impl State {
    fn move_disk(
        &mut self,
        request: &Request,
        from: &str,
        through: &'static str,
        to: &'static str,
    ) -> Result<Answer, Answer> {
        let disk = self.named("disks", "disk", request)?;
        match disk["virtual_machine_disk"]["state"].as_str() {
            None => return Err(refuse(422, "unassigned_disk")),
            Some(state) if state != from => return Err(refuse(406, "task_queueing_error")),
            Some(_) => disk["virtual_machine_disk"]["state"] = json!(through),
        }
        let (id, shown) = (text(&disk["id"]), shown(disk));
        let task = self.task("Move disk", 4.0, move |state| {
            if let Some(disk) = state.by("disks", "id", &id) {
                disk["virtual_machine_disk"]["state"] = json!(to);
            }
        });
        Ok(Answer::ok(json!({"disk": shown, "task": task})))
    }

    fn assign(&mut self, request: &Request) -> Result<Answer, Answer> {
        let machine = text(&self.live(request)?["id"]);
        let disk = self.named("disks", "disk", request)?;
        if !disk["virtual_machine_disk"].is_null() {
            return Err(refuse(422, "unable_to_assign"));
        }
        disk["virtual_machine_disk"] =
            json!({"virtual_machine": {"id": machine}, "state": "detached"});
        Ok(Answer::ok(json!({"disk": shown(disk)})))
    }

    fn unassign(&mut self, request: &Request) -> Result<Answer, Answer> {
        let disk = self.named("disks", "disk", request)?;
        if disk["virtual_machine_disk"]["state"] != "detached" {
            return Err(refuse(422, "unable_to_unassign"));
        }
        disk["virtual_machine_disk"] = Value::Null;
        Ok(Answer::ok(json!({"disk": shown(disk)})))
    }

    fn interface(&mut self, request: &Request) -> Result<Answer, Answer> {
        let noun = "virtual_machine_network_interface";
        let interface = self.named("interfaces", noun, request)?.clone();
        let mut full = shown(&interface);
        let its = self
            .all("ip_addresses")
            .iter()
            .filter(|ip| ip["_interface"] == interface["id"]);
        full["ip_addresses"] = its.map(shown).collect();
        Ok(Answer::ok(json!({noun: full})))
    }

    fn allocate_new(&mut self, request: &Request) -> Result<Answer, Answer> {
        let interface = self
            .named("interfaces", "virtual_machine_network_interface", request)?
            .clone();
        let six = request.text("/address_version").as_deref() == Some("ipv6");
        let host = self.all("ip_addresses").len() + 1;
        let address = if six {
            format!("2001:db8::{host}")
        } else {
            format!("192.0.2.{host}")
        };
        let id = self.add("ip_addresses", json!({"address": address}));
        self.allocate(&id, &interface)
    }

    fn allocate(&mut self, ip: &str, interface: &Value) -> Result<Answer, Answer> {
        let Some(ip) = self.by("ip_addresses", "id", ip) else {
            return Err(Answer::not_found("ip_address"));
        };
        if !ip["allocation_id"].is_null() {
            return Err(refuse(422, "ip_already_allocated"));
        }
        ip["allocation_id"] = interface["virtual_machine"]["id"].clone();
        ip["allocation_type"] = json!("VirtualMachine");
        ip["_interface"] = interface["id"].clone();
        Ok(Answer::ok(json!({"ip_address": shown(ip)})))
    }

    fn unallocate(&mut self, request: &Request) -> Result<Answer, Answer> {
        let ip = self.named("ip_addresses", "ip_address", request)?;
        if ip["allocation_id"].is_null() {
            return Err(refuse(422, "no_allocation"));
        }
        for field in ["allocation_id", "allocation_type", "_interface"] {
            ip[field] = Value::Null;
        }
        Ok(Answer::ok(json!({})))
    }

    fn delete_address(&mut self, request: &Request) -> Result<Answer, Answer> {
        let ip = self.named("ip_addresses", "ip_address", request)?;
        if !ip["allocation_id"].is_null() {
            return Err(refuse(409, "resource_does_not_support_unallocation"));
        }
        let id = text(&ip["id"]);
        self.remove("ip_addresses", &id);
        Ok(Answer::ok(json!({})))
    }
}

pub(crate) fn answer(state: &mut State, route: (&str, &str), request: &Request) -> Option<Answer> {
    let done = match route {
        ("GET", "disks/disk") => {
            let disk = state.named("disks", "disk", request);
            disk.map(|disk| Answer::ok(json!({"disk": shown(disk), "annotations": []})))
        }
        ("POST", "disks/disk/assign") => state.assign(request),
        ("POST", "disks/disk/unassign") => state.unassign(request),
        ("POST", "disks/disk/attach") => {
            state.move_disk(request, "detached", "attaching", "attached")
        }
        ("POST", "disks/disk/detach") => {
            state.move_disk(request, "attached", "detaching", "detached")
        }
        ("GET", "virtual_machines/virtual_machine/network_interfaces") => match state.live(request)
        {
            Ok(machine) => {
                let id = machine["id"].clone();
                let its = state
                    .all("interfaces")
                    .iter()
                    .filter(|interface| interface["virtual_machine"]["id"] == id);
                let its = its.cloned().collect();
                Ok(state.page("virtual_machine_network_interfaces", its, request))
            }
            Err(answer) => Err(answer),
        },
        ("GET", "virtual_machine_network_interfaces/virtual_machine_network_interface") => {
            state.interface(request)
        }
        (
            "POST",
            "virtual_machine_network_interfaces/virtual_machine_network_interface/allocate_new_ip",
        ) => state.allocate_new(request),
        ("POST", "virtual_machines/virtual_machine/allocate_ip") => {
            let machine = state.live(request).map(|machine| machine["id"].clone());
            let ip = state
                .named("ip_addresses", "ip_address", request)
                .map(|ip| text(&ip["id"]));
            match (machine, ip) {
                (Ok(machine), Ok(ip)) => {
                    let mut its = state.all("interfaces").iter();
                    let interface =
                        its.find(|interface| interface["virtual_machine"]["id"] == machine);
                    let interface = interface.cloned().unwrap_or_default();
                    state.allocate(&ip, &interface)
                }
                (Err(answer), _) | (_, Err(answer)) => Err(answer),
            }
        }
        ("GET", "ip_addresses/ip_address") => {
            let ip = state.named("ip_addresses", "ip_address", request);
            ip.map(|ip| {
                let held = ip["allocation_id"].is_string();
                let allocation = held.then(
                    || json!({"type": "VirtualMachine", "value": {"id": ip["allocation_id"]}}),
                );
                Answer::ok(json!({"ip_address": shown(ip), "allocation": allocation}))
            })
        }
        ("POST", "ip_addresses/ip_address/unallocate") => state.unallocate(request),
        ("DELETE", "ip_addresses/ip_address") => state.delete_address(request),
        _ => return None,
    };
    Some(done.unwrap_or_else(|refused| refused))
}
