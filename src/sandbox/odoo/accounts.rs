//! Invoices and entries: lines, sums, posting.

use super::problem::Problem;
use super::sales::cents;
use super::store::Row;
use super::tx::Tx;
use crate::integrations::odoo::Value;

const MOVE: &str = "account.move";
const LINE: &str = "account.move.line";
/// Accounts of the seed: sales, tax, customers.
const SALES: i64 = 63;
const TAXES: i64 = 40;
const CUSTOMERS: i64 = 2;

impl Tx<'_> {
    /// The first journal of a type.
    pub fn journal(&self, kind: &str) -> Option<i64> {
        let fits = |row: &Row| row.get("type") == Some(&Value::from(kind));
        self.store.rows("account.journal").find(|(_, row)| fits(row)).map(|(id, _)| id)
    }

    pub fn prepare_move(&mut self, row: &mut Row) {
        let kind = match row.get("move_type") {
            Some(Value::Text(kind)) if kind.starts_with("out_") => "sale",
            Some(Value::Text(kind)) if kind.starts_with("in_") => "purchase",
            _ => "general",
        };
        if !row.contains_key("journal_id")
            && let Some(journal) = self.journal(kind)
        {
            row.insert("journal_id".into(), Value::Int(journal));
        }
        if let Some(day) = row.get("invoice_date").filter(|day| !day.is_null()).cloned() {
            row.insert("date".into(), day.clone());
            row.entry("invoice_date_due".into()).or_insert(day);
        }
    }

    pub fn prepare_move_line(&mut self, row: &mut Row) {
        let sold = |tx: &Self, id: i64| tx.exists("product.product", id);
        if let Some(Value::Int(product)) =
            row.get("product_id").cloned().filter(|id| id.int().is_ok_and(|id| sold(self, id)))
        {
            let name = self.display_name("product.product", product);
            row.entry("name".into()).or_insert_with(|| name.into());
            for (field, of) in [("price_unit", "list_price"), ("tax_ids", "taxes_id")] {
                let value = self.get("product.product", product, of);
                row.entry(field.into()).or_insert(value);
            }
        }
        row.entry("account_id".into()).or_insert(Value::Int(SALES));
    }

    /// Whether a line is one that people see on the invoice.
    pub fn is_invoice_line(&self, id: i64) -> bool {
        !matches!(self.text(LINE, id, "display_type").as_deref(), Some("tax" | "payment_term"))
    }

    /// Recomputes sums, and the lines that the server makes itself.
    pub fn recompute_move(&mut self, id: i64) {
        let kind = self.text(MOVE, id, "move_type").unwrap_or_default();
        if kind == "entry" {
            return;
        }
        let sign = if kind == "out_invoice" || kind == "in_refund" { 1.0 } else { -1.0 };
        let lines: Vec<i64> = self.store.leading_to(LINE, "move_id", id);
        let (mut untaxed, mut by_tax) = (0.0, std::collections::BTreeMap::<i64, f64>::new());
        for line in lines.iter().copied() {
            if !self.is_invoice_line(line) {
                continue;
            }
            let full = self.number(LINE, line, "quantity") * self.number(LINE, line, "price_unit");
            let subtotal = cents(full * (1.0 - self.number(LINE, line, "discount") / 100.0));
            untaxed += subtotal;
            let taxes = self.links(LINE, line, "tax_ids");
            for tax in &taxes {
                *by_tax.entry(*tax).or_default() +=
                    subtotal * self.number("account.tax", *tax, "amount") / 100.0;
            }
            let total = self.with_taxes(subtotal, &taxes);
            let shown = [("price_subtotal", Value::Float(subtotal)), ("price_total", Value::Float(total))];
            self.set(LINE, line, &shown);
            self.balance(line, -sign * subtotal);
        }
        by_tax.retain(|_, amount| cents(*amount) != 0.0);
        let tax: f64 = cents(by_tax.values().copied().map(cents).sum());
        let (untaxed, total) = (cents(untaxed), cents(untaxed + tax));
        self.own_lines(id, &lines, &by_tax, sign, total);
        let paid = self.number(MOVE, id, "amount_paid");
        let residual = cents(total - paid);
        let state = match residual {
            left if paid > 0.0 && left <= 0.0 => "paid",
            _ if paid > 0.0 => "partial",
            _ => "not_paid",
        };
        self.recompute(
            MOVE,
            id,
            &[
                ("amount_untaxed", Value::Float(untaxed)),
                ("amount_tax", Value::Float(tax)),
                ("amount_total", Value::Float(total)),
                ("amount_residual", Value::Float(residual)),
                ("payment_state", state.into()),
            ],
        );
    }

    fn balance(&mut self, line: i64, balance: f64) {
        let balance = cents(balance);
        self.set(
            LINE,
            line,
            &[
                ("debit", Value::Float(balance.max(0.0))),
                ("credit", Value::Float((-balance).max(0.0))),
                ("balance", Value::Float(balance)),
                ("amount_currency", Value::Float(balance)),
            ],
        );
    }

    /// One line for each tax and one for what the customer owes.
    fn own_lines(
        &mut self,
        id: i64,
        lines: &[i64],
        taxes: &std::collections::BTreeMap<i64, f64>,
        sign: f64,
        total: f64,
    ) {
        let mut old: Vec<i64> = lines.iter().copied().filter(|line| !self.is_invoice_line(*line)).collect();
        old.reverse();
        for (tax, amount) in taxes {
            let line = self.own_line(id, old.pop());
            let name = self.get("account.tax", *tax, "name");
            self.set(
                LINE,
                line,
                &[("name", name), ("display_type", "tax".into()), ("account_id", Value::Int(TAXES))],
            );
            self.balance(line, -sign * amount);
        }
        let line = self.own_line(id, old.pop());
        let texts = ["ref", "name"].into_iter().filter_map(|field| self.text(MOVE, id, field));
        let name = texts.collect::<Vec<_>>().join(" - ");
        let due = self.get(MOVE, id, "invoice_date_due");
        self.set(
            LINE,
            line,
            &[
                ("name", if name.is_empty() { Value::Bool(false) } else { name.into() }),
                ("display_type", "payment_term".into()),
                ("account_id", Value::Int(CUSTOMERS)),
                ("date_maturity", due),
            ],
        );
        self.balance(line, sign * total);
        for gone in old {
            self.store.put(LINE, gone, None);
        }
    }

    fn own_line(&mut self, id: i64, old: Option<i64>) -> i64 {
        old.unwrap_or_else(|| {
            let line = self.store.next_id(LINE);
            let mut row =
                Row::from([("move_id".into(), Value::Int(id)), ("quantity".into(), Value::Float(0.0))]);
            for (date, user) in [("create_date", "create_uid"), ("write_date", "write_uid")] {
                row.insert(date.into(), self.stamp());
                row.insert(user.into(), Value::Int(self.uid));
            }
            self.store.put(LINE, line, Some(row));
            line
        })
    }

    /// The next name of a journal's documents.
    pub fn numbered(&mut self, prefix: &str) -> Value {
        let prefix = format!("{prefix}/{}/", self.now.format("%Y"));
        let number = self.store.number(&prefix);
        format!("{prefix}{number:05}").into()
    }

    /// `action_post`: refused the second time (rule 22), answers `false` when all is well (rule 21).
    pub fn post_moves(&mut self, ids: &[i64]) -> Result<(), Problem> {
        self.require(MOVE, ids)?;
        for id in ids {
            if self.text(MOVE, *id, "state").as_deref() != Some("draft") {
                let name = self.text(MOVE, *id, "name").unwrap_or_else(|| "/".to_owned());
                return Err(Problem::user(format!("The entry {name} (id {id}) must be in draft.")));
            }
            let kind = self.text(MOVE, *id, "move_type").unwrap_or_default();
            if kind.starts_with("out_") && self.link(MOVE, *id, "partner_id").is_none() {
                return Err(Problem::user(
                    "The 'Customer' field is required to validate the invoice.\nYou probably don't want to explain to your auditor \
                     that you invoiced an invisible man :)",
                ));
            }
            if kind != "entry" && self.get(MOVE, *id, "invoice_date").is_null() {
                let today = self.today();
                self.set(
                    MOVE,
                    *id,
                    &[("invoice_date", today.clone()), ("date", today.clone()), ("invoice_date_due", today)],
                );
            }
            if self.get(MOVE, *id, "name").is_null() {
                let journal = self.link(MOVE, *id, "journal_id").unwrap_or_default();
                let code = self.text("account.journal", journal, "code").unwrap_or_default();
                let name = self.numbered(&code);
                self.set(MOVE, *id, &[("name", name)]);
            }
            self.recompute(MOVE, *id, &[("state", "posted".into())]);
            self.recompute_move(*id);
        }
        Ok(())
    }

    /// `button_draft` and `button_cancel`: answer None (rule 20).
    pub fn moves_to(&mut self, ids: &[i64], state: &str) -> Result<(), Problem> {
        self.require(MOVE, ids)?;
        for id in ids {
            if state == "draft" && self.text(MOVE, *id, "state").as_deref() == Some("draft") {
                return Err(Problem::user("Only posted/cancelled journal entries can be reset to draft."));
            }
            self.recompute(MOVE, *id, &[("state", state.into())]);
        }
        Ok(())
    }
}
