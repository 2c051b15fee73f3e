//! Creations that are reconciled by the natural key of the object.

use crate::call::sealed::Sealed;

/// A creation whose object has a natural key, by which it is found again when the response is lost.
///
#[cfg_attr(any(feature = "tags", feature = "full"), doc = "```no_run")]
#[cfg_attr(not(any(feature = "tags", feature = "full")), doc = "```ignore")]
/// use katapult_core::{prelude::*, types::OrganizationLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let tag = katapult.tags().create(&acme, "web").reconcile_by_key().send().await?;
/// println!("{}", tag.id);
/// # Ok(()) }
/// ```
///
/// | object | key | unique within |
/// | --- | --- | --- |
/// | address list | `name` | the organization |
/// | address list entry | `address` | the list |
/// | DNS zone | `name`, in any case | the organization |
/// | file storage volume | `name` | the organization |
/// | load balancer | `name` | the organization |
/// | security group | `name` | the organization |
/// | tag | `name` | the organization |
/// | virtual machine group | `name` | the organization |
/// | virtual network | `name` | the organization |
///
/// The build of a virtual machine is not among them: no operation lists builds, and a machine that is not
/// listed under its host name may still appear, so that "not found" proves nothing. Such a call stays
/// unconfirmed; search for the host name after the build had time to complete.
///
/// For other objects, [`CallExt::reconcile_in`](crate::prelude::CallExt::reconcile_in) takes a list and a predicate.
pub trait ReconcileByKey: Sealed + Sized {
    /// Sets a [reconcile check](crate::prelude::CallExt::reconcile) that searches for the object by its key and returns
    /// it as if it had just been created.
    ///
    /// Choose a key that no object has yet: an existing object with the key is taken for the new one. A creation
    /// without the key is not changed, and may end [unconfirmed](crate::Error::is_unconfirmed).
    #[must_use]
    fn reconcile_by_key(self) -> Self;
}

/// Implements the trait for a creation: `feature module: key in the arguments and in the item, comparison of
/// the two, scope, lookup`.
macro_rules! reconcile_by_key {
    ($($feature:literal $module:ident: $key:ident $(. $value:ident())? by $same:path, in $within:ident, $lookup:ident;)*) => {$(
        #[cfg(any(feature = $feature, feature = "full"))]
        impl ReconcileByKey for crate::transport::Call<katapult_gen::$module::Create> {
            fn reconcile_by_key(self) -> Self {
                let create = self.operation();
                let properties = &create.properties;
                let Some(key) = Some(&properties.$key)$(.and_then(|key| key.$value()))?.cloned() else {
                    return self;
                };
                let client = crate::client::Client::from_transport(self.transport().clone());
                let list = client.$module().list(create.$within.clone());
                super::CallExt::reconcile_in(self, list, move |client, item| {
                    let same = item.$key.as_ref().is_some_and(|found| $same(found.as_str(), key.as_str()));
                    same.then(|| client.$module().get(katapult_gen::types::$lookup::id(&item.id)))
                })
            }
        }
    )*};
}

reconcile_by_key! {
    "address-lists" address_lists: name.value() by str::eq, in organization, AddressListLookup;
    "address-list-entries" address_list_entries: address.value() by str::eq, in address_list, AddressListEntryLookup;
    "dns-zones" dns_zones: name.value() by str::eq_ignore_ascii_case, in organization, DnsZoneLookup;
    "file-storage-volumes" file_storage_volumes: name by str::eq, in organization, FileStorageVolumeLookup;
    "load-balancers" load_balancers: name by str::eq, in organization, LoadBalancerLookup;
    "security-groups" security_groups: name by str::eq, in organization, SecurityGroupLookup;
    "tags" tags: name by str::eq, in organization, TagLookup;
    "virtual-networks" virtual_networks: name by str::eq, in organization, VirtualNetworkLookup;
}

// Not in the table above, because the list of groups has no pages.
#[cfg(any(feature = "virtual-machine-groups", feature = "full"))]
impl ReconcileByKey for crate::transport::Call<katapult_gen::virtual_machine_groups::Create> {
    fn reconcile_by_key(self) -> Self {
        let create = self.operation();
        let name = create.properties.name.clone();
        let organization = create.organization.clone();
        super::CallExt::reconcile(self, move |client| {
            let groups = client.virtual_machine_groups();
            let list = groups.list(organization.clone());
            let name = name.clone();
            async move {
                let list = list.send().await?;
                let mut items = list.virtual_machine_groups.iter();
                let Some(group) = items.find(|group| group.name.as_ref() == Some(&name)) else {
                    return Ok(None);
                };
                let id = katapult_gen::types::VirtualMachineGroupLookup::id(&group.id);
                super::Reconciled::from_get_result(groups.get(id).send().await)
            }
        })
    }
}
