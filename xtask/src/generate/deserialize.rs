//! Deserialization of responses by katapult-gen's one visitor. serde's derive costs twice as much to
//! compile, so each struct loses it and gets a call of the macro `impl_deserialize!`.

use syn::{Attribute, Field, Ident, Item, ItemStruct, parse_quote};

use crate::generate::macro_call::{braced, derives, gates, grouped};
use crate::generate::types::fields::{inner, wire_name};

/// The most fields of a struct, since the visitor has a bit for each.
const MAX_FIELDS: usize = 64;

/// Removes the derive from all structs that are in responses only, and returns the calls of macros
/// as text, since prettyplease does not format the arguments of macros.
pub(super) fn impls(file: &mut syn::File) -> String {
    let mut text = String::new();
    for item in &mut file.items {
        if let Item::Struct(item) = item
            && derives(item, "Deserialize")
            && let Some(call) = macro_call(item)
        {
            text.push('\n');
            text.push_str(&gates(&item.attrs));
            text.push_str(&call);
        }
    }
    text
}

/// Marks the id of a struct, which reads `null` like an absent id. [`macro_call`] takes the mark away.
pub(crate) fn accept_null_id(item: &mut ItemStruct) {
    let fields = item.fields.iter_mut();
    for field in fields.filter(|field| field.ident.as_ref().is_some_and(|name| name == "id")) {
        field.attrs.push(parse_quote!(#[or_null]));
    }
}

/// Marks a field that the API can return instead of the required one. [`macro_call`] takes the mark away.
pub(crate) fn accept_instead(field: &mut Field) {
    field.attrs.push(parse_quote!(#[instead]));
}

/// Marks a field whose object, or each object of whose list, must have an id. [`macro_call`] takes the mark away.
pub(crate) fn require_id(field: &mut Field) {
    field.attrs.push(parse_quote!(#[with_id]));
}

/// Marks a list with a singular name, which also has the plural name, and may be a single object. [`macro_call`] takes
/// the mark away.
pub(crate) fn accept_one_or_many(field: &mut Field) {
    field.attrs.push(parse_quote!(#[one_or_many]));
}

/// Marks the struct of a response, which is in no other object. [`macro_call`] takes the mark away.
pub(crate) fn mark_response(item: &mut ItemStruct) {
    item.attrs.push(parse_quote!(#[response]));
}

/// The marks of a struct and its fields, which are no attributes of Rust.
struct Marks {
    is_response: bool,
    or_null: Vec<String>,
    with_id: Vec<String>,
    one_or_many: Vec<String>,
    instead: Vec<String>,
}

impl Marks {
    /// Takes the marks away.
    fn take(item: &mut ItemStruct) -> Self {
        Self {
            is_response: take_mark(&mut item.attrs, "response"),
            or_null: take_marks(item, "or_null"),
            with_id: take_marks(item, "with_id"),
            one_or_many: take_marks(item, "one_or_many"),
            instead: take_marks(item, "instead"),
        }
    }
}

/// Takes a mark away. Returns the names of the fields that had it.
fn take_marks(item: &mut ItemStruct, mark: &str) -> Vec<String> {
    let marked = item
        .fields
        .iter_mut()
        .filter_map(|field| take_mark(&mut field.attrs, mark).then_some(&*field));
    marked.map(name).collect()
}

fn take_mark(attributes: &mut Vec<Attribute>, mark: &str) -> bool {
    let before = attributes.len();
    attributes.retain(|attribute| !attribute.path().is_ident(mark));
    attributes.len() < before
}

/// Returns the name of a field in Rust.
fn name(field: &Field) -> String {
    let name = field.ident.as_ref().map(ToString::to_string);
    name.unwrap_or_default()
}

fn macro_call(item: &mut ItemStruct) -> Option<String> {
    let marks = Marks::take(item);
    if derives(item, "Serialize") {
        // A type in requests and responses may contain types without placeholders. Few such types
        // are fields of response types.
        let has_placeholder = |field: &Field| {
            ["Option", "Patch", "Vec"]
                .iter()
                .any(|wrapper| inner(&field.ty, wrapper).is_some())
        };
        return item
            .fields
            .iter()
            .all(has_placeholder)
            .then(|| placeholder(item));
    }
    if item.fields.len() + marks.one_or_many.len() > MAX_FIELDS
        || item.fields.iter().any(has_own_deserialization)
    {
        return Some(placeholder(item));
    }
    let call = only_field(item, &marks).unwrap_or_else(|| table(item, &marks));
    item.attrs.retain(|attribute| !is_conditional(attribute));
    for attribute in &mut item.attrs {
        if attribute.path().is_ident("derive") {
            *attribute = parse_quote!(#[derive(Clone, Debug, PartialEq)]);
        }
    }
    for field in &mut item.fields {
        take_mark(&mut field.attrs, "serde");
    }
    Some(call)
}

/// Returns the call for a struct with derived deserialization.
fn placeholder(item: &ItemStruct) -> String {
    let fields: Vec<String> = item.fields.iter().map(name).collect();
    braced(&format!("placeholder!({} ", item.ident), &fields, ");\n")
}

/// Returns the call for a response with one field, which is required.
fn only_field(item: &ItemStruct, marks: &Marks) -> Option<String> {
    let mut fields = item.fields.iter();
    let (Some(only), None, true) = (fields.next(), fields.next(), marks.is_response) else {
        return None;
    };
    let field = name(only);
    if may_be_absent(only) || marks.one_or_many.contains(&field) {
        return None;
    }
    let with_id = match marks.with_id.contains(&field) {
        true => " with_id",
        false => "",
    };
    let (name, wire) = (&item.ident, wire_name(only));
    Some(format!(
        "impl_deserialize_only!({name} {{ {field}: {wire:?}{with_id} }});\n"
    ))
}

/// Returns the call for a struct with any number of fields.
fn table(item: &ItemStruct, marks: &Marks) -> String {
    // Numbered, which a macro cannot do.
    let mut numbers = 0_usize..;
    let mut entries = |fields: Vec<&Field>| -> Vec<String> {
        let numbered = fields.into_iter().zip(numbers.by_ref());
        numbered
            .map(|(field, number)| format!("{number} {}: {:?}", name(field), wire_name(field)))
            .collect()
    };
    let with_id = |field: &&Field| marks.with_id.contains(&name(field));
    let (optional, required): (Vec<&Field>, Vec<&Field>) =
        item.fields.iter().partition(|field| may_be_absent(field));
    let mut end = String::new();
    if let Some((missing, twin)) = twin(&required, &optional) {
        end = format!(" else {{ {missing} = {twin} }}");
    }
    if required.len() == 1 && !marks.instead.is_empty() {
        end += &format!(" instead {{ {} }}", marks.instead.join(", "));
    }
    end += ");\n";
    let head = format!("impl_deserialize!({}, {} ", item.ident, required.len());
    let (many, required): (Vec<_>, Vec<_>) = required
        .into_iter()
        .partition(|field| marks.one_or_many.contains(&name(field)));
    let (required_with_id, required): (Vec<_>, Vec<_>) = required.into_iter().partition(with_id);
    let (optional_with_id, optional): (Vec<_>, Vec<_>) = optional.into_iter().partition(with_id);
    let (null, optional): (Vec<_>, Vec<_>) = optional
        .into_iter()
        .partition(|field| marks.or_null.contains(&name(field)));
    let required = entries(required);
    let required_with_id = entries(required_with_id);
    // The second names follow those of all fields.
    let second_names = many.iter().zip(item.fields.len()..).map(|(field, number)| {
        let reader = match with_id(field) {
            true => "read_many_with_id",
            false => "read_many",
        };
        format!(" or {number}: {:?} {reader}", wire_name(field) + "s")
    });
    let second_names: Vec<String> = second_names.collect();
    let many = entries(many).into_iter().zip(second_names);
    let groups = [
        ("with_id ", required_with_id),
        (
            "one_or_many ",
            many.map(|(entry, second)| entry + &second).collect(),
        ),
        ("optional_with_id ", entries(optional_with_id)),
        ("optional ", entries(optional)),
        ("or_null ", entries(null)),
    ];
    grouped(&head, &required, &groups, &end)
}

/// Returns `true` if a field may be absent. Progenitor gives a function to a field that may be `null` and not absent.
fn may_be_absent(field: &Field) -> bool {
    let is_option = inner(&field.ty, "Option").is_some();
    is_option && !has(field, "deserialize_with") || has(field, "default")
}

/// Returns the only required field, and an optional one that has the same object under a shorter
/// name: `virtual_machine_build` and `build`.
fn twin<'a>(required: &[&'a Field], optional: &[&'a Field]) -> Option<(&'a Ident, &'a Ident)> {
    let [required] = required else { return None };
    let name = required.ident.as_ref()?;
    let twin = optional.iter().find_map(|field| {
        let twin = field.ident.as_ref()?;
        let is_twin = inner(&field.ty, "Option") == Some(&required.ty)
            && name.to_string().ends_with(&format!("_{twin}"));
        is_twin.then_some(twin)
    });
    Some((name, twin?))
}

/// Returns `true` if serde deserializes the field by an attribute.
fn has_own_deserialization(field: &Field) -> bool {
    let is_option = inner(&field.ty, "Option").is_some();
    has(field, "flatten") || has(field, "deserialize_with") && !is_option
}

/// Returns `true` if a field has an attribute of serde.
fn has(field: &Field, setting: &str) -> bool {
    let mut found = false;
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident(setting);
            if meta.input.peek(syn::Token![=]) {
                let _: syn::Expr = meta.value()?.parse()?;
            }
            Ok(())
        });
    }
    found
}

fn is_conditional(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg_attr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_structs_get_a_macro_call_in_place_of_the_derive() {
        let mut file: syn::File = parse_quote! {
            #[cfg(feature = "lamps")]
            #[derive(Clone, Debug, serde::Deserialize)]
            #[cfg_attr(feature = "serde", derive(serde::Serialize))]
            pub struct Lamp {
                #[serde(default, skip_serializing_if = "String::is_empty")]
                pub id: String,
                #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
                pub type_: Option<String>,
                pub watts: i64,
            }
            #[derive(Clone, Debug, serde::Deserialize)]
            pub struct Lamps {
                #[serde(deserialize_with = "lamps")]
                pub lamps: Vec<Lamp>,
            }
            #[cfg(feature = "both")]
            #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
            pub struct Both {
                pub key: String,
            }
            #[derive(Clone, Debug, serde::Serialize)]
            pub struct Sent {}
        };
        let text = impls(&mut file);
        assert_eq!(
            text,
            "\n#[cfg(feature = \"lamps\")]\n\
             impl_deserialize!(Lamp, 1 { 0 watts: \"watts\" } optional { 1 id: \"id\", 2 type_: \"type\" });\n\
             \nplaceholder!(Lamps { lamps });\n"
        );
        let written = prettyplease::unparse(&file);
        let (lamp, rest) = written.split_once("pub struct Lamps").expect("both");
        assert!(
            !lamp.contains("#[serde") && !lamp.contains("cfg_attr"),
            "{lamp}"
        );
        assert!(
            rest.contains("deserialize_with") && rest.contains("serde::Serialize"),
            "{rest}"
        );
    }
}
