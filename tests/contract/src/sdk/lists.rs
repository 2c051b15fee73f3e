//! Every list of the SDK, read to its end.

use katapult_openapi::{Lookup, Operation, Schema, Spec};
use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use katapult_core::Client;
use katapult_core::prelude::*;
use katapult_gen::{ExposeSecrets, ListOperation, OperationInfo};
use katapult_sandbox::World;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::spec::spec_api;

/// The page size: small, so that lists have several pages.
const PER_PAGE: i64 = 3;

/// The items of a list, or the error.
type Reading<'a> = Pin<Box<dyn Future<Output = Result<Vec<Value>, String>> + 'a>>;

/// A list operation of any type.
trait AnyList {
    fn info(&self) -> &'static OperationInfo;

    /// Reads the list from its first page to its last.
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
            let written = items
                .iter()
                .map(|item| serde_json::to_value(ExposeSecrets(item)));
            written
                .collect::<Result<_, _>>()
                .map_err(|error| error.to_string())
        })
    }
}

fn operations() -> Vec<Box<dyn AnyList>> {
    macro_rules! entries {
        ($($operation:ty),* $(,)?) => {
            vec![$(Box::new(Entry::<$operation>(PhantomData))),*]
        };
    }
    katapult_gen::for_each_list!(entries)
}

/// Reads every list of the SDK for every object that it can belong to. Returns the items by operation and
/// arguments.
///
/// # Errors
///
/// If a list cannot be read.
pub async fn read_all(
    spec: &Spec,
    client: &Client,
    world: impl Fn(&mut dyn FnMut(&World)),
) -> Result<BTreeMap<String, Vec<Value>>, String> {
    let mut items_by_call = BTreeMap::new();
    for list in operations() {
        let info = list.info();
        let operation = spec.operation(spec_api(info.api), info.id);
        let operation = operation.ok_or_else(|| format!("{} is not documented", info.id))?;
        let mut all = Vec::new();
        world(&mut |world| all = all_arguments(operation, world));
        for arguments in all {
            let name = format!("{} {arguments}", info.id);
            let items = list.read(client, &arguments).await;
            let items = items.map_err(|why| format!("{name}: {why}"))?;
            items_by_call.insert(name, items);
        }
    }
    Ok(items_by_call)
}

/// Returns the number of lists.
pub fn count() -> usize {
    operations().len()
}

/// Returns the arguments of a list for every object that it can belong to.
fn all_arguments(operation: &Operation, world: &World) -> Vec<Value> {
    let mut all = vec![Map::new()];
    for parameter in operation.parameters.iter().filter(|given| given.required) {
        let schema = operation.parameter(&parameter.name);
        let Some(kind) = schema.and_then(|schema| schema.lookup_target()) else {
            continue;
        };
        let lookup = schema.and_then(Schema::lookup);
        let mut keys: Vec<&str> = lookup.into_iter().flat_map(Lookup::keys).collect();
        // Ids are unique, other keys need not be.
        keys.sort_by_key(|key| *key != "id");
        let key = keys.first().copied().unwrap_or("id");
        // The API rejects lists of an object in the trash.
        let objects = world.by_kind(kind).filter(|object| object.trash.is_none());
        let objects: Vec<_> = objects.map(|object| object.text(key)).collect();
        all = all
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
    all.into_iter().map(Value::Object).collect()
}
