//! Chance that repeats itself: the same seed gives the same demo, on every machine and with every version of every
//! library (splitmix64, Steele, Lea and Flood 2014: eight lines that nobody will change under us).

use crate::kernel::ids::TypedId;
use crate::kernel::time::Instant;

/// A source of chance.
pub struct Dice {
    state: u64,
    /// What distinguishes the ids of one database from those of another.
    salt: u64,
}

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Dice { state: seed, salt: 0 }
    }

    /// The same, but for the ids: those of each salt are others.
    pub fn salted(self, salt: u64) -> Self {
        Dice { salt, ..self }
    }

    fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `limit`; 0 when the limit is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        // The upper half of the product: no division, and no bias that anybody could see.
        ((u128::from(self.roll()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Yes in so many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these; there must be one.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// One of these, by reference; there must be one.
    pub fn pick_ref<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    /// One of these words by its weight, such as `[(ACTIVE, 40), (PROSPECT, 60)]`; there must be one.
    pub fn weigh<T: Copy>(&mut self, from: &[(T, u64)]) -> T {
        let mut left = self.below(from.iter().map(|(_, weight)| weight).sum());
        for (word, weight) in from {
            if left < *weight {
                return *word;
            }
            left -= weight;
        }
        from[0].0
    }

    /// So many digits.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }

    /// A moment between two; the first one when there is none between.
    pub fn moment(&mut self, from: Instant, to: Instant) -> Instant {
        let millis = u64::try_from((to - from).num_milliseconds()).unwrap_or(0);
        from + chrono::Duration::milliseconds(self.below(millis) as i64)
    }

    /// The id of something made at this moment: a UUIDv7 like those of `kernel::ids`, which only make present ones.
    pub fn id<I: TypedId>(&mut self, made_at: Instant) -> I {
        let millis = u64::try_from(made_at.timestamp_millis()).unwrap_or(0);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&(self.roll() ^ self.salt).to_be_bytes());
        random[8..].copy_from_slice(&self.roll().to_be_bytes()[..2]);
        I::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::ClientId;

    #[test]
    fn the_same_seed_falls_the_same_way() {
        // The first values of splitmix64 with seed 0, as its reference implementation gives them.
        let mut dice = Dice::seeded(0);
        assert_eq!([dice.roll(), dice.roll()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        let mut dice = Dice::seeded(7);
        assert!((0..1000).all(|_| (3..=5).contains(&dice.between(3, 5))));
        assert_eq!(dice.below(0), 0);
    }

    #[test]
    fn only_ids_depend_on_the_salt() {
        let now = chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
        let throw = |salt| {
            let mut dice = Dice::seeded(1).salted(salt);
            (dice.id::<ClientId>(now), dice.digits(20))
        };
        let ((one, digits), (other, same)) = (throw(7), throw(8));
        assert_ne!(one, other);
        assert_eq!(digits, same);
        assert_eq!(one, throw(7).0);
    }

    #[test]
    fn ids_sort_by_their_moment() {
        let mut dice = Dice::seeded(1);
        let early: ClientId = dice.id(chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_000));
        let late: ClientId = dice.id(chrono::DateTime::UNIX_EPOCH + chrono::Duration::days(20_001));
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
        assert_eq!(early.uuid().get_variant(), uuid::Variant::RFC4122);
    }
}
