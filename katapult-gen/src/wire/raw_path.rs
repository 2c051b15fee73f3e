//! The check of a path that the caller states.

/// Returns the reason why a path is refused, with the way out; `None` if it can follow the API's prefix.
pub(crate) fn problem(path: &str) -> Option<&'static str> {
    if path.contains("://") || path.starts_with("//") {
        return Some(
            "has a host: start it with one slash, the host is that of the client's base URL",
        );
    }
    if !path.starts_with('/') {
        return Some("does not start with a slash: write \"/disks/disk\"");
    }
    if path.contains(['?', '#']) {
        return Some("has a query or a fragment: pass the arguments with query()");
    }
    if !path.bytes().all(is_path_byte) || has_invalid_escape(path) {
        return Some("has a character that is not valid in a path: percent-encode it");
    }
    if path.contains("//") {
        return Some("has an empty segment: remove one of the two slashes");
    }
    // A server or a proxy may decode these before it resolves the path.
    let decoded = path.to_ascii_lowercase().replace("%2e", ".");
    let decoded = decoded.replace("%2f", "/").replace("%5c", "/");
    if decoded
        .split('/')
        .any(|segment| [".", ".."].contains(&segment))
    {
        return Some("has the segment \".\" or \"..\": write the path that it leads to");
    }
    let below = |prefix| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if below("/core/v1") {
        return Some("includes the API's prefix: leave out /core/v1");
    }
    if below("/public/v1") {
        return Some("includes the API's prefix: leave out /public/v1, and call public()");
    }
    None
}

/// Returns `true` for a byte that RFC 3986 permits in a path.
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte)
}

fn has_invalid_escape(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let digits = rest.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn path_that_can_leave_the_api_is_refused_with_the_way_out() {
        let table = [
            ("https://evil.example/disks", "has a host"),
            ("//evil.example/disks", "has a host"),
            ("", "does not start with a slash"),
            ("disks/disk", "does not start with a slash"),
            ("@evil.example/disks", "does not start with a slash"),
            ("/disks?page=2", "query()"),
            ("/disks#first", "query()"),
            ("/disks/a b", "percent-encode it"),
            ("/disks\r\nhost: evil", "percent-encode it"),
            ("/disks\\..\\users", "percent-encode it"),
            ("/dïsks", "percent-encode it"),
            ("/disks/100%", "percent-encode it"),
            ("/disks/%zz", "percent-encode it"),
            ("/disks//disk", "has an empty segment"),
            ("/disks/../users", "has the segment"),
            ("/disks/./disk", "has the segment"),
            ("/..", "has the segment"),
            ("/disks/%2E%2e/users", "has the segment"),
            ("/disks/..%2Fusers", "has the segment"),
            ("/disks/..%5cusers", "has the segment"),
            ("/core/v1/disks", "leave out /core/v1"),
            ("/public/v1/prices", "call public()"),
        ];
        for (path, reason) in table {
            let problem = problem(path).unwrap_or("accepted");
            assert!(problem.contains(reason), "{path}: {problem}");
        }
        for path in [
            "/",
            "/disks/disk",
            "/a/b..c/...",
            "/core/v10",
            "/x/%C3%BC",
            "/disks/disk_1/",
        ] {
            assert_eq!(problem(path), None, "{path}");
        }
    }
}
