//! Orders: lines, sums, confirmation, transfers and invoices.

use super::problem::Problem;
use super::python::truth;
use super::store::Row;
use super::tx::Tx;
use crate::integrations::odoo::{Map, Value};

const ORDER: &str = "sale.order";
const LINE: &str = "sale.order.line";

/// To the cent.
pub(super) fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

fn named(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

impl Tx<'_> {
    pub fn prepare_order_line(&mut self, row: &mut Row) {
        let Some(Value::Int(product)) = row.get("product_id").cloned() else { return };
        if !self.exists("product.product", product) {
            return;
        }
        let name = self.display_name("product.product", product);
        row.entry("name".into()).or_insert_with(|| name.into());
        for (field, of) in
            [("price_unit", "list_price"), ("product_uom_id", "uom_id"), ("tax_ids", "taxes_id")]
        {
            let value = self.get("product.product", product, of);
            row.entry(field.into()).or_insert(value);
        }
    }

    /// What lines cost together with their taxes.
    pub fn with_taxes(&self, subtotal: f64, taxes: &[i64]) -> f64 {
        let share: f64 = taxes.iter().map(|tax| self.number("account.tax", *tax, "amount") / 100.0).sum();
        cents(subtotal * (1.0 + share))
    }

    pub fn follow_order_line(&mut self, id: i64) {
        let full = self.number(LINE, id, "product_uom_qty") * self.number(LINE, id, "price_unit");
        let subtotal = cents(full * (1.0 - self.number(LINE, id, "discount") / 100.0));
        let total = self.with_taxes(subtotal, &self.links(LINE, id, "tax_ids"));
        let mut values = vec![
            ("price_subtotal", Value::Float(subtotal)),
            ("price_tax", Value::Float(cents(total - subtotal))),
            ("price_total", Value::Float(total)),
        ];
        if let Some(order) = self.link(LINE, id, "order_id") {
            values.push(("state", self.get(ORDER, order, "state")));
            values.push(("order_partner_id", self.get(ORDER, order, "partner_id")));
        }
        self.set(LINE, id, &values);
    }

    pub fn follow_order(&mut self, id: i64, made: bool) {
        if made {
            let partner = self.get(ORDER, id, "partner_id");
            self.set(ORDER, id, &[("name", format!("S{id:05}").into())]);
            for field in ["partner_invoice_id", "partner_shipping_id"] {
                if self.link(ORDER, id, field).is_none() {
                    self.set(ORDER, id, &[(field, partner.clone())]);
                }
            }
        }
        let lines = self.store.leading_to(LINE, "order_id", id);
        let sum = |tx: &Self, field| cents(lines.iter().map(|line| tx.number(LINE, *line, field)).sum());
        let (untaxed, total) = (sum(self, "price_subtotal"), sum(self, "price_total"));
        let open = |line: &&i64| {
            self.number(LINE, **line, "qty_invoiced") < self.number(LINE, **line, "product_uom_qty")
        };
        let status = match self.text(ORDER, id, "state").as_deref() {
            Some("sale") if lines.iter().any(|line| open(&line)) => "to invoice",
            Some("sale") => "invoiced",
            _ => "no",
        };
        self.recompute(
            ORDER,
            id,
            &[
                ("amount_untaxed", Value::Float(untaxed)),
                ("amount_tax", Value::Float(cents(total - untaxed))),
                ("amount_total", Value::Float(total)),
                ("invoice_status", status.into()),
            ],
        );
    }

    fn set_order_state(&mut self, id: i64, state: &str) {
        self.recompute(ORDER, id, &[("state", state.into())]);
        for line in self.store.leading_to(LINE, "order_id", id) {
            self.recompute(LINE, line, &[("state", state.into())]);
        }
    }

    /// `action_confirm`: refused the second time (rule 22).
    pub fn confirm_orders(&mut self, ids: &[i64]) -> Result<(), Problem> {
        self.require(ORDER, ids)?;
        let state = |tx: &Self, id: i64| tx.text(ORDER, id, "state");
        if ids.iter().any(|id| !matches!(state(self, *id).as_deref(), Some("draft" | "sent"))) {
            return Err(Problem::user("Some orders are not in a state requiring confirmation."));
        }
        for id in ids {
            self.set_order_state(*id, "sale");
            let now = self.moment();
            self.recompute(ORDER, *id, &[("date_order", now)]);
            self.follow_order(*id, false);
            self.ship(*id)?;
        }
        Ok(())
    }

    /// A transfer for what lies in the store.
    fn ship(&mut self, id: i64) -> Result<(), Problem> {
        let mut moves = Vec::new();
        for line in self.store.leading_to(LINE, "order_id", id) {
            let Some(product) = self.link(LINE, line, "product_id") else { continue };
            if truth(&self.get("product.product", product, "is_storable")) {
                let quantity = self.get(LINE, line, "product_uom_qty");
                let values = vec![named("product_id", product), named("product_uom_qty", quantity)];
                moves.push(Value::List(vec![Value::Int(0), Value::Int(0), Value::Map(values)]));
            }
        }
        if moves.is_empty() {
            return Ok(());
        }
        let picking = self.create(
            "stock.picking",
            &vec![
                named("partner_id", self.get(ORDER, id, "partner_shipping_id")),
                named("origin", self.get(ORDER, id, "name")),
                named("sale_id", id),
                named("move_ids", Value::List(moves)),
            ],
        )?;
        let number = self.store.number("WH/OUT/");
        let name = format!("WH/OUT/{number:05}");
        self.set("stock.picking", picking, &[("name", name.into()), ("state", "confirmed".into())]);
        for line in self.store.leading_to("stock.move", "picking_id", picking) {
            self.set("stock.move", line, &[("state", "confirmed".into())]);
        }
        Ok(())
    }

    /// `action_cancel`; until 18 it may ask back instead (then the answer is an action, and nothing is done).
    pub fn cancel_orders(&mut self, ids: &[i64]) -> Result<Value, Problem> {
        self.require(ORDER, ids)?;
        let warned = self.context("disable_cancel_warning").is_some_and(truth);
        let draft = |tx: &Self, id: i64| tx.text(ORDER, id, "state").as_deref() == Some("draft");
        if self.switches.version < 19 && !warned && ids.iter().any(|id| !draft(self, *id)) {
            return Ok(Value::Map(vec![
                named("name", "Cancel Sales Order"),
                named("type", "ir.actions.act_window"),
                named("res_model", "sale.order.cancel"),
                named("view_mode", "form"),
                named("target", "new"),
            ]));
        }
        for id in ids {
            self.set_order_state(*id, "cancel");
            self.follow_order(*id, false);
        }
        Ok(Value::Bool(true))
    }

    /// `action_draft`.
    pub fn reopen_orders(&mut self, ids: &[i64]) -> Result<(), Problem> {
        self.require(ORDER, ids)?;
        for id in ids {
            if matches!(self.text(ORDER, *id, "state").as_deref(), Some("cancel" | "sent")) {
                self.set_order_state(*id, "draft");
            }
        }
        Ok(())
    }

    /// `create_invoices` of the wizard; answers an action that holds a None (rule 20).
    pub fn invoice_orders(&mut self, wizards: &[i64]) -> Result<Value, Problem> {
        let orders: Vec<i64> = wizards
            .iter()
            .flat_map(|id| self.links("sale.advance.payment.inv", *id, "sale_order_ids"))
            .collect();
        let mut made = 0;
        for order in orders {
            let lines = self.store.leading_to(LINE, "order_id", order);
            let commands = lines.iter().map(|line| {
                let mut values = vec![named("quantity", self.get(LINE, *line, "product_uom_qty"))];
                for name in ["product_id", "name", "price_unit", "discount"] {
                    values.push(named(name, self.get(LINE, *line, name)));
                }
                let set = |ids: Vec<i64>| {
                    Value::List(vec![Value::List(vec![Value::Int(6), Value::Int(0), ids.into()])])
                };
                values.push(named("tax_ids", set(self.links(LINE, *line, "tax_ids"))));
                values.push(named("sale_line_ids", set(vec![*line])));
                Value::List(vec![Value::Int(0), Value::Int(0), Value::Map(values)])
            });
            let commands: Vec<Value> = commands.collect();
            if self.text(ORDER, order, "invoice_status").as_deref() != Some("to invoice") {
                return Err(Problem::user("Cannot create an invoice. No items are available to invoice."));
            }
            let values: Map = vec![
                named("move_type", "out_invoice"),
                named("partner_id", self.get(ORDER, order, "partner_invoice_id")),
                named("invoice_origin", self.get(ORDER, order, "name")),
                named("invoice_line_ids", Value::List(commands)),
            ];
            made = self.create("account.move", &values)?;
            for line in lines {
                let quantity = self.get(LINE, line, "product_uom_qty");
                self.recompute(LINE, line, &[("qty_invoiced", quantity)]);
            }
            let mut invoices = self.links(ORDER, order, "invoice_ids");
            invoices.push(made);
            self.recompute(ORDER, order, &[("invoice_ids", invoices.into())]);
            self.follow_order(order, false);
        }
        Ok(Value::Map(vec![
            named("name", "Invoices"),
            named("type", "ir.actions.act_window"),
            named("res_model", "account.move"),
            named("res_id", made),
            named("view_id", Value::Nil),
        ]))
    }
}
