//! How many connections of one user stay open: websockets and event streams.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The seats of this process.
#[derive(Clone)]
pub struct Seats {
    taken: Arc<Mutex<HashMap<String, usize>>>,
    most: usize,
}

/// A seat; free again when it is dropped.
pub struct Seat {
    seats: Seats,
    who: String,
}

impl Seats {
    /// So many for each user, key, or anonymous address.
    pub fn new(most: usize) -> Seats {
        Seats { taken: Arc::default(), most }
    }

    /// A seat for somebody; `None` when they have taken all of theirs.
    pub fn take(&self, who: String) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(who.clone()).or_default();
        if *count == self.most {
            return None;
        }
        *count += 1;
        drop(taken);
        metrics::gauge!("cabina_connections_open").increment(1);
        Some(Seat { seats: self.clone(), who })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("cabina_connections_open").decrement(1);
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_free_again_when_it_is_left() {
        let seats = Seats::new(2);
        let (first, second) = (seats.take("ana".into()), seats.take("ana".into()));
        assert!(first.is_some() && second.is_some() && seats.take("ana".into()).is_none());
        assert!(seats.take("beto".into()).is_some(), "others have their own");
        drop(first);
        assert!(seats.take("ana".into()).is_some());
        drop(second);
        assert!(seats.taken.lock().expect("no panic holds it").is_empty(), "nobody is remembered for ever");
    }
}
