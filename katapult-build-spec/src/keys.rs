//! Who may log in.

use serde::{Deserialize, Serialize};

use crate::json::nothing;
use crate::reference::UserRef;

/// `AuthorizedKeys`: whose keys, and which keys, may log in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeyFields", into = "KeyFields")]
#[non_exhaustive]
pub struct AuthorizedKeys {
    /// `Users`, with all their keys.
    pub users: AllOr<UserRef>,
    /// `SSHKeys`, as text.
    pub ssh_keys: AllOr<String>,
}

impl AuthorizedKeys {
    /// Nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every user of the organization, whoever else is added.
    pub fn all_users(mut self) -> Self {
        self.users = AllOr::All;
        self
    }

    /// Adds a user.
    pub fn user(mut self, user: impl Into<UserRef>) -> Self {
        self.users.add(user.into());
        self
    }

    /// Every key of the organization, whichever else is added.
    pub fn all_ssh_keys(mut self) -> Self {
        self.ssh_keys = AllOr::All;
        self
    }

    /// Adds a key.
    pub fn ssh_key(mut self, key: impl Into<String>) -> Self {
        self.ssh_keys.add(key.into());
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.ssh_keys.is_empty()
    }
}

/// All there are, or those listed. A file may say both: then all wins, and the list is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllOr<T> {
    /// `all="yes"`.
    All,
    /// These.
    Listed(Vec<T>),
}

impl<T> AllOr<T> {
    /// `all` wins over the list.
    pub(super) fn from_parts(all: bool, listed: Vec<T>) -> Self {
        if all { Self::All } else { Self::Listed(listed) }
    }

    fn into_parts(self) -> (bool, Vec<T>) {
        match self {
            Self::All => (true, Vec::new()),
            Self::Listed(listed) => (false, listed),
        }
    }

    fn add(&mut self, one: T) {
        if let Self::Listed(listed) = self {
            listed.push(one);
        }
    }

    pub(super) fn listed(&self) -> &[T] {
        match self {
            Self::All => &[],
            Self::Listed(listed) => listed,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Listed(listed) if listed.is_empty())
    }
}

impl<T> Default for AllOr<T> {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// [`AuthorizedKeys`] as they are in JSON.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeyFields {
    #[serde(deserialize_with = "nothing")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    all_users: bool,
    #[serde(deserialize_with = "nothing")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    all_ssh_keys: bool,
    #[serde(deserialize_with = "nothing")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<UserRef>,
    #[serde(deserialize_with = "nothing")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ssh_keys: Vec<String>,
}

impl From<KeyFields> for AuthorizedKeys {
    fn from(fields: KeyFields) -> Self {
        Self {
            users: AllOr::from_parts(fields.all_users, fields.users),
            ssh_keys: AllOr::from_parts(fields.all_ssh_keys, fields.ssh_keys),
        }
    }
}

impl From<AuthorizedKeys> for KeyFields {
    fn from(keys: AuthorizedKeys) -> Self {
        let (all_users, users) = keys.users.into_parts();
        let (all_ssh_keys, ssh_keys) = keys.ssh_keys.into_parts();
        Self {
            all_users,
            all_ssh_keys,
            users,
            ssh_keys,
        }
    }
}
