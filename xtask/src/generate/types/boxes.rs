//! Boxes of fields. typify chooses them anew for each document, so that a new field could box another one.

use std::collections::BTreeSet;

use syn::{ItemStruct, Type, parse_quote};

use super::fields::{inner, wire_name};

/// Removes the boxes of a struct's fields, and boxes those that are listed as `Type.field`.
pub(crate) fn rebox(mut item: ItemStruct, boxed: &BTreeSet<String>) -> ItemStruct {
    for field in &mut item.fields {
        let name = format!("{}.{}", item.ident, wire_name(field));
        let mut ty = unboxed(&field.ty);
        if boxed.contains(&name) {
            ty = match inner(&ty, "Option") {
                Some(value) => parse_quote!(Option<Box<#value>>),
                None => parse_quote!(Box<#ty>),
            };
        }
        field.ty = ty;
    }
    item
}

/// Returns the type without a box around it or around the value of its `Option`.
fn unboxed(ty: &Type) -> Type {
    let ty = inner(ty, "Box").unwrap_or(ty);
    match inner(ty, "Option") {
        Some(value) => {
            let value = unboxed(value);
            parse_quote!(Option<#value>)
        }
        None => ty.clone(),
    }
}
