//! Backup policies: of the machine, and of a disk.

use serde::{Deserialize, Serialize};

use crate::json::object;

/// `BackupPolicy`: how many backups are kept, and when they are made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BackupPolicy {
    /// `Retention`: how many are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<u32>,
    /// `Schedule`: when they are made.
    #[serde(deserialize_with = "object")]
    #[serde(skip_serializing_if = "Schedule::is_empty")]
    pub schedule: Schedule,
}

impl BackupPolicy {
    /// A policy that leaves everything to the API.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many backups are kept.
    pub fn retention(mut self, backups: u32) -> Self {
        self.retention = Some(backups);
        self
    }

    /// Sets when they are made.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }
}

/// `Schedule`: when backups are made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Schedule {
    /// `Interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// `Frequency`: every how many intervals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<u32>,
    /// `Time`, as the API counts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<u32>,
}

impl Schedule {
    /// A schedule at this interval.
    pub fn new(interval: Interval) -> Self {
        Self {
            interval: Some(interval),
            ..Self::default()
        }
    }

    /// Sets the frequency.
    pub fn frequency(mut self, frequency: u32) -> Self {
        self.frequency = Some(frequency);
        self
    }

    /// Sets the time.
    pub fn time(mut self, time: u32) -> Self {
        self.time = Some(time);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `Interval`: how often backups are made.
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
    pub(super) const ALL: &[Self] = &[Self::Hourly, Self::Daily, Self::Weekly, Self::Monthly];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }
}
