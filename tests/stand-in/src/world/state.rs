//! What the world holds, and how its time goes on.

use std::collections::BTreeMap;
use std::fmt;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::answer::Answer;
use crate::request::Request;

/// What is done when its time has come.
type Effect = Box<dyn FnOnce(&mut State) + Send>;

pub(crate) struct State {
    /// The objects of each kind, in the order in which they came.
    pub(crate) objects: BTreeMap<&'static str, Vec<Value>>,
    counts: BTreeMap<&'static str, u32>,
    due: Vec<(f64, Effect)>,
    begun: Instant,
    times: f64,
    /// Seconds since it began.
    now: f64,
}

impl State {
    pub(crate) fn new(times: f64) -> Self {
        Self {
            objects: BTreeMap::new(),
            counts: BTreeMap::new(),
            due: Vec::new(),
            begun: Instant::now(),
            times,
            now: 0.0,
        }
    }

    /// Does all that is due.
    pub(crate) fn advance(&mut self) {
        let now = self.begun.elapsed().as_secs_f64() * self.times;
        loop {
            let next = self
                .due
                .iter()
                .enumerate()
                .filter(|(_, (at, _))| *at <= now);
            let Some((index, _)) = next.min_by(|(_, a), (_, b)| a.0.total_cmp(&b.0)) else {
                break;
            };
            let (at, effect) = self.due.remove(index);
            self.now = at;
            effect(self);
        }
        self.now = now;
    }

    pub(crate) fn later(&mut self, seconds: f64, effect: impl FnOnce(&mut State) + Send + 'static) {
        self.due.push((self.now + seconds, Box::new(effect)));
    }

    /// Adds an object, with an id if it has none.
    pub(crate) fn add(&mut self, kind: &'static str, mut object: Value) -> String {
        if object["id"].is_null() {
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            object["id"] = json!(format!("{}_{count}", prefix(kind)));
        }
        let id = text(&object["id"]);
        self.objects.entry(kind).or_default().push(object);
        id
    }

    pub(crate) fn all(&self, kind: &str) -> &[Value] {
        self.objects
            .get(kind)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The object of which a field says this, without case.
    pub(crate) fn by(&mut self, kind: &str, field: &str, value: &str) -> Option<&mut Value> {
        let mut all = self.objects.get_mut(kind)?.iter_mut();
        all.find(|object| {
            object[field]
                .as_str()
                .is_some_and(|is| is.eq_ignore_ascii_case(value))
        })
    }

    pub(crate) fn remove(&mut self, kind: &str, id: &str) {
        if let Some(all) = self.objects.get_mut(kind) {
            all.retain(|object| object["id"] != id);
        }
    }

    /// The object that a request names, by any of the keys.
    pub(crate) fn named(
        &mut self,
        kind: &'static str,
        noun: &str,
        request: &Request,
    ) -> Result<&mut Value, Answer> {
        let keys = [
            "id",
            "fqdn",
            "address",
            "name",
            "permalink",
            "api_reference",
            "sub_domain",
            "object_id",
        ];
        let named = keys
            .iter()
            .find_map(|key| Some((*key, request.lookup(noun, key)?.to_owned())));
        let found = match named {
            Some((key, value)) => self.by(kind, key, &value),
            None => None,
        };
        found.ok_or_else(|| Answer::not_found(noun))
    }

    /// Queues a task that runs after a second, and is done after so many, with this effect.
    pub(crate) fn task(
        &mut self,
        name: &str,
        seconds: f64,
        effect: impl FnOnce(&mut State) + Send + 'static,
    ) -> Value {
        let id = self.add(
            "tasks",
            json!({"name": name, "status": "pending", "progress": 0}),
        );
        let (running, done) = (id.clone(), id.clone());
        self.later(1.0, move |state| state.progress(&running, "running", 50));
        self.later(seconds, move |state| {
            effect(state);
            state.progress(&done, "completed", 100);
        });
        json!({"id": id, "name": name, "status": "pending", "progress": 0})
    }

    fn progress(&mut self, task: &str, status: &str, progress: u32) {
        if let Some(task) = self.by("tasks", "id", task) {
            task["status"] = json!(status);
            task["progress"] = json!(progress);
        }
    }

    pub(crate) fn set(&mut self, kind: &str, id: &str, field: &str, value: Value) {
        if let Some(object) = self.by(kind, "id", id) {
            object[field] = value;
        }
    }

    /// A page of these.
    pub(crate) fn page(&self, key: &str, items: Vec<Value>, request: &Request) -> Answer {
        let (page, size) = (
            request.number("page").unwrap_or(1).max(1),
            request.number("per_page").unwrap_or(30).max(1),
        );
        let total = items.len();
        let items: Vec<_> = items
            .iter()
            .skip((page - 1) * size)
            .take(size)
            .map(shown)
            .collect();
        Answer::ok(json!({key: items, "pagination": {
            "current_page": page, "per_page": size, "total": total,
            "total_pages": total.div_ceil(size), "large_set": false,
        }}))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("objects", &self.objects)
            .finish_non_exhaustive()
    }
}

/// An object without what is the world's own.
pub(crate) fn shown(object: &Value) -> Value {
    match object.as_object() {
        Some(fields) => fields
            .iter()
            .filter(|(name, _)| !name.starts_with('_'))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        None => object.clone(),
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(crate) fn refuse(status: u16, code: &str) -> Answer {
    refuse_with(status, code, json!({}))
}

pub(crate) fn refuse_with(status: u16, code: &str, detail: Value) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Answer::error(status, code, &code.replace('_', " "), detail)
}

pub(crate) fn created(body: Value) -> Answer {
    let mut answer = Answer::ok(body);
    answer.status = StatusCode::CREATED;
    answer
}

fn prefix(kind: &str) -> &str {
    match kind {
        "virtual_machines" => "vm",
        "builds" => "vmbuild",
        "tasks" => "task",
        "trash_objects" => "trsh",
        "disks" => "disk",
        "ip_addresses" => "ip",
        "interfaces" => "vmnet",
        "load_balancers" => "lb",
        "load_balancer_rules" => "lbrule",
        "dns_zones" => "dnszone",
        "dns_records" => "dnsrec",
        "security_groups" => "sg",
        "security_group_rules" => "sgr",
        "access_keys" => "osak",
        other => other,
    }
}
