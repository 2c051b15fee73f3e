//! Rewriting of progenitor's code: requests from an operation's value, and short paths.

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Member, PathSegment, Type, parse_quote};

/// An argument: a query parameter, or the body.
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// The parameter's name on the wire; `None` for the body.
    pub(crate) wire: Option<String>,
}

/// Shortens absolute paths: `::std::option::Option<T>` to `Option<T>`, and paths of other crates to
/// their last segment, which the file imports.
pub(super) struct ShortPaths;

impl VisitMut for ShortPaths {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        if path.leading_colon.take().is_some() {
            let ident =
                |segment: Option<&PathSegment>| segment.map(|found| found.ident.to_string());
            let is_function = ident(path.segments.last())
                .is_some_and(|last| last.starts_with(|first: char| first.is_ascii_lowercase()));
            // A function keeps its type, `HeaderValue::from_static`, and a type of serde_json its
            // crate, since `Value` alone says little.
            let is_json = ident(path.segments.first()).is_some_and(|first| first == "serde_json");
            let kept = if is_function || is_json { 2 } else { 1 };
            let skipped = path.segments.len().saturating_sub(kept);
            path.segments = path.segments.iter().skip(skipped).cloned().collect();
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        // serde takes paths in strings, which no visitor sees.
        let text = attribute.meta.to_token_stream().to_string();
        let short = ["option", "vec", "string", "boxed"]
            .iter()
            .fold(text.clone(), |text, module| {
                text.replace(&format!("::std::{module}::"), "")
            });
        if short != text
            && let Ok(meta) = syn::parse_str(&short)
        {
            attribute.meta = meta;
        }
    }
}

/// Returns the type of an operation's field for the type of a method's argument: `T` for `&'a T`,
/// `String` for `&'a str`, and `T` for `types::T`.
pub(super) fn owned(mut ty: Type) -> Type {
    struct Owned;
    impl VisitMut for Owned {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::Reference(reference) = ty {
                *ty = (*reference.elem).clone();
            }
            let str_type: Type = parse_quote!(str);
            if *ty == str_type {
                *ty = parse_quote!(String);
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
    ShortPaths.visit_type_mut(&mut ty);
    ty
}

/// Rewrites the expression that builds a request so that it is in terms of the operation's value:
/// arguments become fields, the HTTP client becomes a parameter, the header that the API does not
/// know is dropped, and query parameters get the API's notation.
pub(super) struct RequestRewriter<'a> {
    pub(super) arguments: &'a mut Vec<Argument>,
}

impl RequestRewriter<'_> {
    /// Records the name on the wire in `QueryParam::new("name", &name)`.
    fn record_wire_name(&mut self, call: &syn::ExprCall) {
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

impl VisitMut for RequestRewriter<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::MethodCall(call) = expr
            // progenitor sends its `api-version`, which the API does not know.
            && call.method == "headers"
        {
            *expr = (*call.receiver).clone();
        }
        match expr {
            Expr::Call(call) => self.record_wire_name(call),
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
                    *expr = parse_quote!(QueryParam::new);
                } else if let Some(name) = path.path.get_ident() {
                    if self.arguments.iter().any(|argument| *name == argument.name) {
                        let name = name.clone();
                        *expr = parse_quote!(self.#name);
                        return;
                    }
                    if name.to_string().trim_start_matches('_') == "url" {
                        *expr = parse_quote!(url); // progenitor's `_url`, if a parameter is called `url`
                    }
                }
            }
            _ => {}
        }
        visit_mut::visit_expr_mut(self, expr);
    }
}
