//! What a call of the run asks for, and what it is told.
//!
//! It is about address lists, of which two may have the same name: what is made twice shows.

use katapult_core::prelude::*;
use katapult_core::types::{AddressListLookup, OrganizationLookup};
use katapult_core::{Client, Error};

/// How many lists there are to be read, which nobody changes.
pub const READ_LISTS: u32 = 100;
/// Over how many organizations the lists are spread: so few that a list of them has several pages, from
/// which some go away while it is read.
pub const ORGANIZATIONS: u32 = 16;

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
    /// Reads one of the lists that nobody changes.
    Read,
    /// Gives a list of its own another name.
    Update,
    /// Deletes a list of its own.
    Delete,
    /// Makes a list, and is told when that is in doubt.
    Create,
    /// Makes a list, and looks by its name when that is in doubt.
    CreateSafely,
}

/// What a call was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was done, to this list.
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
        /// Whether the list is not there.
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

    /// The list that must be there for it.
    pub fn needs(self) -> Option<String> {
        matches!(self.deed, Deed::Update | Deed::Delete).then(|| self.id())
    }

    /// The list that it is about; of a creation none.
    pub fn id(self) -> String {
        match self.deed {
            Deed::Read => Self::read_id(self.number % READ_LISTS),
            _ => format!("al_own{:013}", self.number),
        }
    }

    /// The name that the list must have afterwards.
    pub fn name(self) -> String {
        match self.deed {
            Deed::Read => Self::first_name(self.number % READ_LISTS),
            Deed::Delete => Self::first_name(self.number),
            _ => format!("name-{}", self.number),
        }
    }

    /// One of the lists to be read.
    pub fn read_id(number: u32) -> String {
        format!("al_read{number:012}")
    }

    /// The name of a list that was there from the start.
    pub fn first_name(number: u32) -> String {
        format!("first-{number}")
    }

    /// The organization of the list with this number.
    pub fn organization(number: u32) -> String {
        format!("org_chaos{:011}", number % ORGANIZATIONS)
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
        let lists = client.address_lists();
        let id = AddressListLookup::id(self.id());
        let within = OrganizationLookup::id(Self::organization(self.number));
        let create = || lists.create(within).name(self.name());
        let list = match self.deed {
            Deed::Read => lists.get(id).send().await?.into_inner().address_list,
            Deed::Update => {
                let update = lists.update(id).name(self.name());
                update.send().await?.into_inner().address_list
            }
            Deed::Delete => lists.delete(id).send().await?.into_inner().address_list,
            Deed::Create => create().send().await?.into_inner().address_list,
            Deed::CreateSafely => {
                create()
                    .reconcile_by_key()
                    .send()
                    .await?
                    .into_inner()
                    .address_list
            }
        };
        Ok((list.id, list.name))
    }
}

/// A number that looks random, of another one (SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
