//! Calls the sandbox without the SDK, and holds replies against the document.
#![allow(dead_code, missing_docs)]

use katapult_sandbox::{Builder, Sandbox, Time, Token};
use serde_json::{Map, Value, json};

pub(crate) const CORE: &str = include_str!("../../../../openapi/katapult-core.json");
const PUBLIC: &str = include_str!("../../../../openapi/katapult-public.json");

pub(crate) struct Raw {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) headers: reqwest::header::HeaderMap,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn id(&self, property: &str) -> String {
        self.json()[property]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{property}: {}", self.body))
            .to_owned()
    }
}

impl Raw {
    pub(crate) async fn start() -> Self {
        Self::with(Sandbox::builder()).await
    }

    pub(crate) async fn with(builder: Builder) -> Self {
        let builder = builder
            .time(Time::Manual)
            .token(Token::new("all").permitted(u32::MAX));
        let builder = builder.token(Token::new("narrow").scopes(["nothing"]).permitted(u32::MAX));
        Self {
            sandbox: builder.start().await.unwrap(),
            http: reqwest::Client::new(),
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        self.send_as(Some("all"), method, path, body).await
    }

    pub(crate) async fn send_as(
        &self,
        token: Option<&str>,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Reply {
        let mut request = self.http.request(
            method.parse().unwrap(),
            format!("{}{path}", self.sandbox.url()),
        );
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await.unwrap();
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        Reply {
            status,
            headers,
            body: reply.text().await.unwrap(),
        }
    }

    pub(crate) async fn call(
        &self,
        operation: &Operation,
        query: &str,
        body: Option<&Value>,
    ) -> Reply {
        self.send(
            &operation.method,
            &format!("{}?{query}", operation.path),
            body,
        )
        .await
    }

    pub(crate) async fn with_token(&self, token: Option<&str>, operation: &Operation) -> Reply {
        self.send_as(token, &operation.method, &operation.path, None)
            .await
    }
}

pub(crate) struct Documents {
    pub(crate) operations: Vec<Operation>,
}

pub(crate) struct Operation {
    pub(crate) root: std::sync::Arc<Value>,
    pub(crate) core: bool,
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) errors: Vec<(u16, String)>,
    pub(crate) reply: Option<Value>,
    parameters: Vec<Value>,
    body: Option<Value>,
}

impl Documents {
    pub(crate) fn load() -> Self {
        let mut operations = Vec::new();
        for (text, core, prefix) in [(CORE, true, "/core/v1"), (PUBLIC, false, "/public/v1")] {
            let root = std::sync::Arc::new(serde_json::from_str::<Value>(text).unwrap());
            for (path, methods) in root["paths"].as_object().unwrap() {
                for (method, node) in methods.as_object().unwrap() {
                    let facts = &node["x-katapult"];
                    let success = node["responses"]
                        .as_object()
                        .unwrap()
                        .iter()
                        .find(|(status, _)| status.starts_with('2'))
                        .unwrap()
                        .1;
                    let errors =
                        facts["errors"]
                            .as_object()
                            .unwrap()
                            .iter()
                            .flat_map(|(status, codes)| {
                                codes.as_array().unwrap().iter().map(move |code| {
                                    (status.parse().unwrap(), code.as_str().unwrap().to_owned())
                                })
                            });
                    operations.push(Operation {
                        root: root.clone(),
                        core,
                        id: node["operationId"].as_str().unwrap().into(),
                        method: method.to_uppercase(),
                        path: format!("{prefix}{path}"),
                        scopes: serde_json::from_value(facts["scopes"].clone()).unwrap(),
                        errors: errors.collect(),
                        reply: success
                            .pointer("/content/application~1json/schema")
                            .cloned(),
                        parameters: node["parameters"].as_array().cloned().unwrap_or_default(),
                        body: node
                            .pointer("/requestBody/content/application~1json/schema")
                            .cloned(),
                    });
                }
            }
        }
        Self { operations }
    }
}

impl Documents {
    /// What makes things first, what takes them away last.
    pub(crate) fn in_order(&self) -> Vec<&Operation> {
        let rank = |operation: &&Operation| match operation.id.split_once('.').unwrap().1 {
            "enable" => 0,
            action if action.starts_with("create") => 1,
            "unassign" | "detach" => 3,
            action if action.starts_with("delete") || action.contains("purge") => 4,
            _ => 2,
        };
        let mut operations: Vec<_> = self.operations.iter().collect();
        operations.sort_by_key(rank);
        operations
    }
}

impl Operation {
    /// Valid input: an object of the sandbox for each lookup.
    pub(crate) fn sample(&self, sandbox: &Sandbox) -> (String, Option<Value>) {
        let mut query = Vec::new();
        for parameter in &self.parameters {
            if parameter["required"] == true {
                let name = parameter["name"].as_str().unwrap();
                match self.value(sandbox, &parameter["schema"], name) {
                    Value::Object(lookup) => {
                        query.extend(lookup.iter().map(|(key, value)| {
                            format!("{name}[{key}]={}", value.as_str().unwrap())
                        }))
                    }
                    value => query.push(format!(
                        "{name}={}",
                        value.as_str().map_or(value.to_string(), str::to_owned)
                    )),
                }
            }
        }
        (
            query.join("&"),
            self.body.as_ref().map(|body| self.value(sandbox, body, "")),
        )
    }

    fn value(&self, sandbox: &Sandbox, schema: &Value, name: &str) -> Value {
        let (schema, title) = follow(&self.root, schema);
        if schema.get("x-katapult-lookup").is_some() {
            return lookup(sandbox, title.trim_end_matches("Lookup"));
        }
        if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
            return first.clone();
        }
        match schema["type"].as_str() {
            Some("object") => {
                let wanted = [
                    "name",
                    "key",
                    "address",
                    "type",
                    "content",
                    "size_in_gb",
                    "protocol",
                    "direction",
                    "ip_address",
                ];
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let mut object = Map::new();
                for (name, node) in schema["properties"].as_object().into_iter().flatten() {
                    let is_wanted = wanted.contains(&name.as_str())
                        && !(self.id == "load_balancer_rules.create" && name == "name");
                    if required.contains(&json!(name))
                        || is_wanted
                        || (name == "zone" && self.id.ends_with("builds.create"))
                        || name == "A"
                        || (name == "network" && self.id.ends_with("interfaces.create"))
                    {
                        object.insert(name.clone(), self.value(sandbox, node, name));
                    }
                }
                Value::Object(object)
            }
            Some("array") => json!([]),
            Some("integer" | "number") => json!(1),
            Some("boolean") => json!(false),
            _ => match name {
                "address" | "ip_address" => json!("192.0.2.77"),
                "xml" => json!(
                    "<VirtualMachineSpec><Zone by=\"permalink\">north-1-a</Zone><Resources><Package by=\"permalink\">pebble-1</Package></Resources></VirtualMachineSpec>"
                ),
                "timestamp" | "date" => json!("2026-01-01"),
                _ => json!(format!("sample-{}", self.id.replace(['.', '_'], "-"))),
            },
        }
    }

    /// Each kind of invalid input that the operation can be given.
    pub(crate) fn invalid(&self, sandbox: &Sandbox) -> Vec<(&'static str, String, Option<Value>)> {
        let (query, body) = self.sample(sandbox);
        let mut cases = Vec::new();
        for parameter in self
            .parameters
            .iter()
            .filter(|parameter| parameter["required"] == true)
        {
            let name = parameter["name"].as_str().unwrap();
            cases.push((
                "missing",
                query
                    .split('&')
                    .filter(|pair| !pair.starts_with(name))
                    .collect::<Vec<_>>()
                    .join("&"),
                body.clone(),
            ));
            let (schema, _) = follow(&self.root, &parameter["schema"]);
            if schema.get("x-katapult-lookup").is_some() {
                cases.push((
                    "two lookups",
                    format!("{query}&{name}[id]=a&{name}[other]=b"),
                    body.clone(),
                ));
                let key = schema["x-katapult-lookup"][0].as_str().unwrap();
                cases.push((
                    "of no object",
                    query
                        .split('&')
                        .map(|pair| {
                            if pair.starts_with(name) {
                                format!("{name}[{key}]=nobody")
                            } else {
                                pair.into()
                            }
                        })
                        .collect::<Vec<_>>()
                        .join("&"),
                    body.clone(),
                ));
            }
        }
        if let (Some(Value::Object(object)), Some(schema)) = (&body, &self.body) {
            let with = |change: &dyn Fn(&mut Map<String, Value>)| {
                let mut object = object.clone();
                change(&mut object);
                Some(Value::Object(object))
            };
            cases.push((
                "unknown field",
                query.clone(),
                with(&|object| {
                    object.insert("tea".into(), json!(1));
                }),
            ));
            let (schema, _) = follow(&self.root, schema);
            for name in schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                cases.push((
                    "missing",
                    query.clone(),
                    with(&|object| {
                        object.remove(name);
                    }),
                ));
                cases.push((
                    "wrong type",
                    query.clone(),
                    with(&|object| {
                        object.insert(name.into(), json!([[1]]));
                    }),
                ));
                let (inner, _) = follow(&self.root, &schema["properties"][name]);
                if inner.get("x-katapult-lookup").is_some() {
                    let key = inner["x-katapult-lookup"][0].as_str().unwrap();
                    cases.push((
                        "of no object",
                        query.clone(),
                        with(&|object| {
                            object.insert(name.into(), json!({key: "nobody"}));
                        }),
                    ));
                    cases.push((
                        "two lookups",
                        query.clone(),
                        with(&|object| {
                            object.insert(name.into(), json!({key: "a", "other": "b"}));
                        }),
                    ));
                }
                if inner.get("enum").is_some() {
                    cases.push((
                        "unknown value",
                        query.clone(),
                        with(&|object| {
                            object.insert(name.into(), json!("tea"));
                        }),
                    ));
                }
            }
        }
        cases
    }
}

/// A lookup of some object of a type; of one that is not there when the world has none.
fn lookup(sandbox: &Sandbox, kind: &str) -> Value {
    let id = sandbox.world(|world| {
        world
            .of_kind(kind)
            .rfind(|object| object.trash.is_none())
            .map(|object| object.fields.clone())
    });
    let text = |field: &str| {
        id.as_ref()
            .and_then(|fields| fields[field].as_str())
            .unwrap_or("nobody")
            .to_owned()
    };
    match kind {
        "ObjectStorageCluster" => json!({"region": text("region")}),
        "ObjectStorageBucket" => json!({"name": text("name")}),
        "Organization" => json!({"sub_domain": "acme"}),
        _ => json!({"id": text("id")}),
    }
}

fn follow<'a>(root: &'a Value, node: &'a Value) -> (&'a Value, &'a str) {
    let node = node.get("allOf").map_or(node, |all| &all[0]);
    match node["$ref"].as_str() {
        Some(target) => (
            root.pointer(&target[1..]).unwrap(),
            target.rsplit('/').next().unwrap(),
        ),
        None => (node, ""),
    }
}

/// Where a value does not fit a schema. Objects may lack fields, as the API's do, but have none more.
pub(crate) fn fit(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let nullable = schema["nullable"] == true;
    let (schema, _) = follow(root, schema);
    if value.is_null() {
        let any = schema.get("type").is_none() && schema.get("oneOf").is_none();
        return if nullable || any || schema["nullable"] == true {
            vec![]
        } else {
            vec![format!("{place} is null")]
        };
    }
    if let Some(kinds) = schema.get("x-katapult-polymorph") {
        let kind = value["type"].as_str().unwrap_or_default();
        return match kinds.get(kind) {
            Some(schema) => fit(root, schema, &value["value"], &format!("{place}<{kind}>")),
            None => vec![format!("{place} is of no kind: {value}")],
        };
    }
    let right = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    if !right {
        return vec![format!("{place} is {value}, not {}", schema["type"])];
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        return vec![format!("{place} is {value}, of no enumeration")];
    }
    let mut wrong = Vec::new();
    for item in value.as_array().into_iter().flatten() {
        wrong.extend(fit(root, &schema["items"], item, &format!("{place}[]")));
    }
    if let (Value::Object(fields), Some(properties)) = (value, schema["properties"].as_object()) {
        for (name, value) in fields {
            match properties.get(name) {
                Some(schema) => wrong.extend(fit(root, schema, value, &format!("{place}.{name}"))),
                None => wrong.push(format!("{place}.{name} is not documented")),
            }
        }
        for name in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !fields.contains_key(name) {
                wrong.push(format!("{place}.{name} is missing"));
            }
        }
    }
    wrong
}
