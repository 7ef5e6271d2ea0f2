//! The sandbox as the lab of the recordings was: its users, its records, its clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cabina::integrations::odoo::{Map, Value};
use cabina::kernel::time::Clock;
use cabina::sandbox::odoo::SandboxOdoo;
use chrono::{DateTime, TimeZone, Utc};
use tokio::net::TcpListener;

/// A sandbox that is served.
pub struct Lab {
    pub odoo: SandboxOdoo,
    pub url: String,
    offset: Arc<AtomicI64>,
}

/// Names and values.
pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Map {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A command that makes a line.
pub fn line<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::List(vec![Value::Int(0), Value::Int(0), Value::Map(map(entries))])
}

impl Lab {
    pub async fn start() -> Lab {
        // What is there from the start is a year old.
        let offset = Arc::new(AtomicI64::new(-365 * 86_400 * 1_000_000));
        let odoo = SandboxOdoo::new(Clock::Shifted(offset.clone()));
        offset.store(0, Ordering::SeqCst);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let served = odoo.clone();
        tokio::spawn(async move { served.serve(listener, std::future::pending()).await });
        Lab { odoo, url, offset }
    }

    /// Sets the clock.
    pub fn at(&self, text: &str) {
        let moment = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").expect("a moment");
        let moment: DateTime<Utc> = Utc.from_utc_datetime(&moment);
        let ahead = moment - (Clock::System.now());
        self.offset.store(ahead.num_microseconds().expect("not far"), Ordering::SeqCst);
    }

    /// As the lab was before the first exchange.
    pub fn as_recorded(&self) {
        self.at("2026-11-20 20:50:18");
        let odoo = &self.odoo;
        for (uid, password, key) in [
            (2, "LAB_ADMIN_PASSWORD", "LAB_API_KEY"),
            (5, "LAB_BOT_PASSWORD", "LAB_BOT_API_KEY"),
            (6, "LAB_LOW_PASSWORD", "LAB_LOW_API_KEY"),
        ] {
            odoo.edit("res.users", uid, map([("password", password.into()), ("api_key", key.into())]));
        }
        // What the seed has beyond the lab.
        for (model, id) in [
            ("account.analytic.plan", 21),
            ("account.analytic.plan", 22),
            ("account.journal", 21),
            ("product.template", 1),
            ("product.template", 2),
        ] {
            odoo.delete(model, id);
        }
        for model in
            ["account.analytic.plan", "product.product", "product.template", "account.payment.method.line"]
        {
            let last =
                odoo.records(model).iter().filter_map(|record| record.id().ok()).filter(|id| *id < 20).max();
            odoo.set_next_id(model, last.unwrap_or(0) + 1);
        }
        odoo.set_next_id("ir.model.data", 42345);
        odoo.set_next_id("account.analytic.account", 2);
    }

    /// What happened in the lab between the exchanges before this one, without being recorded.
    pub fn before(&self, number: u16) {
        let odoo = &self.odoo;
        let invoice = |id: i64, partner: Value| {
            let lines = Value::List(vec![line([("name", "x".into()), ("price_unit", Value::Float(1.0))])]);
            map([
                ("id", Value::Int(id)),
                ("move_type", "out_invoice".into()),
                ("partner_id", partner),
                ("invoice_line_ids", lines),
            ])
        };
        match number {
            84 => drop(odoo.add("crm.lead", map([("id", Value::Int(2)), ("name", "Otra".into())]))),
            86 => odoo.set_next_id("mail.message", 176),
            98 => {
                for id in [2, 3] {
                    let lines = Value::List(vec![line([("product_id", Value::Int(1))])]);
                    let order =
                        [("id", Value::Int(id)), ("partner_id", Value::Int(8)), ("order_line", lines)];
                    odoo.add("sale.order", map(order));
                }
            }
            128 => odoo.set_next_id("account.move", 5),
            130 => drop(odoo.add("account.move", invoice(6, Value::Int(8)))),
            132 => odoo.act("account.move", "action_post", &[6]),
            137 => drop(odoo.add("account.move", invoice(8, Value::Bool(false)))),
            149 => odoo.set_next_id("ir.attachment", 510),
            154 => {
                let payment =
                    [("id", Value::Int(3)), ("partner_id", Value::Int(8)), ("amount", Value::Float(1.0))];
                odoo.add("account.payment", map(payment));
            }
            228 => {
                for (id, name, moment) in [
                    (54, "WD 0", "2026-11-20 20:52:11.1"),
                    (55, "WD 1", "2026-11-20 20:52:11.4"),
                    (56, "WD 2", "2026-11-20 20:52:11.8"),
                ] {
                    self.at(moment);
                    odoo.add(
                        "res.partner",
                        map([("id", Value::Int(id)), ("name", name.into()), ("ref", "WD".into())]),
                    );
                }
            }
            233 => {
                let name = "Respuesta perdida".into();
                odoo.add(
                    "res.partner",
                    map([("id", Value::Int(2415)), ("name", name), ("ref", "LOST-1".into())]),
                );
            }
            _ => {}
        }
    }
}
