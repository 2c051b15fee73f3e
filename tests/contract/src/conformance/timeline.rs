//! The order of exchanges: recordings of the same time were made in the same account, one beside another,
//! and the API let the tasks of one wait for those of another.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::replay::recording::Exchange;

/// The exchanges of a file.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) path: PathBuf,
    pub(super) exchanges: Vec<Exchange>,
}

/// An exchange of one of several recordings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event<'a> {
    /// The index of the recording.
    pub(super) recording: usize,
    /// The number of the exchange in its recording, from 1.
    pub(super) number: usize,
    /// The time of the response, or of the one before. `None` if none is known.
    pub(super) at: Option<SystemTime>,
    pub(super) exchange: &'a Exchange,
}

/// Returns the exchanges of recordings in the order of their time, those of concurrent recordings together.
pub(super) fn timelines(recordings: &[Recording]) -> Vec<Vec<Event<'_>>> {
    let mut files: Vec<_> = recordings.iter().enumerate().map(events).collect();
    files.retain(|events| !events.is_empty());
    // A recording without times comes first, alone.
    files.sort_by_key(|events| (events[0].at, events[0].recording));
    let mut timelines: Vec<Vec<Event<'_>>> = Vec::new();
    let mut end = None;
    for events in files {
        let (first, last) = (
            events[0].at,
            events.iter().filter_map(|event| event.at).max(),
        );
        match timelines.last_mut() {
            Some(timeline) if first.is_some() && first <= end => {
                timeline.extend(events);
                end = end.max(last);
            }
            _ => {
                timelines.push(events);
                end = last;
            }
        }
    }
    for timeline in &mut timelines {
        // Stable: the exchanges of a recording in the same second stay in order.
        timeline.sort_by_key(|event| event.at);
    }
    timelines
}

fn events((recording, file): (usize, &Recording)) -> Vec<Event<'_>> {
    let mut at = file.exchanges.iter().find_map(Exchange::time);
    let exchanges = file.exchanges.iter().enumerate();
    let events = exchanges.map(|(index, exchange)| {
        // Never back, whatever the clocks of the API's servers show.
        at = at.max(exchange.time());
        Event {
            recording,
            number: index + 1,
            at,
            exchange,
        }
    });
    events.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn recording(seconds: &[Option<u64>]) -> Recording {
        let exchanges = seconds.iter().map(|second| Exchange {
            method: "GET".into(),
            url: "https://api.katapult.io/core/v1/zones".into(),
            request_body: String::new(),
            status: 200,
            headers: match second {
                Some(second) => BTreeMap::from([(
                    "date".into(),
                    format!("Thu, 06 Feb 2025 16:40:{second:02} GMT"),
                )]),
                None => BTreeMap::new(),
            },
            response_body: String::new(),
        });
        Recording {
            path: PathBuf::new(),
            exchanges: exchanges.collect(),
        }
    }

    #[test]
    fn concurrent_recordings_share_a_timeline() {
        let recordings = [
            recording(&[Some(30), Some(40)]),
            recording(&[Some(10), Some(20)]),
            recording(&[Some(12), None, Some(18), Some(25)]),
            recording(&[]),
            recording(&[None, None]),
        ];
        let timelines = timelines(&recordings);
        let order: Vec<Vec<_>> = timelines
            .iter()
            .map(|events| {
                let events = events.iter();
                events
                    .map(|event| (event.recording, event.number))
                    .collect()
            })
            .collect();
        assert_eq!(
            order,
            [
                vec![(4, 1), (4, 2)],
                vec![(1, 1), (2, 1), (2, 2), (2, 3), (1, 2), (2, 4)],
                vec![(0, 1), (0, 2)],
            ]
        );
    }
}
