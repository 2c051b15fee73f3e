//! An explanation of a difference in a few words, by which equal causes are counted.

use super::Difference;

/// Returns the cause of a difference: the status, or else the first field that differs.
pub(super) fn explain(difference: &Difference) -> String {
    let (recorded, found) = (difference.recorded_status, difference.status);
    match (recorded, found) {
        (200..300, 404) => "object is missing earlier than recorded".into(),
        (404, 200..300) => "object exists longer than recorded".into(),
        _ if recorded != found => {
            let message = difference.shape.last().map_or("", String::as_str);
            format!("returns {found}, not {recorded}: {message}")
        }
        _ => explain_shape(&difference.shape),
    }
}

fn explain_shape(shape: &[String]) -> String {
    let Some((sign, path, kind)) = shape.first().and_then(|first| split(first)) else {
        return "has a different shape".into();
    };
    // The value at the same path, or below it, on the other side.
    let other = shape.iter().filter_map(|line| split(line));
    let other = other
        .filter(|(other, _, _)| *other != sign)
        .find(|(_, other, _)| other.starts_with(path));
    let (recorded, here) = match (sign, other) {
        ("-", other) => (Some(kind), other.map(|(_, _, kind)| kind)),
        (_, other) => (other.map(|(_, _, kind)| kind), Some(kind)),
    };
    match (recorded, here) {
        (Some("null"), Some(_)) => format!("{path} is set earlier than recorded"),
        (Some(_), Some("null")) => format!("{path} is set later than recorded"),
        (Some(recorded), Some(here)) => format!("{path} is of type {here}, not {recorded}"),
        (Some(_), None) => format!("{path} is missing"),
        _ => format!("{path} is unexpected"),
    }
}

/// Splits a line of a shape's differences into sign, path and type.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    let (sign, rest) = line.split_at_checked(1)?;
    let (path, kind) = rest.rsplit_once(": ")?;
    Some((sign, path, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cause_names_the_first_difference() {
        let cases: [(u16, u16, &[&str], &str); 9] = [
            (200, 404, &[], "object is missing earlier than recorded"),
            (404, 200, &[], "object exists longer than recorded"),
            (
                200,
                406,
                &["-a: null", "not now"],
                "returns 406, not 200: not now",
            ),
            (
                200,
                200,
                &["-task.at: null", "+task.at: number"],
                "task.at is set earlier than recorded",
            ),
            (
                200,
                200,
                &["-task.at: number", "+task.at: null"],
                "task.at is set later than recorded",
            ),
            (
                200,
                200,
                &["-vm: null", "+vm.id: string", "+vm: object"],
                "vm is set earlier than recorded",
            ),
            (200, 200, &["-a[].id: string"], "a[].id is missing"),
            (200, 200, &["+a[].id: string"], "a[].id is unexpected"),
            (
                200,
                200,
                &["-a: number", "+a: string"],
                "a is of type string, not number",
            ),
        ];
        for (recorded, found, shape, expected) in cases {
            let difference = Difference {
                number: 1,
                operation: "tasks.get".into(),
                recorded_status: recorded,
                status: found,
                shape: shape.iter().map(|line| (*line).to_owned()).collect(),
            };
            assert_eq!(explain(&difference), expected);
        }
    }
}
