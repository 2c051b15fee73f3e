//! Backup policies of a machine or a disk.

use serde::{Deserialize, Serialize};

use crate::serde_helpers::object;

/// `BackupPolicy`: the number of backups, and the schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
#[non_exhaustive]
pub struct BackupPolicy {
    /// `Retention`: the number of backups that are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<u32>,
    /// `Schedule` of the backups.
    #[serde(deserialize_with = "object")]
    #[serde(skip_serializing_if = "Schedule::is_empty")]
    pub schedule: Schedule,
}

impl BackupPolicy {
    /// Creates an empty policy: the API chooses all values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of backups that are kept.
    pub fn retention(mut self, backups: u32) -> Self {
        self.retention = Some(backups);
        self
    }

    /// Sets the schedule.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }
}

/// `Schedule`: the times at which backups are created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
#[non_exhaustive]
pub struct Schedule {
    /// `Interval` between backups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// `Frequency`: the number of intervals between two backups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<u32>,
    /// `Time` within the interval, in the API's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<u32>,
}

impl Schedule {
    /// Creates a schedule with an interval.
    pub fn new(interval: Interval) -> Self {
        Self {
            interval: Some(interval),
            ..Self::default()
        }
    }

    /// Sets the number of intervals between two backups.
    pub fn frequency(mut self, frequency: u32) -> Self {
        self.frequency = Some(frequency);
        self
    }

    /// Sets the time within the interval, in the API's unit.
    pub fn time(mut self, time: u32) -> Self {
        self.time = Some(time);
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `Interval`: the unit of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Interval {
    /// Every hour.
    Hourly,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
}

impl Interval {
    pub(crate) const ALL: &[Self] = &[Self::Hourly, Self::Daily, Self::Weekly, Self::Monthly];

    /// Returns the value in XML and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }
}
