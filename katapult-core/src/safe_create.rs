//! Creations that look for what they made, by its natural key, when the response is lost.

/// A creation whose object has a natural key, by which it is found again.
///
#[cfg_attr(any(feature = "tags", feature = "full"), doc = "```no_run")]
#[cfg_attr(not(any(feature = "tags", feature = "full")), doc = "```ignore")]
/// use katapult_core::{prelude::*, types::OrganizationLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let tag = katapult.tags().create(&acme).name("web").reconcile_by_key().send().await?;
/// println!("{}", tag.id);
/// # Ok(()) }
/// ```
///
/// | what is created | its key | among |
/// | --- | --- | --- |
/// | address list | `name` | the organization's |
/// | address list entry | `address` | the list's |
/// | DNS zone | `name`, in any case | the organization's |
/// | file storage volume | `name` | the organization's |
/// | load balancer | `name` | the organization's |
/// | security group | `name` | the organization's |
/// | tag | `name` | the organization's |
/// | virtual machine group | `name` | the organization's |
/// | virtual network | `name` | the organization's |
///
/// A virtual machine's build is not among them: nothing lists builds, and a machine that is not listed yet under
/// its host name may still come of one, so that "not found" proves nothing. It stays unconfirmed; look for
/// the host name when a build has had its time.
///
/// For all else, [`CallExt::reconcile_in`](crate::CallExt::reconcile_in) takes the list and what to look for in it.
pub trait ReconcileByKey: Sized {
    /// When the response is lost, looks for the object by its key before trying again: one that is there is
    /// given as if it had just been made.
    ///
    /// Take a key that nothing has yet: an object that had it before is taken for the new one. A creation whose
    /// key was left out stays as it was, and may end
    /// [unconfirmed](crate::Error::is_unconfirmed).
    #[must_use]
    fn reconcile_by_key(self) -> Self;
}

/// `feature module: key of the arguments, of the item, how they are compared, the scope, the lookup`
macro_rules! safe_create {
    ($($feature:literal $module:ident: $key:ident $(. $value:ident())? by $same:path, in $within:ident, $lookup:ident;)*) => {$(
        #[cfg(any(feature = $feature, feature = "full"))]
        impl ReconcileByKey for crate::Call<crate::$module::Create> {
            fn reconcile_by_key(self) -> Self {
                let body = &self.operation().body;
                let properties = &body.properties;
                let Some(key) = Some(&properties.$key)$(.and_then(|key| key.$value()))?.cloned() else {
                    return self;
                };
                let client = crate::Client::over(self.transport().clone());
                let list = client.$module().list(body.$within.clone());
                crate::CallExt::reconcile_in(self, list, move |client, item| {
                    let same = item.$key.as_ref().is_some_and(|found| $same(found.as_str(), key.as_str()));
                    same.then(|| client.$module().get(crate::types::$lookup::id(&item.id)))
                })
            }
        }
    )*};
}

safe_create! {
    "address-lists" address_lists: name.value() by str::eq, in organization, AddressListLookup;
    "address-list-entries" address_list_entries: address.value() by str::eq, in address_list, AddressListEntryLookup;
    "dns-zones" dns_zones: name.value() by str::eq_ignore_ascii_case, in organization, DnsZoneLookup;
    "file-storage-volumes" file_storage_volumes: name.value() by str::eq, in organization, FileStorageVolumeLookup;
    "load-balancers" load_balancers: name.value() by str::eq, in organization, LoadBalancerLookup;
    "security-groups" security_groups: name.value() by str::eq, in organization, SecurityGroupLookup;
    "tags" tags: name.value() by str::eq, in organization, TagLookup;
    "virtual-networks" virtual_networks: name by str::eq, in organization, VirtualNetworkLookup;
}

/// Its list has no pages.
#[cfg(any(feature = "virtual-machine-groups", feature = "full"))]
impl ReconcileByKey for crate::Call<crate::virtual_machine_groups::Create> {
    fn reconcile_by_key(self) -> Self {
        let body = &self.operation().body;
        let Some(name) = body.properties.name.value().cloned() else {
            return self;
        };
        let organization = body.organization.clone();
        crate::CallExt::reconcile(self, move |client| {
            let groups = client.virtual_machine_groups();
            let list = groups.list(organization.clone());
            let name = name.clone();
            async move {
                let list = list.send().await?;
                let mut found = list.virtual_machine_groups.iter();
                let Some(group) = found.find(|group| group.name.as_ref() == Some(&name)) else {
                    return Ok(None);
                };
                let id = crate::types::VirtualMachineGroupLookup::id(&group.id);
                crate::Reconciled::from_get_result(groups.get(id).send().await)
            }
        })
    }
}
