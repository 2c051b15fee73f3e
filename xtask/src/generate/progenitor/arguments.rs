//! The arguments of progenitor's methods, and short paths in its types.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, ExprCall, PathSegment, Type, parse_quote};

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

/// Records the names on the wire of the arguments in `QueryParam::new("name", &name)`, which
/// progenitor writes for each query parameter.
pub(super) struct WireNames<'a> {
    pub(super) arguments: &'a mut Vec<Argument>,
}

impl Visit<'_> for WireNames<'_> {
    fn visit_expr_call(&mut self, call: &ExprCall) {
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
        visit::visit_expr_call(self, call);
    }
}
