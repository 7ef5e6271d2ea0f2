//! What becomes of a call while failures are on. The dice are seeded: the same calls have the same fate.

use super::switches::{ErrorKind, Switches};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It runs, and is answered.
    Well,
    /// It is not run.
    Fails(ErrorKind),
    /// It runs and is committed, and the connection is cut.
    Lost,
}

/// Seeded dice.
pub(super) struct Dice {
    state: u64,
    failed: usize,
}

impl Dice {
    pub fn new() -> Dice {
        Dice { state: 0x0d00, failed: 0 }
    }

    /// A number from 0 up to 1 (SplitMix64).
    fn roll(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
        let share = ((mixed ^ (mixed >> 31)) >> 11) as f64;
        share / (1_u64 << 53) as f64
    }

    /// The fate of the next call.
    pub fn fate(&mut self, switches: &Switches) -> Fate {
        let (error, lose) = (self.roll(), self.roll());
        if error < switches.error_share && !switches.error_kinds.is_empty() {
            let kind = switches.error_kinds[self.failed % switches.error_kinds.len()];
            self.failed += 1;
            return Fate::Fails(kind);
        }
        if lose < switches.lose_share { Fate::Lost } else { Fate::Well }
    }
}
