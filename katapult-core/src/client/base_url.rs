//! The base URL of the API.

use reqwest::Url;

use crate::error::ConfigError;

/// The base URL of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BaseUrl {
    /// The URL without a slash at its end.
    pub(super) root: String,
    pub(super) https: bool,
}

impl BaseUrl {
    /// Parses a URL such as `https://api.katapult.io`; `/core/v1` at its end is dropped. With
    /// `allow_http`, plain http is permitted for any host.
    pub(super) fn parse(text: &str, allow_http: bool) -> Result<Self, ConfigError> {
        let example = "write it like https://api.katapult.io";
        let url = Url::parse(text.trim()).map_err(|error| {
            // The text is not displayed: it may contain a password, which only a parsed URL could be stripped of.
            ConfigError::new(format!("the base URL is not a URL; {example}")).with_source(error)
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::new(format!(
                "the base URL must not contain a user name or password; {example}"
            )));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigError::new(format!(
                "the base URL must not have a query or fragment; {example}"
            )));
        }
        let https = match url.scheme() {
            "https" => true,
            "http" if allow_http || is_loopback(&url) => false,
            "http" => {
                return Err(ConfigError::new(format!(
                    "the base URL {url} would send the token unencrypted: use https; plain http is only for a loopback address (localhost, 127.0.0.1, [::1]), unless the client's builder permits it with allow_http()"
                )));
            }
            _ => {
                return Err(ConfigError::new(format!(
                    "the base URL {url} is neither https nor http; {example}"
                )));
            }
        };
        let root = url.as_str().trim_end_matches('/');
        let root = root.strip_suffix("/core/v1").unwrap_or(root);
        Ok(Self {
            root: root.trim_end_matches('/').to_owned(),
            https,
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_url_is_an_origin_with_or_without_the_api_path() {
        for text in [
            "https://api.katapult.io",
            "https://api.katapult.io/",
            " https://api.katapult.io/core/v1\n",
            "https://api.katapult.io/core/v1/",
            "HTTPS://API.katapult.io//",
        ] {
            let url = BaseUrl::parse(text, false).unwrap();
            assert_eq!(url.root, "https://api.katapult.io", "{text}");
            assert!(url.https);
        }
        let url = BaseUrl::parse("https://proxy.example:8443/katapult/core/v1", false).unwrap();
        assert_eq!(url.root, "https://proxy.example:8443/katapult");
    }

    #[test]
    fn plain_http_is_permitted_for_loopback_only() {
        for text in [
            "http://localhost:1",
            "http://127.0.0.1",
            "http://127.8.8.8",
            "http://[::1]:80",
        ] {
            assert!(!BaseUrl::parse(text, false).unwrap().https, "{text}");
        }
        for text in [
            "http://api.katapult.io",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://0.0.0.0",
            "http://10.0.0.1",
        ] {
            let error = BaseUrl::parse(text, false).unwrap_err().to_string();
            assert!(
                error.contains(text) && error.contains("use https"),
                "{error}"
            );
            assert!(!BaseUrl::parse(text, true).unwrap().https, "{text}");
        }
    }

    #[test]
    fn invalid_base_url_is_refused_without_displaying_its_password() {
        let cases = [
            (
                "https://user:hunter2@api.katapult.io",
                "user name or password",
            ),
            ("https://hunter2@api.katapult.io", "user name or password"),
            ("https://api.katapult.io?key=hunter2", "query or fragment"),
            ("https://api.katapult.io/#x", "query or fragment"),
            ("ftp://api.katapult.io", "neither https nor http"),
            ("api.katapult.io", "not a URL"),
            ("", "not a URL"),
        ];
        for (text, why) in cases {
            let error = BaseUrl::parse(text, false).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
