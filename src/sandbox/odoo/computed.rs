//! What follows from a change, model by model: what the server fills in before, what it recomputes after, what it refuses.

use sha1::{Digest, Sha1};

use super::convert::bytes;
use super::partners;
use super::problem::Problem;
use super::python::truth;
use super::schema;
use super::store::Row;
use super::tx::{Tx, part};
use crate::integrations::odoo::{Map, Value};

impl Tx<'_> {
    /// Fills in what a new record lacks.
    pub fn prepare(&mut self, model: &str, row: &mut Row, values: &Map) -> Result<(), Problem> {
        match model {
            "res.partner" => partners::prepare(row, values),
            "ir.attachment" => attachment(row),
            "ir.model.data" => {
                if let (Some(Value::Text(module)), Some(Value::Text(name))) =
                    (row.get("module"), row.get("name"))
                {
                    let complete = format!("{module}.{name}");
                    row.insert("complete_name".into(), complete.into());
                }
            }
            "mail.activity" => {
                if let Some(Value::Int(id)) = row.get("res_model_id") {
                    let model = self.get("ir.model", *id, "model");
                    row.insert("res_model".into(), model);
                }
            }
            "product.product" => self.prepare_product(row, values)?,
            "crm.lead" => self.prepare_lead(row),
            "sale.order.line" => self.prepare_order_line(row),
            "account.move" => self.prepare_move(row),
            "account.move.line" => self.prepare_move_line(row),
            "account.payment" => self.prepare_payment(row),
            "account.payment.register" => self.prepare_register(row),
            _ => {}
        }
        Ok(())
    }

    /// Fills in what a change brings with it.
    pub fn prepare_change(
        &mut self,
        model: &str,
        id: i64,
        row: &mut Row,
        values: &Map,
    ) -> Result<(), Problem> {
        match model {
            "res.partner" => partners::prepare(row, values),
            "ir.attachment" if part(values, "datas").is_some() => attachment(row),
            "crm.lead" => self.change_lead(id, row, values),
            _ => {}
        }
        Ok(())
    }

    /// Refuses a change.
    pub fn guard(&self, model: &str, id: i64, values: &Map) -> Result<(), Problem> {
        let posted = model == "account.move" && self.text(model, id, "state").as_deref() == Some("posted");
        let says = |name: &str| part(values, name).is_some();
        if posted && says("journal_id") {
            return Err(Problem::user(
                "You cannot edit the journal of an account move if it has been posted once, unless the name is removed or set to \
                 \"/\". This might create a gap in the sequence.",
            ));
        }
        if model == "res.partner" {
            self.guard_partner(id, values)?;
        }
        if let Some(name) =
            ["invoice_line_ids", "line_ids", "invoice_date", "partner_id"].iter().find(|name| says(name))
            && posted
        {
            return Err(Problem::user(format!(
                "You cannot modify the following readonly fields on a posted move: {name}"
            )));
        }
        Ok(())
    }

    /// Refuses a deletion.
    pub fn guard_unlink(&self, model: &str, id: i64) -> Result<(), Problem> {
        match (model, self.text(model, id, "state").as_deref()) {
            ("sale.order", Some("sent" | "sale")) => Err(Problem::user(
                "You can not delete a sent quotation or a confirmed sales order. You must first cancel it.",
            )),
            ("account.move", Some("posted")) => Err(Problem::user(
                "You can't delete a posted journal item. Don’t play games with your accounting records; reset the journal entry \
                 to draft before deleting it.",
            )),
            _ => Ok(()),
        }
    }

    /// Recomputes what depends on a record that was made or changed.
    pub fn follow(&mut self, model: &str, id: i64, changed: &[String], made: bool) -> Result<(), Problem> {
        match model {
            "res.partner" => self.follow_partner(id, changed, made)?,
            "product.product" => self.follow_product(id),
            "product.template" if made => self.first_variant(id)?,
            "sale.order" => self.follow_order(id, made),
            "account.move" => self.recompute_move(id),
            "account.analytic.plan" if made => self.plan_column(id),
            "account.analytic.account" => {
                let plan = self.get(model, id, "plan_id");
                self.recompute(model, id, &[("root_plan_id", plan)]);
            }
            "sale.order.line" => self.follow_order_line(id),
            _ => {}
        }
        let parents = self.parents(model, id);
        self.child_gone(parents)
    }

    /// The documents that a record is a line of.
    pub fn parents(&self, model: &str, id: i64) -> Vec<(&'static str, i64)> {
        let parent = match model {
            "sale.order.line" => self.link(model, id, "order_id").map(|id| ("sale.order", id)),
            "account.move.line" => self.link(model, id, "move_id").map(|id| ("account.move", id)),
            _ => None,
        };
        parent.into_iter().collect()
    }

    /// Recomputes the documents of which a line changed or is gone.
    pub fn child_gone(&mut self, parents: Vec<(&'static str, i64)>) -> Result<(), Problem> {
        for (model, id) in parents {
            if !self.is_busy(model, id) && self.exists(model, id) {
                self.follow(model, id, &[], false)?;
            }
        }
        Ok(())
    }

    fn prepare_product(&mut self, row: &mut Row, values: &Map) -> Result<(), Problem> {
        if row.get("product_tmpl_id").is_some_and(truth) || !row.get("name").is_some_and(truth) {
            return Ok(());
        }
        let template = self.model("product.template")?;
        let shared = values.iter().filter(|(name, _)| template.field(name).is_some()).cloned().collect();
        // The template makes no variant of its own: its only one is being made.
        self.busy.push(("product.template".to_owned(), 0));
        let made = self.create("product.template", &shared);
        self.busy.pop();
        row.insert("product_tmpl_id".into(), Value::Int(made?));
        Ok(())
    }

    /// A variant's values are its template's.
    fn follow_product(&mut self, id: i64) {
        if let Some(template) = self.link("product.product", id, "product_tmpl_id") {
            let shared = ["name", "default_code", "list_price", "type", "active", "is_storable"];
            let values = shared.map(|name| (name, self.get("product.product", id, name)));
            self.recompute("product.template", template, &values);
        }
    }

    fn first_variant(&mut self, id: i64) -> Result<(), Problem> {
        if self.is_busy("product.template", 0) {
            return Ok(());
        }
        let mut values: Map = vec![("product_tmpl_id".to_owned(), Value::Int(id))];
        for name in ["name", "default_code", "list_price", "type", "is_storable"] {
            values.push((name.to_owned(), self.get("product.template", id, name)));
        }
        self.create("product.product", &values).map(drop)
    }

    /// Each plan has its own column on the analytic lines (rule 19).
    fn plan_column(&mut self, id: i64) {
        if self.link("account.analytic.plan", id, "parent_id").is_none() && id > 1 {
            let label = self.text("account.analytic.plan", id, "name").unwrap_or_default();
            let line = format!("x_plan{id}_id many2one:account.analytic.account {label}");
            self.store.add_field("account.analytic.line", schema::field(&line));
        }
    }

    /// The sum of an analytic account's lines, in whichever column.
    pub fn analytic_sum(&self, account: i64, counts: impl Fn(f64) -> bool) -> f64 {
        let model = "account.analytic.line";
        let fields = self.store.model(model).into_iter().flat_map(|model| &model.fields);
        let columns =
            fields.filter(|field| field.relation() == Some("account.analytic.account") && !field.unstored);
        let lines = columns.flat_map(|field| self.store.leading_to(model, &field.name, account));
        lines.map(|id| self.number(model, id, "amount")).filter(|amount| counts(*amount)).sum()
    }
}

fn attachment(row: &mut Row) {
    let Some(Value::Text(datas)) = row.get("datas") else { return };
    let content = bytes(datas);
    let checksum: String = Sha1::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    row.insert("file_size".into(), Value::Int(i64::try_from(content.len()).unwrap_or(i64::MAX)));
    row.insert("store_fname".into(), format!("{}/{checksum}", &checksum[..2]).into());
    row.insert("checksum".into(), checksum.into());
    row.entry("mimetype".into()).or_insert_with(|| "application/octet-stream".into());
}
