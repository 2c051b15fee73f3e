//! What a call of the run asks for, and what it is told.

use katapult_core::prelude::*;
use katapult_core::types::{OrganizationLookup, TagLookup};
use katapult_core::{Client, Error};

use super::fault::mixed;

/// How many tags there are to be read, which nobody changes.
pub const READ_TAGS: u32 = 100;
/// Over how many organizations the new tags are spread.
const ORGANIZATIONS: u32 = 64;

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which one of the run's.
    pub number: u32,
    /// What it does.
    pub deed: Deed,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Reads one of the tags that nobody changes.
    Read,
    /// Gives a tag of its own another name.
    Update,
    /// Deletes a tag of its own.
    Delete,
    /// Makes a tag, and is told when that is in doubt.
    Create,
    /// Makes a tag, and looks by its name when that is in doubt.
    CreateSafely,
}

/// What a call was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was done, to this tag.
    Done {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
    /// It failed.
    Failed {
        /// Whether it ended unconfirmed.
        unconfirmed: bool,
        /// Whether it may have been done all the same.
        may_have_happened: bool,
        /// Whether the tag is not there.
        gone: bool,
        /// How the error is shown.
        shown: String,
    },
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Told::Failed {
            unconfirmed: error.is_unconfirmed(),
            may_have_happened: error.may_have_happened(),
            gone: error.is_gone(),
            shown: error.to_string(),
        }
    }
}

impl Plan {
    /// The plan of one call.
    pub fn of(seed: u64, number: u32) -> Self {
        let deed = match mixed(seed ^ mixed(u64::from(number))) % 20 {
            0..8 => Deed::Read,
            8..13 => Deed::Update,
            13..16 => Deed::Delete,
            16..17 => Deed::Create,
            _ => Deed::CreateSafely,
        };
        Self { number, deed }
    }

    /// The tag that must be there for it.
    pub fn needs(self) -> Option<String> {
        matches!(self.deed, Deed::Update | Deed::Delete).then(|| self.id())
    }

    /// The tag that it is about; of a creation none.
    pub fn id(self) -> String {
        match self.deed {
            Deed::Read => Self::read_id(self.number % READ_TAGS),
            _ => format!("tag_own{:013}", self.number),
        }
    }

    /// The name that the tag must have afterwards.
    pub fn name(self) -> String {
        match self.deed {
            Deed::Read => Self::first_name(self.number % READ_TAGS),
            Deed::Delete => Self::first_name(self.number),
            _ => format!("name-{}", self.number),
        }
    }

    /// One of the tags to be read.
    pub fn read_id(number: u32) -> String {
        format!("tag_read{number:012}")
    }

    /// The name of a tag that was there from the start.
    pub fn first_name(number: u32) -> String {
        format!("first-{number}")
    }

    /// Does it.
    pub async fn carry_out(self, client: &Client) -> Told {
        match self.send(client).await {
            Ok((id, name)) => Told::Done {
                id,
                name: name.unwrap_or_default(),
            },
            Err(error) => error.into(),
        }
    }

    async fn send(self, client: &Client) -> Result<(String, Option<String>), Error> {
        let tags = client.tags();
        let tag = TagLookup::id(self.id());
        let organization = OrganizationLookup::id(format!("org_{}", self.number % ORGANIZATIONS));
        let tag = match self.deed {
            Deed::Read => tags.get(tag).send().await?.into_inner().tag,
            Deed::Update => {
                tags.update(tag)
                    .name(self.name())
                    .send()
                    .await?
                    .into_inner()
                    .tag
            }
            Deed::Delete => tags.delete(tag).send().await?.into_inner().tag,
            Deed::Create => {
                tags.create(organization)
                    .name(self.name())
                    .send()
                    .await?
                    .into_inner()
                    .tag
            }
            Deed::CreateSafely => {
                let create = tags.create(organization).name(self.name());
                create.safe().send().await?.into_inner().tag
            }
        };
        Ok((tag.id, tag.name))
    }
}
