//! Why a reply is other than the recorded one, in a few words, so that what has one cause is counted
//! together.

use super::Difference;

/// The cause of a difference: the status, else the first field that differs and how.
pub(super) fn of(difference: &Difference) -> String {
    let (recorded, found) = difference.status;
    match (recorded, found) {
        (200..300, 404) => "is gone sooner than recorded".into(),
        (404, 200..300) => "is there longer than recorded".into(),
        _ if recorded != found => {
            let why = difference.shape.last().map_or("", String::as_str);
            format!("answers {found}, not {recorded}: {why}")
        }
        _ => of_shape(&difference.shape),
    }
}

fn of_shape(shape: &[String]) -> String {
    let Some((sign, place, kind)) = shape.first().and_then(|first| split(first)) else {
        return "has another shape".into();
    };
    // What stands at the same place, or below it, on the other side.
    let other = shape.iter().filter_map(|line| split(line));
    let other = other
        .filter(|(other, _, _)| *other != sign)
        .find(|(_, other, _)| other.starts_with(place));
    let (recorded, here) = match (sign, other) {
        ("-", other) => (Some(kind), other.map(|(_, _, kind)| kind)),
        (_, other) => (other.map(|(_, _, kind)| kind), Some(kind)),
    };
    match (recorded, here) {
        (Some("null"), Some(_)) => format!("{place} is set sooner than recorded"),
        (Some(_), Some("null")) => format!("{place} is set later than recorded"),
        (Some(recorded), Some(here)) => format!("{place} is of type {here}, not {recorded}"),
        (Some(_), None) => format!("{place} is missing"),
        _ => format!("{place} is too much"),
    }
}

/// A line of a shape's differences: its sign, its place, the type there.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    let (sign, rest) = line.split_at_checked(1)?;
    let (place, kind) = rest.rsplit_once(": ")?;
    Some((sign, place, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_in_words() {
        let cases: [(u16, u16, &[&str], &str); 9] = [
            (200, 404, &[], "is gone sooner than recorded"),
            (404, 200, &[], "is there longer than recorded"),
            (
                200,
                406,
                &["-a: null", "not now"],
                "answers 406, not 200: not now",
            ),
            (
                200,
                200,
                &["-task.at: null", "+task.at: number"],
                "task.at is set sooner than recorded",
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
                "vm is set sooner than recorded",
            ),
            (200, 200, &["-a[].id: string"], "a[].id is missing"),
            (200, 200, &["+a[].id: string"], "a[].id is too much"),
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
                status: (recorded, found),
                shape: shape.iter().map(|line| (*line).to_owned()).collect(),
            };
            assert_eq!(of(&difference), expected);
        }
    }
}
