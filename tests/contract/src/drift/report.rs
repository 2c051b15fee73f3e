//! The report of drift, for people.

use std::fmt;

use super::{Drift, ObservedArgument, ObservedField};

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Recordings and document, by type of object:\n")?;
        for (name, observed) in &self.objects {
            writeln!(f, "{name} ({} recorded)", observed.objects)?;
            let names = |want: &dyn Fn(&ObservedField) -> bool| -> Vec<&str> {
                let fields = observed.fields.iter().filter(|(_, field)| want(field));
                fields.map(|(name, _)| name.as_str()).collect()
            };
            row(f, "never recorded", &names(&|field| field.there == 0))?;
            row(
                f,
                "optional, but always present",
                &names(&|field| !field.required && field.there == field.due && field.due > 0),
            )?;
            row(
                f,
                "sometimes present",
                &names(&|field| field.there > 0 && field.there < field.due),
            )?;
            let unknown: Vec<_> = observed
                .unknown_fields
                .iter()
                .map(|(name, count)| format!("{name} ({count})"))
                .collect();
            row(f, "not in the document", &unknown)?;
            for (name, field) in &observed.fields {
                let never: Vec<_> = field.values_never_seen.iter().collect();
                row(f, &format!("values of {name} never recorded"), &never)?;
                let unknown: Vec<_> = field.unknown_values.iter().collect();
                row(
                    f,
                    &format!("values of {name} not in the document"),
                    &unknown,
                )?;
            }
        }
        writeln!(f, "\nArguments of creations and actions:\n")?;
        for (operation, observed) in &self.arguments {
            writeln!(f, "{operation} ({} accepted)", observed.accepted)?;
            row(
                f,
                "optional, but always sent",
                &observed.names(ObservedArgument::is_candidate),
            )?;
            row(
                f,
                "sometimes sent",
                &observed.names(ObservedArgument::is_sometimes_sent),
            )?;
            row(
                f,
                "REQUIRED, BUT ACCEPTED WITHOUT",
                &observed.names(ObservedArgument::is_refuted),
            )?;
            let refusals: Vec<_> = observed
                .refusals
                .iter()
                .map(|(reason, count)| format!("{reason} ({count})"))
                .collect();
            row(f, "refused", &refusals)?;
        }
        let never: Vec<_> = self.types_never_seen.iter().collect();
        writeln!(f)?;
        row(f, "types never recorded", &never)?;
        writeln!(f, "\nCorrections and their support:\n")?;
        for support in &self.corrections {
            writeln!(f, "{}", support.rule)?;
            let families: Vec<_> = support
                .families
                .iter()
                .map(|(family, count)| format!("{family} ({count})"))
                .collect();
            match families.as_slice() {
                [] => writeln!(f, "    no recording; see its evidence")?,
                _ => row(f, &format!("{} families", families.len()), &families)?,
            }
            match support.unreadable_without {
                None => {}
                Some(0) => writeln!(
                    f,
                    "    one family, whose responses are decoded without it too"
                )?,
                Some(count) => writeln!(
                    f,
                    "    TOO NARROW: one family, {count} of whose responses are not decoded without it"
                )?,
            }
        }
        let narrow = self
            .corrections
            .iter()
            .filter(|support| support.is_too_narrow());
        write!(
            f,
            "\n{} of {} corrections are too narrow",
            narrow.count(),
            self.corrections.len()
        )
    }
}

fn row<T: fmt::Display>(f: &mut fmt::Formatter<'_>, title: &str, items: &[T]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    writeln!(f, "    {title}: {}", items.join(", "))
}
