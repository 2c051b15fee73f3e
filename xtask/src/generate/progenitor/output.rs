//! progenitor's output: its structs, and the arguments of each operation.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, anyhow, bail};
use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{FnArg, Item, ItemStruct, Pat};

use crate::generate::progenitor::arguments::{Argument, ShortPaths, WireNames, owned};
use crate::generate::progenitor::input::{SECRET, TIMESTAMP};

/// The parts of progenitor's output that are used.
pub(crate) struct Generated {
    pub(crate) structs: BTreeMap<String, ItemStruct>,
    pub(crate) methods: BTreeMap<String, Method>,
}

/// The arguments of an operation.
pub(crate) struct Method {
    pub(crate) arguments: Vec<Argument>,
}

/// Runs progenitor. It uses `custom_types` by name instead of generating them.
pub(crate) fn run<'a>(
    document: &openapiv3::OpenAPI,
    custom_types: impl Iterator<Item = &'a str>,
) -> Result<Generated> {
    let mut settings = GenerationSettings::default();
    // The builder interface would check required arguments at run time.
    settings.with_interface(InterfaceStyle::Positional);
    let values = [(TIMESTAMP, "Timestamp"), (SECRET, "Secret")];
    for (name, replacement) in custom_types.map(|name| (name, name)).chain(values) {
        settings.with_replacement(name, replacement, std::iter::empty());
    }
    let tokens = without_panic(|| Generator::new(&settings).generate_tokens(document))?
        .context("progenitor refuses the document")?;
    let file: syn::File = syn::parse2(tokens).context("progenitor's output is not valid Rust")?;
    let mut generated = Generated {
        structs: BTreeMap::new(),
        methods: BTreeMap::new(),
    };
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                for item in module.content.map(|(_, items)| items).unwrap_or_default() {
                    if let Item::Struct(mut item) = item {
                        check_distinct_fields(&item)?;
                        ShortPaths.visit_item_struct_mut(&mut item);
                        generated.structs.insert(item.ident.to_string(), item);
                    }
                }
            }
            Item::Impl(block) if block.trait_.is_none() => {
                for item in block.items {
                    if let syn::ImplItem::Fn(function) = item
                        && function.sig.asyncness.is_some()
                    {
                        let name = function.sig.ident.to_string();
                        let method =
                            method(function).with_context(|| format!("progenitor's {name}"))?;
                        generated.methods.insert(name, method);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(generated)
}

/// Runs a closure and returns its panic as an error: progenitor panics at schemas that it does not
/// know.
fn without_panic<T>(work: impl FnOnce() -> T) -> Result<T> {
    let message = Arc::new(Mutex::new(String::new()));
    let written = Arc::clone(&message);
    // The hook has the message and place of the panic, which would otherwise go to stderr.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if let Ok(mut message) = written.lock() {
            *message = panic.to_string();
        }
    }));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    done.map_err(|_| {
        let message = message
            .lock()
            .map(|message| message.clone())
            .unwrap_or_default();
        anyhow!("progenitor does not know a schema of the document: {message}")
    })
}

/// Returns an error if two fields have one name in Rust.
fn check_distinct_fields(item: &ItemStruct) -> Result<()> {
    let mut names = BTreeSet::new();
    for name in item.fields.iter().filter_map(|field| field.ident.as_ref()) {
        if !names.insert(name) {
            bail!(
                "type {0}: two of its fields are {name} in Rust: leave one of them out in openapi/corrections.yaml, with \
                 the rule `ignore_fields` and its place `{0}.FIELD`",
                item.ident
            );
        }
    }
    Ok(())
}

fn method(function: syn::ImplItemFn) -> Result<Method> {
    let mut arguments = Vec::new();
    for input in function.sig.inputs {
        if let FnArg::Typed(argument) = input {
            let Pat::Ident(name) = *argument.pat else {
                bail!("an argument has no name")
            };
            let name = name.ident.to_string();
            if arguments.iter().any(|known: &Argument| known.name == name) {
                bail!(
                    "two of its parameters are {name} in Rust: leave one of them out in openapi/corrections.yaml, with \
                     the rule `ignore_fields` and its place `RESOURCE.ACTION.PARAMETER`"
                );
            }
            arguments.push(Argument {
                name,
                ty: owned(*argument.ty),
                wire: None,
            });
        }
    }
    WireNames {
        arguments: &mut arguments,
    }
    .visit_block(&function.block);
    Ok(Method { arguments })
}
