//! What the ids of an Odoo server stand for here: its countries and states, and the clients whose records they are.

use std::collections::HashMap;
use std::sync::Arc;

use super::places::Places;
use crate::domains::sync::Model;
use crate::kernel::ids::{ClientId, TypedId};

/// Ids as they lie in fields, and what they are called here.
#[derive(Clone, Debug)]
pub struct Names {
    /// The countries and states.
    pub places: Arc<Places>,
    clients: HashMap<i64, ClientId>,
    records: HashMap<ClientId, i64>,
}

impl Names {
    /// Of the countries and states, and of no client yet.
    pub fn new(places: Arc<Places>) -> Names {
        Names { places, clients: HashMap::new(), records: HashMap::new() }
    }

    /// Learns from rows of the ledger whose records are clients.
    pub fn learn<'a>(&mut self, rows: impl IntoIterator<Item = &'a Model>) {
        for row in rows.into_iter().filter(|row| row.local_type == ClientId::PREFIX) {
            if let Some(record) = row.external_id {
                self.add(record, ClientId::from_uuid(row.id.uuid()));
            }
        }
    }

    /// This record is this client.
    pub fn add(&mut self, record: i64, client: ClientId) {
        self.clients.insert(record, client);
        self.records.insert(client, record);
    }

    /// The client whose record this is.
    pub fn client(&self, record: i64) -> Option<ClientId> {
        self.clients.get(&record).copied()
    }

    /// The record of a client.
    pub fn record(&self, client: ClientId) -> Option<i64> {
        self.records.get(&client).copied()
    }
}
