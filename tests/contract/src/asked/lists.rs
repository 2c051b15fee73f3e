//! Every list of the SDK, read to its end.

use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use katapult_core::Client;
use katapult_core::prelude::*;
use katapult_gen::{ListOperation, OperationInfo};
use katapult_openapi::{Api, Lookup, Operation, Schema, Spec};
use katapult_sandbox::World;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::operations::spec_api;

/// How many items a page has: few, so that lists have several pages.
const PER_PAGE: i64 = 3;

/// The items of a list, or why they could not be had.
type Reading<'a> = Pin<Box<dyn Future<Output = Result<Vec<Value>, String>> + 'a>>;

/// A list operation whose type is not known here.
trait AnyList {
    fn info(&self) -> &'static OperationInfo;

    /// Reads it from its first page to its last.
    fn read<'a>(&self, client: &'a Client, arguments: &'a Value) -> Reading<'a>;
}

struct Entry<O>(PhantomData<fn() -> O>);

impl<O> AnyList for Entry<O>
where
    O: ListOperation + DeserializeOwned + 'static,
    O::Item: Serialize,
{
    fn info(&self) -> &'static OperationInfo {
        O::INFO
    }

    fn read<'a>(&self, client: &'a Client, arguments: &'a Value) -> Reading<'a> {
        Box::pin(async move {
            let mut operation = O::deserialize(arguments).map_err(|error| error.to_string())?;
            operation.set_per_page(PER_PAGE);
            let items = client.call(operation).items().collect_all().await;
            let items = items.map_err(|error| error.to_string())?;
            let written = items.iter().map(serde_json::to_value);
            written
                .collect::<Result<_, _>>()
                .map_err(|error| error.to_string())
        })
    }
}

fn all() -> Vec<Box<dyn AnyList>> {
    macro_rules! entries {
        ($($operation:ty),* $(,)?) => {
            vec![$(Box::new(Entry::<$operation>(PhantomData))),*]
        };
    }
    katapult_gen::for_each_list!(entries)
}

/// What all lists of the SDK show, by operation and what they are of: each is read for every object
/// that it can be asked about.
///
/// # Errors
///
/// When one of them cannot be read.
pub async fn snapshot(
    documents: &Spec,
    client: &Client,
    world: impl Fn(&mut dyn FnMut(&World)),
) -> Result<BTreeMap<String, Vec<Value>>, String> {
    let mut shown = BTreeMap::new();
    for list in all() {
        let info = list.info();
        let operation = documents.operation(spec_api(info.api), info.id);
        let operation = operation.ok_or_else(|| format!("{} is not documented", info.id))?;
        let mut asked = Vec::new();
        world(&mut |world| asked = all_arguments(operation, world));
        for arguments in asked {
            let name = format!("{} {arguments}", info.id);
            let items = list.read(client, &arguments).await;
            let items = items.map_err(|why| format!("{name}: {why}"))?;
            shown.insert(name, items);
        }
    }
    Ok(shown)
}

/// How many lists there are.
pub fn count() -> usize {
    all().len()
}

/// The arguments of a list, for every object that it can be about.
fn all_arguments(operation: &Operation, world: &World) -> Vec<Value> {
    debug_assert!(operation.api != Api::Core || operation.method == "GET");
    let mut asked = vec![Map::new()];
    for parameter in operation.parameters.iter().filter(|given| given.required) {
        let schema = operation.parameter(&parameter.name);
        let Some(kind) = schema.and_then(|schema| schema.lookup_target()) else {
            continue;
        };
        let lookup = schema.and_then(Schema::lookup);
        let mut keys: Vec<&str> = lookup.into_iter().flat_map(Lookup::keys).collect();
        keys.sort_by_key(|key| *key != "id");
        let key = keys.first().copied().unwrap_or("id");
        let objects = world.of_kind(kind).filter(|object| object.trash.is_none());
        let objects: Vec<_> = objects.map(|object| object.text(key)).collect();
        asked = asked
            .iter()
            .flat_map(|arguments| {
                objects.iter().map(|object| {
                    let mut arguments = arguments.clone();
                    arguments.insert(parameter.name.clone(), json!({ key: object }));
                    arguments
                })
            })
            .collect();
    }
    asked.into_iter().map(Value::Object).collect()
}
