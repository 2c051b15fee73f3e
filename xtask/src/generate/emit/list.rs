//! The list of modules and of operations.

use anyhow::{Result, bail};
use katapult_openapi::Operation;
use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use super::print::{HEADER, printed};
use crate::generate::features;
use crate::text::identifier;

/// The crate's own modules, features and methods of its client.
const TAKEN: &[&str] = &[
    "api_error",
    "call",
    "client",
    "default",
    "error_codes",
    "full",
    "generated",
    "lookup",
    "new",
    "object",
    "open_enum",
    "operation",
    "patch",
    "plain",
    "polymorph",
    "query",
    "response",
    "round_trip",
    "secret",
    "timestamp",
    "transport",
    "types",
];

impl Emitter<'_> {
    /// The list of modules and of operations.
    pub(super) fn list(&self) -> Result<String> {
        let resources = self.resources();
        let mut modules = TokenStream::new();
        for resource in &resources {
            if TAKEN.contains(&resource.as_str()) {
                bail!(
                    "a resource cannot be called {resource}: the crate has something else of that name; \
                     pin another in openapi/names.yaml and run `cargo xtask vendor`"
                );
            }
            let feature = features::name(resource);
            let module = identifier(resource);
            modules.extend(quote! {
                #[cfg(feature = #feature)]
                pub mod #module;
            });
        }
        let macros = [
            self.for_each("operation", "operation", |_| true),
            self.for_each("list", "list", |operation| operation.list.is_some()),
            self.for_each("task", "operation that queues a task", |operation| {
                operation.task.is_some()
            }),
            self.for_each(
                "trash",
                "operation that moves its object to the trash",
                |operation| operation.trash.is_some(),
            ),
        ]
        .concat();
        let text = printed(quote! {
            #![doc = " The generated part of the crate."]
            pub mod error_codes;
            pub mod types;
            #modules
        })?;
        Ok(format!("{HEADER}\n{text}{macros}"))
    }

    /// A macro that calls another with the type of every operation of a kind.
    fn for_each(&self, name: &str, what: &str, is_one: fn(&Operation) -> bool) -> String {
        let operations: String = self
            .document
            .operations
            .values()
            .filter(|operation| is_one(&operation.spec))
            .map(|operation| {
                format!(
                    "            $crate::{}::{},\n",
                    identifier(&operation.spec.resource),
                    self.document.operation_type(operation)
                )
            })
            .collect();
        format!(
            "\n/// Calls a macro with the type of every {what}, for code that must treat them all alike.\n\
             #[cfg(feature = \"full\")]\n#[macro_export]\nmacro_rules! for_each_{name} {{\n    ($callback:ident) => {{\n        \
             $callback! {{\n{operations}        }}\n    }};\n}}\n"
        )
    }
}
