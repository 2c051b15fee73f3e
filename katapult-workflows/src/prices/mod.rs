//! The price of machines before they are built.

mod amount;
mod estimate;
mod items;

use std::collections::{BTreeMap, BTreeSet};

use katapult_build_spec::BuildSpec;
use katapult_core::prelude::*;
use katapult_core::types::{
    CountryLookup, CurrencyLookup, CustomerType, PricingEstimateResourceArguments,
    VirtualMachinePackage,
};
use katapult_core::{Client, IntoLookup};

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;
use crate::prices::estimate::unpriced_resource;
use crate::prices::items::Items;

pub use amount::Amount;
pub use estimate::{PriceEstimate, PriceLine};

/// Estimates the price of virtual machines, by the price list and the estimates of the public API. Nothing is created,
/// and no token is needed.
///
/// Each specification counts as one machine. The resources that the price list has are sent as the request; what the list
/// has no resource for is [named](PriceEstimate::unpriced) in the estimate. Disks and new IPv4 addresses up to the figures
/// of the package are part of the package.
///
/// ```no_run
/// use katapult_core::types::{CountryLookup, CurrencyLookup};
/// use katapult_workflows::EstimatePrice;
/// use katapult_workflows::katapult_build_spec::{BuildSpec, PackageRef};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let spec = BuildSpec::new().hostname("web-9").package(PackageRef::permalink("rock-3"));
/// let estimate = EstimatePrice::new(&katapult)
///     .spec(&spec)
///     .country(CountryLookup::iso_code2("NL"))
///     .currency(CurrencyLookup::iso_code("EUR"))
///     .run()
///     .await?;
/// println!("{estimate}");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct EstimatePrice {
    client: Client,
    specs: Vec<BuildSpec>,
    resources: BTreeMap<String, i64>,
    country: CountryLookup,
    currency: CurrencyLookup,
    customer_name: String,
    customer_type: CustomerType,
}

impl EstimatePrice {
    /// Creates an estimate of nothing, to which specifications and resources are added.
    pub fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            specs: Vec::new(),
            resources: BTreeMap::new(),
            country: CountryLookup::iso_code2("GB"),
            currency: CurrencyLookup::iso_code("GBP"),
            customer_name: "Estimate".to_owned(),
            customer_type: CustomerType::Business,
        }
    }

    /// Adds a machine of this specification.
    #[must_use]
    pub fn spec(mut self, spec: &BuildSpec) -> Self {
        self.specs.push(spec.clone());
        self
    }

    /// Adds a number of a resource, by its name in the price list of the API.
    #[must_use]
    pub fn resource(mut self, name: impl Into<String>, quantity: u32) -> Self {
        *self.resources.entry(name.into()).or_default() += i64::from(quantity);
        self
    }

    /// Sets the country of the customer, which decides the tax. Default: the United Kingdom.
    #[must_use]
    pub fn country(mut self, country: impl IntoLookup<CountryLookup>) -> Self {
        self.country = country.into();
        self
    }

    /// Sets the currency. Default: pounds sterling.
    #[must_use]
    pub fn currency(mut self, currency: impl IntoLookup<CurrencyLookup>) -> Self {
        self.currency = currency.into();
        self
    }

    /// Sets the name and the type of the customer. The type decides the tax; the name is that in the PDF of the API.
    /// Default: a business with the name `Estimate`.
    #[must_use]
    pub fn customer(
        mut self,
        name: impl Into<String>,
        customer_type: impl Into<CustomerType>,
    ) -> Self {
        self.customer_name = name.into();
        self.customer_type = customer_type.into();
        self
    }

    /// Reads the price list and requests the estimate.
    ///
    /// # Errors
    ///
    /// If a call fails, or if the API omits an amount.
    pub async fn run(self) -> Result<PriceEstimate, WorkflowError> {
        let public = self.client.public();
        let prices = public.list_prices().send().await?.into_subject();
        let names: BTreeSet<String> = prices
            .into_iter()
            .filter_map(|price| price.resource)
            .collect();
        let packages = self.packages().await?;
        let (mut resources, mut unpriced) = (BTreeMap::new(), Vec::new());
        for (name, quantity) in self.resources {
            match names.contains(&name) {
                true => drop(resources.insert(name, quantity)),
                false => unpriced.push(unpriced_resource(&name, quantity)),
            }
        }
        for spec in &self.specs {
            let items = Items::of(spec, &packages, |name| names.contains(name));
            for name in items.resources {
                *resources.entry(name).or_default() += 1;
            }
            unpriced.extend(items.unpriced);
        }
        // The API refuses an estimate of nothing.
        if resources.is_empty() {
            return Ok(PriceEstimate::of_nothing(unpriced));
        }
        let arguments = resources.iter().map(|(name, quantity)| {
            let resource = PricingEstimateResourceArguments::new().resource(name.clone());
            resource.quantity(*quantity)
        });
        let call = public.estimate_price(
            self.country,
            self.currency,
            self.customer_name,
            self.customer_type,
            arguments,
        );
        // A POST that changes nothing: it can be sent again after a lost response.
        let mut converge = ConvergeLoop::default();
        loop {
            converge.next_step()?;
            if let Some(response) = converge.or_recheck(call.clone().send().await).await? {
                return PriceEstimate::new(response.into_subject(), &resources, unpriced);
            }
        }
    }

    async fn packages(&self) -> Result<Vec<VirtualMachinePackage>, WorkflowError> {
        let list = self.client.public().list_virtual_machine_packages();
        Ok(list.collect_all().await?)
    }
}
