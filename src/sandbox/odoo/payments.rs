//! Payments, alone and of invoices.

use super::problem::Problem;
use super::sales::cents;
use super::store::Row;
use super::tx::Tx;
use crate::integrations::odoo::{Map, Value};

const PAYMENT: &str = "account.payment";
const REGISTER: &str = "account.payment.register";
const MOVE: &str = "account.move";

fn named(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

impl Tx<'_> {
    pub fn prepare_payment(&mut self, row: &mut Row) {
        if !row.contains_key("journal_id")
            && let Some(bank) = self.journal("bank")
        {
            row.insert("journal_id".into(), Value::Int(bank));
        }
        if let Some(Value::Int(journal)) = row.get("journal_id")
            && let Some(line) =
                self.store.leading_to("account.payment.method.line", "journal_id", *journal).first()
        {
            let line = Value::Int(*line);
            row.entry("payment_method_line_id".into()).or_insert(line);
        }
    }

    /// `action_post`: answers None (rule 20).
    pub fn post_payments(&mut self, ids: &[i64]) -> Result<(), Problem> {
        self.require(PAYMENT, ids)?;
        for id in ids {
            if self.text(PAYMENT, *id, "state").as_deref() != Some("draft") {
                return Err(Problem::user("Only a draft payment can be posted."));
            }
            let journal = self.link(PAYMENT, *id, "journal_id").unwrap_or_default();
            let code = self.text("account.journal", journal, "code").unwrap_or_default();
            let name = self.numbered(&format!("P{code}"));
            // The Community server makes an entry always.
            let entry = self.create(
                MOVE,
                &vec![
                    named("move_type", "entry"),
                    named("journal_id", journal),
                    named("partner_id", self.get(PAYMENT, *id, "partner_id")),
                    named("date", self.get(PAYMENT, *id, "date")),
                    named("ref", self.get(PAYMENT, *id, "memo")),
                    named("name", name.clone()),
                ],
            )?;
            self.set(MOVE, entry, &[("state", "posted".into())]);
            let state = if self.switches.version < 18 { "posted" } else { "in_process" };
            self.recompute(
                PAYMENT,
                *id,
                &[("name", name), ("move_id", Value::Int(entry)), ("state", state.into())],
            );
        }
        Ok(())
    }

    /// `action_cancel` and `action_draft`.
    pub fn payments_to(&mut self, ids: &[i64], state: &str) -> Result<(), Problem> {
        self.require(PAYMENT, ids)?;
        ids.iter().for_each(|id| self.recompute(PAYMENT, *id, &[("state", state.into())]));
        Ok(())
    }

    pub fn prepare_register(&mut self, row: &mut Row) {
        let invoices = self.context("active_ids").and_then(|ids| ids.ids().ok()).unwrap_or_default();
        let open: f64 = invoices.iter().map(|id| self.number(MOVE, *id, "amount_residual")).sum();
        row.entry("amount".into()).or_insert(Value::Float(cents(open)));
        row.insert("invoice_ids".into(), invoices.into());
        if let Some(bank) = self.journal("bank") {
            row.entry("journal_id".into()).or_insert(Value::Int(bank));
        }
    }

    /// `action_create_payments` of the wizard: pays and reconciles; answers an action.
    pub fn pay_invoices(&mut self, wizards: &[i64]) -> Result<Value, Problem> {
        let mut made = 0;
        for wizard in wizards {
            let invoices = self.links(REGISTER, *wizard, "invoice_ids");
            let partner = invoices.first().map_or(Value::Bool(false), |id| self.get(MOVE, *id, "partner_id"));
            let memo = invoices.first().map_or(Value::Bool(false), |id| self.get(MOVE, *id, "name"));
            let told = self.get(REGISTER, *wizard, "communication");
            let mut left = self.number(REGISTER, *wizard, "amount");
            let label = if self.switches.version < 18 { "ref" } else { "memo" };
            let values: Map = vec![
                named("partner_id", partner),
                named("amount", Value::Float(left)),
                named("date", self.get(REGISTER, *wizard, "payment_date")),
                named("journal_id", self.get(REGISTER, *wizard, "journal_id")),
                named(label, if told.is_null() { memo } else { told }),
            ];
            made = self.create(PAYMENT, &values)?;
            self.post_payments(&[made])?;
            for invoice in &invoices {
                let open = self.number(MOVE, *invoice, "amount_residual");
                let share = left.min(open);
                left = cents(left - share);
                let paid = cents(self.number(MOVE, *invoice, "amount_paid") + share);
                self.set(MOVE, *invoice, &[("amount_paid", Value::Float(paid))]);
                self.recompute_move(*invoice);
            }
            let reconciled =
                [("reconciled_invoice_ids", invoices.into()), ("is_reconciled", Value::Bool(true))];
            self.recompute(PAYMENT, made, &reconciled);
        }
        Ok(Value::Map(vec![
            named("name", "Payments"),
            named("type", "ir.actions.act_window"),
            named("res_model", PAYMENT),
            named("context", Value::Map(vec![named("create", false)])),
            named("view_mode", "form"),
            named("res_id", made),
        ]))
    }
}
