//! What can be wrong with a client's settings.

use std::error::Error;
use std::fmt;

use reqwest::Url;

/// A client can't be made of these settings. Says which, and what to do.
#[derive(Debug)]
pub struct ConfigError {
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ConfigError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn caused(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// Where the API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    /// Without a slash at its end.
    pub(crate) root: String,
    pub(crate) https: bool,
}

impl BaseUrl {
    /// Reads an address such as `https://api.katapult.io`; `/core/v1` at its end is dropped.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let example = "write it like https://api.katapult.io";
        let url = Url::parse(text.trim()).map_err(|error| {
            // The text is not shown: it may hold a password, and could not be parsed to take it out.
            ConfigError::new(format!("the base URL is not a URL; {example}")).caused(error)
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::new(format!(
                "the base URL holds a user name or password; leave them out: {example}"
            )));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigError::new(format!(
                "the base URL goes on after its path, with ? or #; {example}"
            )));
        }
        let https = match url.scheme() {
            "https" => true,
            "http" if is_loopback(&url) => false,
            "http" => {
                return Err(ConfigError::new(format!(
                    "the base URL {url} would send the token unencrypted: use https; plain http is only for this machine (localhost, 127.0.0.1, [::1])"
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
    fn an_origin_with_or_without_the_apis_path() {
        for text in [
            "https://api.katapult.io",
            "https://api.katapult.io/",
            " https://api.katapult.io/core/v1\n",
            "https://api.katapult.io/core/v1/",
            "HTTPS://API.katapult.io//",
        ] {
            let url = BaseUrl::parse(text).unwrap();
            assert_eq!(url.root, "https://api.katapult.io", "{text}");
            assert!(url.https);
        }
        let url = BaseUrl::parse("https://proxy.example:8443/katapult/core/v1").unwrap();
        assert_eq!(url.root, "https://proxy.example:8443/katapult");
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for text in [
            "http://localhost:1",
            "http://127.0.0.1",
            "http://127.8.8.8",
            "http://[::1]:80",
        ] {
            assert!(!BaseUrl::parse(text).unwrap().https, "{text}");
        }
        for text in [
            "http://api.katapult.io",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://0.0.0.0",
            "http://10.0.0.1",
        ] {
            let error = BaseUrl::parse(text).unwrap_err().to_string();
            assert!(
                error.contains(text) && error.contains("use https"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_else_is_refused_says_why_and_shows_no_password() {
        let cases = [
            (
                "https://user:hunter2@api.katapult.io",
                "user name or password",
            ),
            ("https://hunter2@api.katapult.io", "user name or password"),
            ("https://api.katapult.io?key=hunter2", "with ? or #"),
            ("https://api.katapult.io/#x", "with ? or #"),
            ("ftp://api.katapult.io", "neither https nor http"),
            ("api.katapult.io", "not a URL"),
            ("", "not a URL"),
        ];
        for (text, why) in cases {
            let error = BaseUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
