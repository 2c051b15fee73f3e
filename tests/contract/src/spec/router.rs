//! Finds the operation of a recorded URL.

use katapult_openapi::{Api, Operation, Spec};
use url::Url;

/// An operation, with the parts of a recorded URL.
#[derive(Debug)]
pub struct Route<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The ids in the path, each with the noun that it replaces.
    pub ids: Vec<(String, String)>,
    /// The decoded query pairs, in their order.
    pub query: Vec<(String, String)>,
}

/// Returns the operation of a method and a whole URL.
///
/// # Errors
///
/// If the URL is invalid, or no operation matches.
pub fn find<'a>(spec: &'a Spec, method: &str, address: &str) -> Result<Route<'a>, String> {
    let url = Url::parse(address).map_err(|error| format!("{address} is not a URL: {error}"))?;
    let path = url.path();
    let below_prefix = Api::ALL.into_iter().find_map(|api| {
        let rest = path.strip_prefix(api.prefix())?;
        rest.starts_with('/').then_some(rest)
    });
    let below_prefix = below_prefix.ok_or_else(|| {
        format!("{address} belongs to neither API: its path begins with neither /core/v1/ nor /public/v1/")
    })?;
    // A recording has real ids: another text in place of one is a path that the document lacks.
    let route = spec.route(method, path);
    let route = route
        .filter(|route| route.ids.iter().all(|(_, id)| is_id(id)))
        .ok_or_else(|| format!("no operation of the document is {method} {below_prefix}"))?;
    Ok(Route {
        operation: route.operation,
        ids: route.ids,
        query: url.query_pairs().into_owned().collect(),
    })
}

/// Returns `true` if a text has the form of an id: `task_` and letters or digits.
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
    use std::sync::LazyLock;

    use super::*;

    static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec::embedded().unwrap());

    /// Finds the path and the first id of a core URL, or empty texts.
    fn check(method: &str, path: &str, expected: &str, id: &str) {
        let url = format!("https://api.katapult.io/core/v1{path}?a%5Bid%5D=1");
        let found = find(&SPEC, method, &url).ok();
        let found = found.as_ref().map(|route| {
            assert_eq!(route.query, [("a[id]".to_owned(), "1".to_owned())]);
            let id = route.ids.first().map_or("", |(_, id)| id);
            (route.operation.path.as_str(), id)
        });
        assert_eq!(found.unwrap_or_default(), (expected, id), "{method} {path}");
    }

    #[test]
    fn path_of_every_form_finds_its_operation() {
        let machine = "/virtual_machines/virtual_machine";
        check("GET", machine, machine, "");
        check("GET", "/virtual_machines/_", machine, "");
        check("GET", "/virtual_machines/:virtual_machine", machine, "");
        check("GET", "/virtual_machines/vm_abc", machine, "vm_abc");
        let disks = format!("{machine}/disks");
        check("GET", &disks, &disks, "");
        let shutdown = format!("{machine}/shutdown");
        check("POST", "/virtual_machines/_/shutdown", &shutdown, "");
        let build = "/virtual_machines/builds/virtual_machine_build";
        check("GET", "/virtual_machines/builds/_", build, "");
        let rule = "/load_balancers/rules/load_balancer_rule";
        check("GET", "/load_balancers/rules/_", rule, "");
        check("GET", "/load_balancers/rules/lbrule_1", rule, "lbrule_1");
        let rules = "/load_balancers/load_balancer/rules";
        check("GET", "/load_balancers/_/rules", rules, "");
        check("GET", "/tasks/task_abc", "/tasks/task", "task_abc");
        check("PUT", "/disks/_/io_profile", "/disks/disk/io_profile", "");
    }

    #[test]
    fn undocumented_path_finds_no_operation() {
        check("PUT", "/disks/disk/_", "", "");
        check("GET", "/organizations/disk_templates", "", "");
        check("GET", "/virtual_machines/nonsense", "", "");
        check("POST", "/virtual_machines/virtual_machine", "", "");
        check("GET", "/moons", "", "");
    }

    #[test]
    fn each_api_has_its_own_operations() {
        let api_of = |url: &str| {
            find(&SPEC, "GET", url)
                .map(|route| route.operation.api)
                .ok()
        };
        let url = "http://localhost:1/public/v1/stats";
        assert_eq!(api_of(url), Some(Api::Public));
        assert_eq!(api_of("https://h/core/v1/data_centers"), Some(Api::Core));
        assert_eq!(
            api_of("https://h/public/v1/data_centers"),
            Some(Api::Public)
        );
        for url in [
            "stats",
            "https://h/stats",
            "https://h/core/v10/zones",
            "https://h/core/v1/stats",
        ] {
            assert_eq!(api_of(url), None, "{url}");
        }
    }
}
