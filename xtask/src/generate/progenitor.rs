//! progenitor's output, taken apart: its structs, and for each operation its arguments and the building
//! of its request.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, anyhow, bail};
use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, FnArg, Item, ItemStruct, Member, Pat, Stmt, Type, parse_quote};

use crate::generate::prepare::{SECRET, TIMESTAMP};

/// What is used of progenitor's output.
pub(crate) struct Generated {
    pub(crate) structs: BTreeMap<String, ItemStruct>,
    pub(crate) methods: BTreeMap<String, Method>,
}

/// An operation's arguments, and the expression that builds its request from `self`, `http` and `url`.
pub(crate) struct Method {
    pub(crate) arguments: Vec<Argument>,
    pub(crate) request: Expr,
}

/// An argument: a query parameter, or the body.
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// The parameter's name on the wire; the body has none.
    pub(crate) wire: Option<String>,
}

/// Runs progenitor; `ours` are the types that it is to take from the crate.
pub(crate) fn run<'a>(
    document: &openapiv3::OpenAPI,
    ours: impl Iterator<Item = &'a str>,
) -> Result<Generated> {
    let mut settings = GenerationSettings::default();
    settings.with_interface(InterfaceStyle::Positional);
    for name in ours {
        settings.with_replacement(name, format!("crate::types::{name}"), std::iter::empty());
    }
    settings.with_replacement(TIMESTAMP, "crate::Timestamp", std::iter::empty());
    settings.with_replacement(SECRET, "crate::Secret", std::iter::empty());
    let tokens = without_panic(|| Generator::new(&settings).generate_tokens(document))?
        .context("progenitor does not take the document")?;
    let file: syn::File = syn::parse2(tokens).context("progenitor wrote what is no Rust")?;
    let mut generated = Generated {
        structs: BTreeMap::new(),
        methods: BTreeMap::new(),
    };
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                for item in module.content.map(|(_, items)| items).unwrap_or_default() {
                    if let Item::Struct(item) = item {
                        distinct(&item)?;
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

/// Runs what panics at what it does not know, and makes an error of it.
fn without_panic<T>(work: impl FnOnce() -> T) -> Result<T> {
    let said = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&said);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if let Ok(mut said) = heard.lock() {
            *said = panic.to_string();
        }
    }));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    done.map_err(|_| {
        let said = said.lock().map(|said| said.clone()).unwrap_or_default();
        anyhow!("progenitor does not take the document, which holds something new: {said}")
    })
}

/// Refuses fields that are two in JSON and one in Rust.
fn distinct(item: &ItemStruct) -> Result<()> {
    let mut seen = BTreeSet::new();
    for name in item.fields.iter().filter_map(|field| field.ident.as_ref()) {
        if !seen.insert(name) {
            bail!(
                "type {}: two of its fields are {name} in Rust: teach xtask/src/generate to tell them apart",
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
                    "two of its parameters are {name} in Rust: teach xtask/src/generate to tell them apart"
                );
            }
            arguments.push(Argument {
                name,
                ty: owned(*argument.ty),
                wire: None,
            });
        }
    }
    let request = function
        .block
        .stmts
        .into_iter()
        .find_map(|statement| match statement {
            Stmt::Local(local) => {
                let Pat::Ident(name) = &local.pat else {
                    return None;
                };
                let value = local.init?.expr;
                // A parameter that is called `request` makes progenitor call its own `_request`.
                let name = name.ident.to_string();
                (name.trim_start_matches('_') == "request").then_some(*value)
            }
            _ => None,
        });
    let mut request = request.context("no `let request`")?;
    if let Expr::Try(tried) = request {
        request = *tried.expr;
    }
    let mut building = Building {
        arguments: &mut arguments,
    };
    building.visit_expr_mut(&mut request);
    Ok(Method { arguments, request })
}

/// `&'a T` → `T`, `&'a str` → `String`, and what is in `types` by its bare name.
fn owned(mut ty: Type) -> Type {
    struct Owned;
    impl VisitMut for Owned {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::Reference(reference) = ty {
                *ty = (*reference.elem).clone();
            }
            let bare: Type = parse_quote!(str);
            if *ty == bare {
                *ty = parse_quote!(::std::string::String);
            }
            visit_mut::visit_type_mut(self, ty);
        }

        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            if path.segments.len() == 2 && path.segments[0].ident == "types" {
                path.segments = path.segments.iter().skip(1).cloned().collect();
            }
            visit_mut::visit_path_mut(self, path);
        }
    }
    Owned.visit_type_mut(&mut ty);
    ty
}

/// Makes the building of a request a function of the operation's value: arguments are its fields, the client
/// is handed in, the header that the API does not know is left out, and query parameters are written in the
/// API's notation.
struct Building<'a> {
    arguments: &'a mut Vec<Argument>,
}

impl Building<'_> {
    /// Learns the name on the wire from `QueryParam::new("name", &name)`.
    fn learn(&mut self, call: &syn::ExprCall) {
        let arguments: Vec<&Expr> = call.args.iter().collect();
        if let [Expr::Lit(literal), Expr::Reference(value)] = arguments.as_slice()
            && let syn::Lit::Str(wire) = &literal.lit
            && let Expr::Path(path) = &*value.expr
            && let Some(argument) = self
                .arguments
                .iter_mut()
                .find(|argument| path.path.is_ident(&argument.name))
        {
            argument.wire = Some(wire.value());
        }
    }
}

impl VisitMut for Building<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::MethodCall(call) = expr
            && call.method == "headers"
        {
            *expr = (*call.receiver).clone();
        }
        match expr {
            Expr::Call(call) => self.learn(call),
            Expr::Field(field) if matches!(&field.member, Member::Named(name) if name == "client") =>
            {
                *expr = parse_quote!(http);
                return;
            }
            Expr::Path(path) => {
                if path
                    .path
                    .segments
                    .iter()
                    .any(|segment| segment.ident == "QueryParam")
                {
                    *expr = parse_quote!(crate::query::QueryParam::new);
                } else if let Some(name) = path.path.get_ident() {
                    if self.arguments.iter().any(|argument| *name == argument.name) {
                        let name = name.clone();
                        *expr = parse_quote!(self.#name);
                        return;
                    }
                    if name.to_string().trim_start_matches('_') == "url" {
                        *expr = parse_quote!(url); // `_url` beside a parameter of that name
                    }
                }
            }
            _ => {}
        }
        visit_mut::visit_expr_mut(self, expr);
    }
}
