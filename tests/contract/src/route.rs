//! From the URL of a recorded request to its operation.

use katapult_openapi::{Api, Operation, Spec};
use url::Url;

/// An operation, with the facts of a recorded request's URL.
#[derive(Debug)]
pub struct Route<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The ids in the path, each with the noun that it replaces.
    pub ids: Vec<(String, String)>,
    /// The decoded query, in its order.
    pub query: Vec<(String, String)>,
}

/// Returns the operation of a method and a whole URL.
///
/// # Errors
///
/// Fails with the reason for which no operation matches.
pub fn find<'a>(spec: &'a Spec, method: &str, address: &str) -> Result<Route<'a>, String> {
    let url = Url::parse(address).map_err(|error| format!("{address} is no address: {error}"))?;
    let path = url.path();
    let is_of = |api: Api| {
        let rest = path.strip_prefix(api.prefix());
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    if !Api::ALL.into_iter().any(is_of) {
        return Err(format!(
            "{address} is of neither API: it has no /core/v1/, no /public/v1/"
        ));
    }
    // A recording has real ids: other text in the place of one is a path that the document lacks.
    let route = spec.route(method, path);
    let route = route.filter(|route| route.ids.iter().all(|(_, id)| is_id(id)));
    let route = route.ok_or_else(|| format!("no operation of the document is {method} {path}"))?;
    Ok(Route {
        operation: route.operation,
        ids: route.ids,
        query: url.query_pairs().into_owned().collect(),
    })
}

/// Whether the text has the form of an id: `task_` and letters or digits.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(prefix, rest)| {
        !prefix.is_empty()
            && prefix.bytes().all(|byte| byte.is_ascii_lowercase())
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_form_find_their_operation() {
        let documents = Spec::embedded().unwrap();
        let core = "https://api.katapult.io/core/v1";
        let cases = [
            (
                "GET",
                "/virtual_machines/virtual_machine",
                Some(("/virtual_machines/virtual_machine", "")),
            ),
            (
                "GET",
                "/virtual_machines/_",
                Some(("/virtual_machines/virtual_machine", "")),
            ),
            (
                "GET",
                "/virtual_machines/:virtual_machine",
                Some(("/virtual_machines/virtual_machine", "")),
            ),
            (
                "GET",
                "/virtual_machines/vm_abc",
                Some(("/virtual_machines/virtual_machine", "vm_abc")),
            ),
            (
                "POST",
                "/virtual_machines/_/shutdown",
                Some(("/virtual_machines/virtual_machine/shutdown", "")),
            ),
            (
                "GET",
                "/virtual_machines/virtual_machine/disks",
                Some(("/virtual_machines/virtual_machine/disks", "")),
            ),
            (
                "GET",
                "/virtual_machines/builds/_",
                Some(("/virtual_machines/builds/virtual_machine_build", "")),
            ),
            (
                "GET",
                "/load_balancers/rules/_",
                Some(("/load_balancers/rules/load_balancer_rule", "")),
            ),
            (
                "GET",
                "/load_balancers/_/rules",
                Some(("/load_balancers/load_balancer/rules", "")),
            ),
            (
                "GET",
                "/load_balancers/rules/lbrule_1",
                Some(("/load_balancers/rules/load_balancer_rule", "lbrule_1")),
            ),
            ("GET", "/tasks/task_abc", Some(("/tasks/task", "task_abc"))),
            (
                "PUT",
                "/disks/_/io_profile",
                Some(("/disks/disk/io_profile", "")),
            ),
            ("PUT", "/disks/disk/_", None),
            ("GET", "/organizations/disk_templates", None),
            ("GET", "/virtual_machines/nonsense", None),
            ("POST", "/virtual_machines/virtual_machine", None),
            ("GET", "/moons", None),
        ];
        for (method, path, expected) in cases {
            let found = find(&documents, method, &format!("{core}{path}?a%5Bid%5D=1")).ok();
            let found = found.as_ref().map(|route| {
                assert_eq!(route.query, [("a[id]".to_owned(), "1".to_owned())]);
                (
                    route.operation.path.as_str(),
                    route.ids.first().map_or("", |(_, id)| id),
                )
            });
            assert_eq!(found, expected, "{method} {path}");
        }
    }

    #[test]
    fn each_api_has_its_own_operations() {
        let documents = Spec::embedded().unwrap();
        let public = find(&documents, "GET", "http://localhost:1/public/v1/stats").unwrap();
        assert_eq!(public.operation.api, Api::Public);
        let both = ["core", "public"].map(|api| {
            find(
                &documents,
                "GET",
                &format!("https://h/{api}/v1/data_centers"),
            )
            .unwrap()
            .operation
            .api
        });
        assert_eq!(both, [Api::Core, Api::Public]);
        for address in [
            "stats",
            "https://h/stats",
            "https://h/core/v10/zones",
            "https://h/core/v1/stats",
        ] {
            assert!(find(&documents, "GET", address).is_err(), "{address}");
        }
    }
}
