//! DNS records, rules of security groups, load balancers and their rules.

use serde_json::{Value, json};

use super::state::{State, created, shown, text};
use crate::answer::Answer;
use crate::request::Request;

/// A kind of object that belongs to another: how both are called, and where they are.
struct Kind {
    parents: &'static str,
    parent: &'static str,
    all: &'static str,
    one: &'static str,
    /// The path of all of a parent, and of one.
    paths: [&'static str; 2],
}

const KINDS: [Kind; 3] = [
    Kind {
        parents: "dns_zones",
        parent: "dns_zone",
        all: "dns_records",
        one: "dns_record",
        paths: ["dns_zones/dns_zone/records", "dns_records/dns_record"],
    },
    Kind {
        parents: "security_groups",
        parent: "security_group",
        all: "security_group_rules",
        one: "security_group_rule",
        paths: [
            "security_groups/security_group/rules",
            "security_groups/rules/security_group_rule",
        ],
    },
    Kind {
        parents: "load_balancers",
        parent: "load_balancer",
        all: "load_balancer_rules",
        one: "load_balancer_rule",
        paths: [
            "load_balancers/load_balancer/rules",
            "load_balancers/rules/load_balancer_rule",
        ],
    },
];

impl State {
    fn belonging(&mut self, kind: &Kind, request: &Request) -> Result<Answer, Answer> {
        let parent = self.named(kind.parents, kind.parent, request)?["id"].clone();
        let its = self
            .all(kind.all)
            .iter()
            .filter(|object| object["_of"] == parent);
        let its = its.cloned().collect();
        let its: Vec<_> = its;
        // The records of a zone are told all at once.
        match kind.all {
            "dns_records" => Ok(Answer::ok(
                json!({kind.all: its.iter().map(shown).collect::<Vec<_>>()}),
            )),
            _ => Ok(self.page(kind.all, its, request)),
        }
    }

    fn make(&mut self, kind: &Kind, request: &Request) -> Result<Answer, Answer> {
        let parent = self.named(kind.parents, kind.parent, request)?["id"].clone();
        let mut object = json!({"_of": parent});
        put(&mut object, request);
        let id = self.add(kind.all, object);
        let object = self.by(kind.all, "id", &id).map(|object| shown(object));
        Ok(created(json!({kind.one: object})))
    }

    fn alter(&mut self, kind: &Kind, request: &Request) -> Result<Answer, Answer> {
        let object = self.named(kind.all, kind.one, request)?;
        put(object, request);
        Ok(Answer::ok(json!({kind.one: shown(object)})))
    }

    fn take_away(&mut self, kind: &Kind, request: &Request) -> Result<Answer, Answer> {
        let object = self.named(kind.all, kind.one, request)?;
        let (id, object) = (text(&object["id"]), shown(object));
        self.remove(kind.all, &id);
        Ok(Answer::ok(json!({kind.one: object, "deleted": true})))
    }
}

/// Takes over the properties of a request; the content of a DNS record is told in another form than it is given in.
fn put(object: &mut Value, request: &Request) {
    let Some(properties) = request.at("/properties").and_then(Value::as_object) else {
        return;
    };
    for (name, value) in properties {
        match name.as_str() {
            "content" => {
                let first = value
                    .as_object()
                    .and_then(|kinds| kinds.values().next()?.as_object()?.values().next().cloned());
                object["content"] = first.unwrap_or_default();
                object["content_attributes"] = value.clone();
            }
            _ => object[name] = value.clone(),
        }
    }
}

pub(crate) fn answer(state: &mut State, route: (&str, &str), request: &Request) -> Option<Answer> {
    let (method, path) = route;
    let done = match route {
        ("GET", "load_balancers/load_balancer") => {
            let balancer = state.named("load_balancers", "load_balancer", request);
            balancer.map(|balancer| {
                Answer::ok(json!({"load_balancer": shown(balancer), "annotations": []}))
            })
        }
        ("PATCH", "load_balancers/load_balancer") => state
            .named("load_balancers", "load_balancer", request)
            .map(|balancer| {
                put(balancer, request);
                Answer::ok(json!({"load_balancer": shown(balancer), "annotations": []}))
            }),
        _ => {
            let all = KINDS.iter().find(|kind| kind.paths[0] == path);
            let one = KINDS.iter().find(|kind| kind.paths[1] == path);
            match (method, all, one) {
                ("GET", Some(kind), _) => state.belonging(kind, request),
                ("POST", Some(kind), _) => state.make(kind, request),
                ("PATCH", _, Some(kind)) => state.alter(kind, request),
                ("DELETE", _, Some(kind)) => state.take_away(kind, request),
                _ => return None,
            }
        }
    };
    Some(done.unwrap_or_else(|refused| refused))
}
