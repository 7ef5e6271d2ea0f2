//! The checkpoint of a pull. A pull reads the records in the order of their ids, page by page, and may be interrupted after
//! any of them; records on earlier pages that change meanwhile are read by the next pull.

use crate::kernel::time::Instant;

/// How far a pull has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// When it began, by Odoo's clock: the next pull reads what changed from then on, however long this one takes.
    pub began: Instant,
    /// When it is finished, every change before this instant has been read; `None`: no record had a time of change.
    pub latest: Option<Instant>,
    /// The id of the last record that was read.
    pub after: i64,
}

impl Checkpoint {
    /// Before the first record; earlier pulls have read every change before `reached`.
    pub fn first(began: Instant, reached: Option<Instant>) -> Checkpoint {
        Checkpoint { began, latest: reached, after: 0 }
    }

    /// Moves behind a record. Its time of change counts only up to the start of the pull: a later one says nothing about
    /// the records on earlier pages.
    pub fn pass(&mut self, id: i64, written: Option<Instant>) {
        self.after = id;
        self.latest = self.latest.max(written.map(|written| written.min(self.began)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Longer than the longest transaction there.
    const OVERLAP: i64 = 10;
    const PAGE: usize = 3;

    fn at(second: i64) -> Instant {
        Instant::from_timestamp(second, 0).expect("a moment")
    }

    /// A record's versions: the start of the transaction that wrote it, which is what it tells, and its end, from which on it is
    /// seen (rule 36).
    type Versions = Vec<(i64, i64)>;

    #[derive(Default)]
    struct World {
        now: i64,
        records: BTreeMap<i64, Versions>,
        /// The last version of each record that was looked at.
        looked: BTreeMap<i64, usize>,
        watermark: Option<Instant>,
        kept: Option<Checkpoint>,
    }

    #[derive(Clone, Debug)]
    enum Step {
        Wait(i64),
        Edit(i64, i64),
        Page,
        Killed,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1..8_i64).prop_map(Step::Wait),
            (1..12_i64, 0..OVERLAP).prop_map(|(id, lasts)| Step::Edit(id, lasts)),
            (1..12_i64, 0..OVERLAP).prop_map(|(id, lasts)| Step::Edit(id, lasts)),
            Just(Step::Page),
            Just(Step::Page),
            Just(Step::Killed),
        ]
    }

    impl World {
        fn edit(&mut self, id: i64, lasts: i64) {
            let versions = self.records.entry(id).or_default();
            let free = versions.last().map_or(0, |(_, end)| *end);
            let start = self.now.max(free);
            versions.push((start, start + lasts));
        }

        /// What can be seen of a record, and when that was written.
        fn visible(&self, id: i64) -> Option<(usize, i64)> {
            let ended = self.records[&id].iter().take_while(|(_, end)| *end <= self.now).count();
            ended.checked_sub(1).map(|last| (last, self.records[&id][last].0))
        }

        /// Looks at a page; tells when the pull began that came to its end with it.
        fn page(&mut self) -> Option<Instant> {
            let first = Checkpoint::first(at(self.now), self.watermark);
            let mut checkpoint = self.kept.unwrap_or(first);
            let since = self.watermark.map(|reached| reached - chrono::Duration::seconds(OVERLAP));
            let found: Vec<(i64, usize, i64)> = self
                .records
                .keys()
                .filter(|id| **id > checkpoint.after)
                .filter_map(|id| self.visible(*id).map(|(version, written)| (*id, version, written)))
                .filter(|(.., written)| since.is_none_or(|since| at(*written) >= since))
                .take(PAGE)
                .collect();
            for (id, version, written) in &found {
                self.looked.insert(*id, *version);
                checkpoint.pass(*id, Some(at(*written)));
            }
            if found.len() == PAGE {
                self.kept = Some(checkpoint);
                return None;
            }
            (self.kept, self.watermark) = (None, checkpoint.latest);
            Some(checkpoint.began)
        }
    }

    proptest! {
        #[test]
        fn no_change_is_missed_however_long_a_pull_takes_and_whoever_is_killed(
            steps in prop::collection::vec(step(), 1..120)
        ) {
            let mut world = World::default();
            for step in steps {
                match step {
                    Step::Wait(seconds) => world.now += seconds,
                    Step::Edit(id, lasts) => world.edit(id, lasts),
                    // It looks at a page, and does not come to write down that it did.
                    Step::Killed => {
                        let written_down = (world.kept, world.watermark);
                        world.page();
                        (world.kept, world.watermark) = written_down;
                    }
                    Step::Page => {
                        let Some(began) = world.page() else { continue };
                        for (id, versions) in &world.records {
                            let before = versions.iter().take_while(|(_, end)| at(*end) < began).count();
                            let looked = world.looked.get(id).map_or(0, |version| version + 1);
                            prop_assert!(looked >= before, "record {} of {:?}", id, versions);
                        }
                    }
                }
            }
        }
    }
}
