//! The methods that only some models have: transitions and the chatter.

use super::call::{Answer, Ask};
use super::problem::Problem;
use super::tx::Tx;
use super::users::Operation;
use crate::integrations::odoo::{Map, Value};

impl Tx<'_> {
    /// Runs a method of one model. What it answers says little: read the state (rules 20 and 21).
    pub fn act(&mut self, ask: &Ask) -> Result<Answer, Problem> {
        let ids = ask.ids.as_slice();
        self.allowed(&ask.model, Operation::Write)?;
        let (yes, no) = (Answer::Value(Value::Bool(true)), Answer::Value(Value::Bool(false)));
        match (ask.model.as_str(), ask.method.as_str()) {
            (_, "message_post") => return self.message_post(ask),
            ("crm.lead", "action_set_lost") => self.set_lost(ids, ask.get("lost_reason_id"))?,
            ("crm.lead", _) => {
                self.set_won(ids)?;
                return Ok(yes);
            }
            ("sale.order", "action_confirm") => {
                self.confirm_orders(ids)?;
                return Ok(yes);
            }
            ("sale.order", "action_cancel") => return self.cancel_orders(ids).map(Answer::Value),
            ("sale.order", _) => {
                self.reopen_orders(ids)?;
                return Ok(yes);
            }
            ("sale.advance.payment.inv", _) => return self.invoice_orders(ids).map(Answer::Value),
            ("account.move", "action_post") => {
                self.post_moves(ids)?;
                return Ok(no);
            }
            ("account.move", "button_draft") => self.moves_to(ids, "draft")?,
            ("account.move", _) => self.moves_to(ids, "cancel")?,
            ("account.payment", "action_post") => self.post_payments(ids)?,
            ("account.payment", "action_draft") => self.payments_to(ids, "draft")?,
            ("account.payment", _) => self.payments_to(ids, "canceled")?,
            ("account.payment.register", _) => return self.pay_invoices(ids).map(Answer::Value),
            _ => {}
        }
        Ok(Answer::Nothing)
    }

    /// A message on a record. It does not tell that the record changed (rule 38).
    fn message_post(&mut self, ask: &Ask) -> Result<Answer, Problem> {
        self.require(&ask.model, &ask.ids)?;
        let Some(id) = ask.ids.first() else {
            return Err(Problem::value(format!("Expected singleton: {}()", ask.model)));
        };
        let text = |name: &str| ask.get(name).and_then(|value| value.text_or_none().ok().flatten());
        let body =
            text("body").unwrap_or_default().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let author = self.get("res.users", self.uid, "partner_id");
        let mut values: Map = vec![
            ("model".to_owned(), ask.model.as_str().into()),
            ("res_id".to_owned(), Value::Int(*id)),
            ("body".to_owned(), body.into()),
            ("message_type".to_owned(), text("message_type").unwrap_or("notification").into()),
            ("date".to_owned(), self.moment()),
            ("author_id".to_owned(), author),
        ];
        if let Some(subject) = text("subject") {
            values.push(("subject".to_owned(), subject.into()));
        }
        let subtype =
            self.store.entry(text("subtype_xmlid").unwrap_or("mail.mt_note")).map(|entry| entry.record);
        values.push(("subtype_id".to_owned(), subtype.map_or(Value::Bool(false), Value::Int)));
        for name in ["partner_ids", "attachment_ids"] {
            values.extend(ask.get(name).map(|ids| (name.to_owned(), ids.clone())));
        }
        let message = self.create("mail.message", &values)?;
        Ok(Answer::Value(vec![message].into()))
    }
}
