//! The generated requests against the document, place by place: each field of a schema has one argument
//! or setter, and there are no others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use katapult_openapi::{Operation, Schema, Spec};
use quote::ToTokens as _;
use syn::{Expr, FnArg, GenericArgument, ImplItem, Item, Pat, PathArguments, Stmt, Type};

/// A field of a generated struct.
struct Field {
    ident: String,
    wire: String,
    /// The type, without what wraps it: `Patch<Vec<Port>>` is `Port`.
    inner: String,
    optional: bool,
}

/// The generated code of one module, by the names of its types.
#[derive(Default)]
struct Source {
    structs: BTreeMap<String, Vec<Field>>,
    /// The arguments of the method that builds an operation, and those of `new` of any other type.
    arguments: BTreeMap<String, BTreeSet<String>>,
    /// The fields that setters set: `properties.color`.
    setters: BTreeMap<String, BTreeSet<String>>,
    /// The type of each operation, by its id.
    operations: BTreeMap<String, String>,
}

fn generated() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../katapult-gen/src/generated")
}

/// Returns the segments of a type's last part: `Patch<Vec<Port>>` is `Patch`, `Vec`, `Port`.
fn layers(ty: &Type) -> Vec<String> {
    let Type::Path(path) = ty else {
        return vec![ty.to_token_stream().to_string()];
    };
    let last = path.path.segments.last().unwrap();
    let mut layers = vec![last.ident.to_string()];
    if let PathArguments::AngleBracketed(arguments) = &last.arguments {
        // The last one is the value of a map, and the operation of a call.
        if let Some(GenericArgument::Type(ty)) = arguments.args.last() {
            layers.extend(self::layers(ty));
        }
    }
    layers
}

fn field(field: &syn::Field) -> Field {
    let ident = field.ident.as_ref().unwrap().to_string();
    let attributes = field
        .attrs
        .iter()
        .map(|attribute| attribute.to_token_stream().to_string());
    let mut renamed = attributes.filter_map(|text| {
        let (_, rest) = text.split_once("rename = \"")?;
        Some(rest.split_once('"')?.0.to_owned())
    });
    let layers = layers(&field.ty);
    Field {
        wire: renamed.next_back().unwrap_or_else(|| ident.clone()),
        optional: ["Option", "Patch"].contains(&layers[0].as_str()),
        inner: layers.last().unwrap().clone(),
        ident,
    }
}

/// Returns the field that a setter sets, without `self.` and `operation.`.
fn assigned(function: &syn::ImplItemFn) -> Option<String> {
    function.block.stmts.iter().find_map(|statement| {
        let Stmt::Expr(Expr::Assign(assignment), _) = statement else {
            return None;
        };
        let place = assignment
            .left
            .to_token_stream()
            .to_string()
            .replace(' ', "");
        let place = place.strip_prefix("self.")?;
        Some(place.strip_prefix("operation.").unwrap_or(place).to_owned())
    })
}

fn arguments(function: &syn::ImplItemFn) -> BTreeSet<String> {
    let typed = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(argument) => Some(&*argument.pat),
        FnArg::Receiver(_) => None,
    });
    typed
        .filter_map(|pattern| match pattern {
            Pat::Ident(name) => Some(name.ident.to_string()),
            _ => None,
        })
        .collect()
}

impl Source {
    fn read(&mut self, path: &Path) {
        let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
        for item in &file.items {
            match item {
                Item::Struct(item) => {
                    let fields = item.fields.iter().filter(|field| field.ident.is_some());
                    let fields = fields.map(field).collect();
                    self.structs.insert(item.ident.to_string(), fields);
                }
                Item::Impl(item) => self.read_impl(item),
                _ => {}
            }
        }
    }

    fn read_impl(&mut self, item: &syn::ItemImpl) {
        let layers = layers(&item.self_ty);
        let name = layers.last().unwrap();
        // A method of a trait calls one of the resource's own.
        let is_own = item.trait_.is_none();
        for item in &item.items {
            match item {
                ImplItem::Const(constant) if constant.ident == "INFO" => {
                    // `&OperationInfo::new("tags.get", …)…`
                    let info = constant.expr.to_token_stream().to_string();
                    let id = info.split('"').nth(1).unwrap();
                    self.operations.insert(id.to_owned(), name.clone());
                }
                ImplItem::Fn(function) => {
                    let built = match &function.sig.output {
                        syn::ReturnType::Type(_, ty) => self::layers(ty),
                        syn::ReturnType::Default => Vec::new(),
                    };
                    if let Some(place) = assigned(function) {
                        self.setters.entry(name.clone()).or_default().insert(place);
                    } else if function.sig.ident == "new" {
                        self.arguments.insert(name.clone(), arguments(function));
                    } else if let [call, operation] = built.as_slice()
                        && is_own
                        && call == "Call"
                    {
                        self.arguments
                            .insert(operation.clone(), arguments(function));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The comparison of all places.
struct Comparison<'a> {
    types: &'a Source,
    differences: Vec<String>,
    compared: BTreeSet<(String, String)>,
}

/// Returns the properties of a schema, each with whether a caller must give it.
fn places<'a>(schema: Schema<'a>) -> BTreeMap<&'a str, (Schema<'a>, bool)> {
    let required: BTreeSet<&str> = schema.required().collect();
    let with_need = |(name, field): (&'a str, Schema<'a>)| {
        let needed = required.contains(name) && !field.is_nullable();
        (name, (field, needed))
    };
    schema.properties().map(with_need).collect()
}

impl Comparison<'_> {
    /// Compares the fields of a struct with a schema, and the types of the fields with its properties.
    fn fields(&mut self, at: &str, fields: &[Field], schema: Schema<'_>) {
        let documented = places(schema);
        let ours: BTreeSet<&str> = fields.iter().map(|field| field.wire.as_str()).collect();
        let theirs: BTreeSet<&str> = documented.keys().copied().collect();
        for name in theirs.symmetric_difference(&ours) {
            let side = if ours.contains(name) {
                "code"
            } else {
                "schema"
            };
            self.differences
                .push(format!("{at}.{name}: in the {side} alone"));
        }
        for field in fields {
            let Some((schema, needed)) = documented.get(field.wire.as_str()) else {
                continue;
            };
            let at = format!("{at}.{}", field.wire);
            if *needed == field.optional {
                self.differences.push(format!("{at}: required differs"));
            }
            self.object(&at, &field.inner, *schema);
        }
    }

    /// Compares a type of its own, with its constructor and its setters, with the schema of one place.
    fn object(&mut self, at: &str, name: &str, schema: Schema<'_>) {
        let mut schema = schema;
        while let Some(items) = schema.items() {
            schema = items;
        }
        if !schema.has_properties() || schema.is_lookup() || schema.is_tagged_union() {
            return;
        }
        let Some(fields) = self.types.structs.get(name) else {
            self.differences
                .push(format!("{at}: {name} is not a struct"));
            return;
        };
        let component = schema.name().unwrap_or(at).to_owned();
        if !self.compared.insert((component, name.to_owned())) {
            return;
        }
        self.fields(at, fields, schema);
        let of = |optional: bool| -> BTreeSet<String> {
            let fields = fields.iter().filter(|field| field.optional == optional);
            fields.map(|field| field.ident.clone()).collect()
        };
        let arguments = self.types.arguments.get(name).cloned().unwrap_or_default();
        let setters = self.types.setters.get(name).cloned().unwrap_or_default();
        if (of(false), of(true)) != (arguments, setters) {
            self.differences
                .push(format!("{at}: the arguments or setters of {name}"));
        }
    }

    fn operation(&mut self, source: &Source, operation: &Operation) {
        let id = &operation.id;
        let name = source.operations.get(id).unwrap_or_else(|| panic!("{id}"));
        let mut arguments = BTreeSet::new();
        let mut setters = BTreeSet::new();
        let mut place = |prefix: &str, field: &Field| match field.optional {
            true => setters.insert(format!("{prefix}{}", field.ident)),
            false => arguments.insert(field.ident.clone()),
        };
        // The value is the body, or the query parameters, with the body in a field if there are both.
        let value: Vec<&Field> = source.structs[name].iter().collect();
        let has_query = !operation.parameters.is_empty();
        let (query, body, at) = match operation.request_body() {
            None => (value, &[][..], ""),
            Some(_) if !has_query => (Vec::new(), &source.structs[name][..], ""),
            Some(_) => {
                let (body, query): (Vec<_>, Vec<_>) =
                    value.into_iter().partition(|field| field.ident == "body");
                (query, &source.structs[&body[0].inner][..], "body.")
            }
        };
        let documented: BTreeSet<(&str, bool)> = operation
            .parameters
            .iter()
            .map(|parameter| (parameter.name.as_str(), !parameter.required))
            .collect();
        let ours: BTreeSet<(&str, bool)> = query
            .iter()
            .map(|field| (field.wire.as_str(), field.optional))
            .collect();
        if documented != ours {
            self.differences.push(format!("{id}: the query"));
        }
        query.iter().for_each(|field| {
            place("", field);
        });
        if let Some(schema) = operation.request_body() {
            self.fields(id, body, schema);
            for field in body {
                match self.types.structs.get(&field.inner) {
                    Some(properties) if field.wire == "properties" => {
                        for field in properties {
                            place(&format!("{at}properties."), field);
                        }
                    }
                    _ => {
                        place(at, field);
                    }
                }
            }
        }
        let ours = source.arguments.get(name).cloned().unwrap_or_default();
        if ours != arguments {
            self.differences.push(format!("{id}: arguments {ours:?}"));
        }
        let ours = source.setters.get(name).cloned().unwrap_or_default();
        if ours != setters {
            self.differences.push(format!("{id}: setters {ours:?}"));
        }
    }
}

#[test]
fn each_place_of_a_request_has_the_arguments_and_setters_of_its_schema() {
    let folder = generated();
    let mut types = Source::default();
    types.read(&folder.join("types.rs"));
    for entry in fs::read_dir(folder.join("types")).unwrap() {
        types.read(&entry.unwrap().path());
    }
    let mut comparison = Comparison {
        types: &types,
        differences: Vec::new(),
        compared: BTreeSet::new(),
    };
    let openapi = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    let read = |file: &str| fs::read_to_string(openapi.join(file)).unwrap();
    let core = read("katapult-core.json");
    let spec = Spec::parse(&core, &read("katapult-public.json")).unwrap();
    for operation in spec.operations() {
        let mut source = Source::default();
        let file = folder.join(format!("{}.rs", operation.resource));
        source.read(&file);
        comparison.operation(&source, operation);
    }
    assert!(!comparison.compared.is_empty());
    assert_eq!(comparison.differences, [] as [String; 0]);
}
