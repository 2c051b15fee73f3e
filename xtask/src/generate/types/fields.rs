//! Fields of generated structs: names on the wire, wrappers, and setters.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Attribute, Expr, ExprLit, Field, GenericArgument, Ident, Lit, Meta, PathArguments, Type,
};

use crate::naming::case::english;

/// Returns the name of a field on the wire.
pub(crate) fn wire_name(field: &Field) -> String {
    let own = field
        .ident
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    field.attrs.iter().find_map(renamed).unwrap_or(own)
}

/// Returns the name in `#[serde(rename = "…")]`.
pub(crate) fn renamed(attribute: &Attribute) -> Option<String> {
    if !attribute.path().is_ident("serde") {
        return None;
    }
    let mut name = None;
    // Flags without a value are skipped, so the result does not matter.
    let _ = attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("rename") {
            let text: syn::LitStr = meta.value()?.parse()?;
            name = Some(text.value());
        } else if meta.input.peek(syn::Token![=]) {
            let _: syn::Expr = meta.value()?.parse()?;
        }
        Ok(())
    });
    name
}

/// Returns the `T` of `Wrapper<T>`.
pub(crate) fn inner<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != wrapper {
        return None;
    }
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Returns `true` if a caller need not give the field.
pub(crate) fn is_optional(ty: &Type) -> bool {
    inner(ty, "Option").is_some() || inner(ty, "Patch").is_some()
}

/// Returns the type of a setter's or constructor's argument, and the conversion to the field's
/// type.
pub(crate) fn setter_argument(name: &Ident, ty: &Type) -> (TokenStream, TokenStream) {
    if let Some(value) = inner(ty, "Patch") {
        return (quote!(impl Into<Patch<#value>>), quote!(#name.into()));
    }
    if let Some(value) = inner(ty, "Option") {
        let (argument, converted) = setter_argument(name, value);
        return (argument, quote!(Some(#converted)));
    }
    if let Some(item) = inner(ty, "Vec") {
        return (
            // Arrays, vectors and iterators of anything that converts.
            quote!(impl IntoIterator<Item = impl Into<#item>>),
            quote!(#name.into_iter().map(Into::into).collect()),
        );
    }
    // Scalars stay as they are: a literal would not know its type behind `impl Into`.
    let is_scalar = ["i64", "bool", "f64"]
        .iter()
        .any(|scalar| matches!(ty, Type::Path(path) if path.path.is_ident(scalar)));
    if is_scalar {
        (quote!(#ty), quote!(#name))
    } else if is_lookup(ty) {
        (quote!(impl IntoLookup<#ty>), quote!(#name.into_lookup()))
    } else {
        (quote!(impl Into<#ty>), quote!(#name.into()))
    }
}

/// Returns `true` for a type that is called like a lookup. A conversion to another type would work too.
fn is_lookup(ty: &Type) -> bool {
    type_name(ty).is_some_and(|name| name.ends_with("Lookup"))
}

/// Returns the name of a type, without its path.
pub(crate) fn type_name(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last();
    last.map(|last| last.ident.to_string())
}

/// Returns `name: value`, or the shorthand `name`.
pub(crate) fn field_value(name: &Ident, value: TokenStream) -> TokenStream {
    if *name == value.to_string() {
        quote!(#name)
    } else {
        quote!(#name: #value)
    }
}

/// Returns the name of a field's setter: the field's, with `_` where another method has it.
pub(crate) fn setter_name(field: &Ident, reserved: &[&str]) -> Ident {
    if reserved.iter().any(|reserved| field == reserved) {
        format_ident!("{field}_")
    } else {
        field.clone()
    }
}

/// Returns the lines of documentation of a setter; `text` is that of the field.
pub(crate) fn setter_docs(wire: &str, ty: &Type, text: &str) -> Vec<String> {
    let words = english(wire);
    let summary = match inner(ty, "Patch") {
        Some(_) => format!(" Sets the {words}; `None` sends `null`, which clears it."),
        None => format!(" Sets the {words}."),
    };
    match text {
        "" => vec![summary],
        text => vec![summary, String::new(), format!(" {text}")],
    }
}

/// Returns the documentation of a field in one line.
pub(crate) fn doc_text(field: &Field) -> String {
    let docs = field.attrs.iter().filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        let Expr::Lit(ExprLit { lit, .. }) = &meta.value else {
            return None;
        };
        match lit {
            Lit::Str(text) if meta.path.is_ident("doc") => Some(text.value().trim().to_owned()),
            _ => None,
        }
    });
    docs.collect::<Vec<_>>().join(" ")
}
