//! Mutants of the small invented API: at least one of each kind of thing that a document can contain.

mod names;
mod queries;
mod responses;
mod schemas;
mod secrets;
mod states;

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::common::{Small, core, fields, folder};
use crate::pipeline::{self, Remedy, Required, is_chosen, table};

/// A mutant: its name, its change of the document, and the required result.
pub(crate) struct Own {
    name: &'static str,
    change: fn(&mut Value),
    required: Required,
}

/// The fields of a lamp in a response, and those of a lamp in a request.
const LAMP: &str = "/components/schemas/GetLamp200ResponseLamp/properties";
const ARGUMENTS: &str = "/components/schemas/LampArguments/properties";

/// Adds a field to lamps in responses.
fn lamp(document: &mut Value, name: &str, field: Value) {
    fields(document, LAMP).insert(name.to_owned(), field);
}

/// Adds a field to lamps in requests.
fn argument(document: &mut Value, name: &str, field: Value) {
    fields(document, ARGUMENTS).insert(name.to_owned(), field);
}

fn string() -> Value {
    json!({ "type": "string" })
}

/// A mutant that `vendor` accepts.
fn accepted(name: &'static str, change: fn(&mut Value)) -> Own {
    own(name, "ok", change)
}

/// A mutant that `vendor` refuses. `place` and `reason` are in its message.
fn refused(name: &'static str, place: &str, reason: &str, change: fn(&mut Value)) -> Own {
    own(name, "stop", change).prints(place).prints(reason)
}

fn own(name: &'static str, vendor: &str, change: fn(&mut Value)) -> Own {
    Own {
        name,
        change,
        required: Required {
            name: name.to_owned(),
            vendor: Some(vendor.to_owned()),
            ..Required::default()
        },
    }
}

impl Own {
    fn breaks(mut self, rust: bool, wire: bool) -> Self {
        (self.required.rust, self.required.wire) = (Some(rust), Some(wire));
        self
    }

    fn prints(mut self, text: &str) -> Self {
        self.required.prints.push(text.to_owned());
        self
    }

    fn code(mut self, text: &str) -> Self {
        self.required.code.push(text.to_owned());
        self
    }

    fn no_code(mut self, text: &str) -> Self {
        self.required.no_code.push(text.to_owned());
        self
    }

    /// The rule that makes the document acceptable.
    fn corrected_by(mut self, rule: &str) -> Self {
        let correction = format!("- rule:\n    {rule}\n  evidence: A remedy of a message.\n");
        self.required.remedy = Remedy::Correction(correction);
        self
    }

    /// The operation is left out.
    fn ignorable(self, operation: &str) -> Self {
        self.prints("`ignore`")
            .corrected_by(&format!("ignore:\n      operation: {operation}"))
    }

    /// The pinned name of an operation that makes the document acceptable.
    fn pinned_as(mut self, line: &str) -> Self {
        self.required.remedy = Remedy::Operation(line.to_owned());
        self
    }
}

/// Returns the folder of the documents, names and corrections that the mutants are compared with.
fn before() -> PathBuf {
    static BEFORE: OnceLock<PathBuf> = OnceLock::new();
    let folder = BEFORE.get_or_init(|| {
        let small = Small::new("mutants-before");
        small.vendor().ok();
        small.openapi
    });
    folder.clone()
}

#[test]
fn mutants_of_the_small_document_give_the_required_results() {
    let all = [
        queries::all(),
        responses::all(),
        schemas::all(),
        secrets::all(),
        states::all(),
        names::all(),
    ];
    let own: Vec<Own> = (all.into_iter().flatten())
        .filter(|mutant| is_chosen(mutant.name))
        .collect();
    let required: Vec<Required> = own.iter().map(|own| own.required.clone()).collect();
    let documents = folder("mutants-own");
    let before = before();
    let public = before.with_file_name("public.json");
    let wrong = table("mutants-own", &required, &|required| {
        let mut document = core();
        if let Some(own) = own.iter().find(|own| own.name == required.name) {
            (own.change)(&mut document);
        }
        let core = documents.join(format!("{}.json", required.name));
        fs::write(&core, document.to_string()).expect("written");
        pipeline::Mutant {
            required: required.clone(),
            core,
            public: public.clone(),
            before: before.clone(),
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.concat());
}
