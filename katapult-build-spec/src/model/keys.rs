//! SSH keys that are installed on the machine.

use serde::{Deserialize, Serialize};

use crate::reference::UserRef;
use crate::serde_helpers::or_default;

/// `AuthorizedKeys`: the SSH keys that are installed, by user and by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeyFields", into = "KeyFields")]
#[must_use]
#[non_exhaustive]
pub struct AuthorizedKeys {
    /// `Users`: all keys of these users.
    pub users: AllOr<UserRef>,
    /// `SSHKeys`: keys in the format of `authorized_keys`.
    pub ssh_keys: AllOr<String>,
}

impl AuthorizedKeys {
    /// Creates an empty set: no key is installed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Installs the keys of all users of the organization. Overrides [`user`](Self::user).
    pub fn all_users(mut self) -> Self {
        self.users = AllOr::All;
        self
    }

    /// Adds all keys of a user.
    pub fn user(mut self, user: impl Into<UserRef>) -> Self {
        self.users.add(user.into());
        self
    }

    /// Installs all SSH keys of the organization. Overrides [`ssh_key`](Self::ssh_key).
    pub fn all_ssh_keys(mut self) -> Self {
        self.ssh_keys = AllOr::All;
        self
    }

    /// Adds a key in the format of `authorized_keys`.
    pub fn ssh_key(mut self, key: impl Into<String>) -> Self {
        self.ssh_keys.add(key.into());
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.ssh_keys.is_empty()
    }
}

/// All objects of the organization, or a list of them. If a file has both, the list is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllOr<T> {
    /// All objects; in XML `all="yes"`.
    All,
    /// The listed objects.
    Listed(Vec<T>),
}

impl<T> AllOr<T> {
    /// Returns `All` if `all` is set; the list is dropped then.
    pub(crate) fn from_parts(all: bool, listed: Vec<T>) -> Self {
        if all { Self::All } else { Self::Listed(listed) }
    }

    fn into_parts(self) -> (bool, Vec<T>) {
        match self {
            Self::All => (true, Vec::new()),
            Self::Listed(listed) => (false, listed),
        }
    }

    fn add(&mut self, one: T) {
        // `All` includes it.
        if let Self::Listed(listed) = self {
            listed.push(one);
        }
    }

    pub(crate) fn listed(&self) -> &[T] {
        match self {
            Self::All => &[],
            Self::Listed(listed) => listed,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Listed(listed) if listed.is_empty())
    }
}

impl<T> Default for AllOr<T> {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// The JSON form of [`AuthorizedKeys`].
// In XML `all` is an attribute of the list, in JSON a field of its own.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeyFields {
    #[serde(deserialize_with = "or_default")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    all_users: bool,
    #[serde(deserialize_with = "or_default")]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    all_ssh_keys: bool,
    #[serde(deserialize_with = "or_default")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<UserRef>,
    #[serde(deserialize_with = "or_default")]
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
