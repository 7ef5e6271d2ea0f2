//! Leads and opportunities: stages, won and lost.

use super::problem::Problem;
use super::python::truth;
use super::store::Row;
use super::tx::{Tx, part};
use crate::integrations::odoo::{Map, Value};

const LEAD: &str = "crm.lead";

impl Tx<'_> {
    pub fn prepare_lead(&mut self, row: &mut Row) {
        if !row.get("stage_id").is_some_and(truth)
            && let Some(first) = self.stages().first()
        {
            row.insert("stage_id".into(), Value::Int(*first));
        }
        row.insert("date_last_stage_update".into(), self.moment());
        self.by_stage(row, true);
    }

    pub fn change_lead(&mut self, id: i64, row: &mut Row, values: &Map) {
        let before = self.get(LEAD, id, "stage_id");
        if part(values, "stage_id").is_some() && row.get("stage_id") != Some(&before) {
            row.insert("date_last_stage_update".into(), self.moment());
            self.by_stage(row, false);
        }
        if let Some(active) = part(values, "active")
            && truth(active)
            && row.get("won_status") == Some(&Value::from("lost"))
        {
            row.insert("won_status".into(), "pending".into());
            row.insert("lost_reason_id".into(), Value::Bool(false));
        }
    }

    /// In the order of the board.
    fn stages(&self) -> Vec<i64> {
        let mut stages: Vec<(i64, i64)> = self
            .store
            .rows("crm.stage")
            .map(|(id, row)| (row.get("sequence").and_then(|n| n.int().ok()).unwrap_or_default(), id))
            .collect();
        stages.sort_unstable();
        stages.into_iter().map(|(_, id)| id).collect()
    }

    /// A won stage wins; to leave one takes it back.
    fn by_stage(&self, row: &mut Row, made: bool) {
        let Some(Value::Int(stage)) = row.get("stage_id") else { return };
        let won = truth(&self.get("crm.stage", *stage, "is_won"));
        if won {
            row.insert("probability".into(), Value::Float(100.0));
            row.insert("date_closed".into(), self.moment());
            row.insert("won_status".into(), "won".into());
        } else if !made && row.get("won_status") == Some(&Value::from("won")) {
            row.insert("date_closed".into(), Value::Bool(false));
            row.insert("won_status".into(), "pending".into());
        }
    }

    /// `action_set_won`.
    pub fn set_won(&mut self, ids: &[i64]) -> Result<(), Problem> {
        self.require(LEAD, ids)?;
        let won = self.stages().into_iter().find(|id| truth(&self.get("crm.stage", *id, "is_won")));
        let Some(won) = won else { return Ok(()) };
        self.write(
            LEAD,
            ids,
            &vec![
                ("active".to_owned(), Value::Bool(true)),
                ("stage_id".to_owned(), Value::Int(won)),
                ("probability".to_owned(), Value::Float(100.0)),
            ],
        )
    }

    /// `action_set_lost`: the lead is archived (rule 15).
    pub fn set_lost(&mut self, ids: &[i64], reason: Option<&Value>) -> Result<(), Problem> {
        self.require(LEAD, ids)?;
        let mut values: Map = vec![
            ("active".to_owned(), Value::Bool(false)),
            ("probability".to_owned(), Value::Float(0.0)),
            ("won_status".to_owned(), "lost".into()),
        ];
        if self.switches.version < 19 {
            values.pop();
        }
        values.extend(reason.map(|reason| ("lost_reason_id".to_owned(), reason.clone())));
        self.write(LEAD, ids, &values)
    }
}
