//! Limits the open connections of one user: websockets and event streams.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts the open connections of this process.
#[derive(Clone)]
pub struct ConnectionLimiter {
    taken: Arc<Mutex<HashMap<String, usize>>>,
    most: usize,
}

/// The right to one connection, given back when it is dropped.
pub struct Permit {
    connections: ConnectionLimiter,
    who: String,
}

impl ConnectionLimiter {
    /// Allows `most` for each user, API key or anonymous address.
    pub fn new(most: usize) -> ConnectionLimiter {
        ConnectionLimiter { taken: Arc::default(), most }
    }

    /// A permit for `who`; `None` when all of theirs are taken.
    pub fn acquire(&self, who: String) -> Option<Permit> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(who.clone()).or_default();
        if *count == self.most {
            return None;
        }
        *count += 1;
        drop(taken);
        metrics::gauge!("cabina_connections_open").increment(1);
        Some(Permit { connections: self.clone(), who })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        metrics::gauge!("cabina_connections_open").decrement(1);
        let mut taken = self.connections.taken.lock().unwrap_or_else(PoisonError::into_inner);
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
    fn a_permit_is_given_back_when_it_is_dropped() {
        let connections = ConnectionLimiter::new(2);
        let (first, second) = (connections.acquire("ana".into()), connections.acquire("ana".into()));
        assert!(first.is_some() && second.is_some() && connections.acquire("ana".into()).is_none());
        assert!(connections.acquire("beto".into()).is_some(), "others have their own");
        drop(first);
        assert!(connections.acquire("ana".into()).is_some());
        drop(second);
        assert!(
            connections.taken.lock().expect("no panic holds it").is_empty(),
            "nobody is remembered for ever"
        );
    }
}
