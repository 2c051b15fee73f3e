//! The root module: the resources' modules, and macros over all operations.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use katapult_openapi::{Operation, Schema};
use proc_macro2::TokenStream;
use quote::quote;

use super::format::{format, parse};
use super::secret_fields::secret_fields;
use crate::generate::cargo_features;
use crate::naming::case::snake;
use crate::naming::reserved::{identifier, taken_resource};
use crate::spec::Document;

/// Returns the root module.
pub(super) fn file(document: &Document) -> Result<String> {
    let (mut modules, mut missing) = (TokenStream::new(), TokenStream::new());
    for resource in document.resources() {
        // Its module would shadow the crate's, or its method the client's.
        if taken_resource(resource).is_some() {
            bail!(
                "a resource cannot be called {resource}: the crate has something else of that name; \
                 pin another in openapi/names.yaml and run `cargo xtask vendor`"
            );
        }
        let feature = cargo_features::name(resource);
        let module = identifier(resource);
        modules.extend(quote! {
            #[cfg(feature = #feature)]
            pub mod #module;
        });
        let message = format!("`{module}` needs the Cargo feature `{feature}`");
        missing.extend(quote! {
            #[cfg(not(feature = #feature))]
            missing_feature!(#module, #message);
        });
    }
    let macros = [
        for_each(document, "operation", "operation", |_| true),
        for_each(document, "list", "list", |operation| {
            operation.list.is_some()
        }),
        for_each(
            document,
            "task",
            "operation that queues a task",
            |operation| operation.task.is_some(),
        ),
        for_each(
            document,
            "trash",
            "operation that moves its object to the trash",
            |operation| operation.trash.is_some(),
        ),
    ];
    let version = document.version.as_deref().unwrap_or("unknown");
    let id_prefixes = id_prefixes(document);
    let secret_fields = secret_fields(document);
    let file = parse(quote! {
        #![doc = " The generated part of the crate."]
        pub mod error_codes;
        #[cfg(feature = "schemars")]
        mod schemas;
        pub mod types;
        #modules
        /// The version of the API document that the crate was generated from.
        pub const API_VERSION: &str = #version;
        #id_prefixes
        #secret_fields
        #missing
    })?;
    Ok(format(file, &macros.concat()))
}

/// Returns the constant with the prefixes of the ids of all objects that have a lookup.
fn id_prefixes(document: &Document) -> TokenStream {
    let types = document.types.iter();
    let prefixes: BTreeSet<(String, &str)> = types
        .flat_map(|(name, schema)| {
            let lookup = Schema::new(schema, schema).lookup();
            let prefixes = lookup.into_iter().flat_map(|lookup| lookup.id_prefixes());
            let kind = snake(name.strip_suffix("Lookup").unwrap_or(name));
            prefixes.map(move |prefix| (kind.clone(), prefix))
        })
        .collect();
    let prefixes = (prefixes.iter()).map(|(kind, prefix)| quote!((#kind, #prefix)));
    quote! {
        /// The prefixes of ids, by the kind of object: `("virtual_machine", "vm")` for `vm_…`.
        ///
        /// They are those of recorded exchanges with the API. Other kinds of objects have prefixes too.
        pub(crate) const ID_PREFIXES: &[(&str, &str)] = &[#(#prefixes),*];
    }
}

/// Returns a macro that calls another with the types of all operations of a kind.
fn for_each(
    document: &Document,
    name: &str,
    noun: &str,
    applies: fn(&Operation) -> bool,
) -> String {
    let operations: String = document
        .operations
        .values()
        .filter(|operation| applies(&operation.spec))
        .map(|operation| {
            format!(
                "            $crate::{}::{},\n",
                identifier(&operation.spec.resource),
                document.operation_type(operation)
            )
        })
        .collect();
    format!(
        "\n/// Calls a macro with the type of every {noun}, for code that treats them all alike.\n\
         #[cfg(feature = \"full\")]\n#[macro_export]\nmacro_rules! for_each_{name} {{\n    ($callback:ident) => {{\n        \
         $callback! {{\n{operations}        }}\n    }};\n}}\n"
    )
}
