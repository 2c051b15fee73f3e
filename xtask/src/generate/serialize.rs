//! Serialization of requests by calls of the macro `impl_serialize!`, which compile faster than serde's derive.

use syn::punctuated::Punctuated;
use syn::{Attribute, Field, ItemStruct, Meta, Path, Token, parse_quote};

use crate::generate::macro_call::{derives, gates, grouped};
use crate::generate::types::fields::{inner, wire_name};

/// Removes the derive from all structs that are in requests only, and returns the calls of macros as text.
pub(super) fn impls(file: &mut syn::File) -> String {
    let mut text = String::new();
    for item in &mut file.items {
        if let syn::Item::Struct(item) = item
            && derives(item, "Serialize")
            && !derives(item, "Deserialize")
        {
            let call = macro_call(item);
            text.push('\n');
            text.push_str(&gates(&item.attrs));
            text.push_str(&call);
        }
    }
    text
}

fn macro_call(item: &mut ItemStruct) -> String {
    let entry = |field: &Field| {
        let name = field.ident.as_ref()?;
        Some(format!("{name}: {:?}", wire_name(field)))
    };
    let (optional, required): (Vec<&Field>, Vec<&Field>) =
        (item.fields.iter()).partition(|field| inner(&field.ty, "Patch").is_some());
    let [required, optional] =
        [required, optional].map(|fields| fields.into_iter().filter_map(entry).collect::<Vec<_>>());
    let head = format!("impl_serialize!({} ", item.ident);
    let call = grouped(&head, &required, &[("optional ", optional)], ");\n");
    for attribute in &mut item.attrs {
        remove_derive(attribute);
    }
    for field in &mut item.fields {
        for attribute in &mut field.attrs {
            if attribute.path().is_ident("serde") {
                *attribute = for_deserialize(attribute);
            }
        }
    }
    call
}

/// Returns serde's attribute of a field without what concerns serialization, for the derive of the feature `serde`.
fn for_deserialize(attribute: &Attribute) -> Attribute {
    let settings = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let kept = settings
        .into_iter()
        .flatten()
        .filter(|setting| !setting.path().is_ident("skip_serializing_if"));
    parse_quote!(#[cfg_attr(feature = "serde", serde(#(#kept),*))])
}

/// Removes `serde::Serialize` from a derive.
fn remove_derive(attribute: &mut Attribute) {
    let Meta::List(list) = &attribute.meta else {
        return;
    };
    if !list.path.is_ident("derive") {
        return;
    }
    let paths = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
    let Ok(paths) = paths else { return };
    let kept = paths.iter().filter(|path| {
        let last = path.segments.last();
        last.is_none_or(|last| last.ident != "Serialize")
    });
    *attribute = parse_quote!(#[derive(#(#kept),*)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_structs_get_a_macro_call_in_place_of_the_derive() {
        let mut file: syn::File = parse_quote! {
            #[cfg(feature = "lamps")]
            #[derive(Clone, Debug, serde::Serialize, Default)]
            #[cfg_attr(feature = "serde", derive(serde::Deserialize))]
            pub struct LampArguments {
                #[serde(rename = "type", default, skip_serializing_if = "Patch::is_absent")]
                pub type_: Patch<String>,
                pub watts: i64,
            }
            #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
            pub struct Both {}
            #[derive(Clone, Debug, serde::Serialize)]
            pub struct Sent {}
        };
        let text = impls(&mut file);
        assert_eq!(
            text,
            "\n#[cfg(feature = \"lamps\")]\n\
             impl_serialize!(LampArguments { watts: \"watts\" } optional { type_: \"type\" });\n\
             \nimpl_serialize!(Sent {});\n"
        );
        let written = prettyplease::unparse(&file);
        let (arguments, rest) = written.split_once("pub struct Both").expect("both");
        assert!(
            arguments.contains("#[derive(Clone, Debug, Default)]"),
            "{arguments}"
        );
        assert!(!arguments.contains("#[serde"), "{arguments}");
        let of_type = "#[cfg_attr(feature = \"serde\", serde(rename = \"type\", default))]";
        assert!(arguments.contains(of_type), "{arguments}");
        assert!(
            arguments.contains("serde::Deserialize, serde::Serialize"),
            "{arguments}"
        );
        assert!(rest.contains("#[derive(Clone, Debug)]"), "{rest}");
    }
}
