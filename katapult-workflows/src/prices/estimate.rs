//! The result of an estimate.

use std::collections::BTreeMap;
use std::fmt;

use katapult_core::types::{PricingEstimate, PricingEstimateResource};

use crate::error::WorkflowError;
use crate::prices::amount::Amount;

/// The price of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriceLine {
    /// The name of the resource in the price list.
    pub resource: String,
    /// A description of the resource, such as the name of a package.
    pub description: String,
    /// The number of these resources.
    pub quantity: i64,
    /// The price of all of them for an hour, without tax.
    pub per_hour: Amount,
    /// The price of all of them for a month, without tax.
    pub per_month: Amount,
}

/// An estimated price. Displayed, it has a line for each resource, the totals, and what has no price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PriceEstimate {
    /// The ISO code of the currency of all amounts, such as `GBP`. Empty if the API omits it.
    pub currency: String,
    /// The price of each resource.
    pub lines: Vec<PriceLine>,
    /// The total for an hour, without tax.
    pub per_hour: Amount,
    /// The total for an hour, with tax.
    pub per_hour_inc_tax: Amount,
    /// The total for a month, without tax.
    pub per_month: Amount,
    /// The total for a month, with tax.
    pub per_month_inc_tax: Amount,
    /// The tax, in percent.
    pub tax_rate: Amount,
    /// Descriptions of what the price list has no resource for, so that the totals do not include it.
    pub unpriced: Vec<String>,
}

impl PriceEstimate {
    /// Converts the response to a request for these quantities of resources.
    pub(super) fn new(
        estimate: PricingEstimate,
        requested: &BTreeMap<String, i64>,
        mut unpriced: Vec<String>,
    ) -> Result<Self, WorkflowError> {
        let lines = estimate.resources.into_iter().flatten().map(PriceLine::new);
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        // A resource that the API leaves out is not in the totals.
        for (name, quantity) in requested {
            if !lines.iter().any(|line| line.resource == *name) {
                unpriced.push(unpriced_resource(name, *quantity));
            }
        }
        let currency = estimate.currency.and_then(|currency| currency.iso_code);
        Ok(Self {
            currency: currency.unwrap_or_default(),
            lines,
            per_hour: amount(estimate.per_hour, "per_hour")?,
            per_hour_inc_tax: amount(estimate.per_hour_inc_tax, "per_hour_inc_tax")?,
            per_month: amount(estimate.per_month, "per_month")?,
            per_month_inc_tax: amount(estimate.per_month_inc_tax, "per_month_inc_tax")?,
            tax_rate: amount(estimate.tax_rate, "tax_rate")?,
            unpriced,
        })
    }

    pub(super) fn of_nothing(unpriced: Vec<String>) -> Self {
        Self {
            unpriced,
            ..Self::default()
        }
    }

    /// Returns `true` if the totals include everything.
    pub fn is_complete(&self) -> bool {
        self.unpriced.is_empty()
    }
}

impl PriceLine {
    fn new(resource: PricingEstimateResource) -> Result<Self, WorkflowError> {
        let name = resource.resource.unwrap_or_default();
        Ok(Self {
            description: resource.description.unwrap_or_else(|| name.clone()),
            resource: name,
            quantity: resource.quantity.unwrap_or(1),
            per_hour: amount(resource.per_hour, "per_hour")?,
            per_month: amount(resource.per_month, "per_month")?,
        })
    }
}

/// Returns an amount. The document marks none as required, but without one the price is not known.
fn amount(number: Option<f64>, field: &str) -> Result<Amount, WorkflowError> {
    let amount = number.and_then(Amount::from_number);
    amount.ok_or_else(|| WorkflowError::Failed {
        description: format!("the estimate of the API has no {field}"),
    })
}

/// Describes a resource that has no price.
pub(super) fn unpriced_resource(name: &str, quantity: i64) -> String {
    format!("{quantity} × {name}")
}

impl fmt::Display for PriceEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(
                f,
                "{} × {}: {} an hour, {} a month",
                line.quantity, line.description, line.per_hour, line.per_month
            )?;
        }
        let currency = match self.currency.as_str() {
            "" => String::new(),
            code => format!(" {code}"),
        };
        write!(
            f,
            "total: {}{currency} an hour, {}{currency} a month; with {}% tax {} and {}",
            self.per_hour,
            self.per_month,
            self.tax_rate,
            self.per_hour_inc_tax,
            self.per_month_inc_tax
        )?;
        for unpriced in &self.unpriced {
            write!(f, "\nnot included: {unpriced}")?;
        }
        Ok(())
    }
}
