//! Money, exact numbers and days from the column to the answer: a table of this test, read by a schema of this test, both by a
//! plan and by the ordinary executor.

use std::sync::Arc;

use async_graphql::{
    Context, EmptyMutation, EmptySubscription, InputObject, Object, Request, Schema, Variables,
};
use cabina::domains::clients::markets::MarketErrorCode as Code;
use cabina::graphql::context::{Ask, Caller};
use cabina::graphql::fast::{Loads, One, RawJson, Within, to_json};
use cabina::graphql::nodes::money::{DateRangeInput, DecimalRangeInput, Money, MoneyInput, MoneyRangeInput};
use cabina::graphql::page::{Connection, list};
use cabina::graphql::scalars::DecimalText;
use cabina::kernel::Stop;
use cabina::kernel::decimal::Decimal;
use cabina::kernel::error::Check;
use cabina::kernel::ids::EntryId;
use cabina::kernel::money::{self, Currency};
use cabina::kernel::time::Day;
use cabina::platform::auth::Viewer;
use cabina::platform::db::{Direction, PageArgs, Reader, SortColumn, SortKey, Visible, insert_all};
use cabina::{edges, node};
use sea_orm::{Condition, ConnectionTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

use crate::support::{TestApp, is_postgres};

mod quote {
    use cabina::kernel::decimal::Decimal;
    use cabina::kernel::ids::EntryId;
    use cabina::kernel::money::Currency;
    use cabina::kernel::time::Day;
    use cabina::platform::auth::Viewer;
    use cabina::platform::db::{Visible, all_rows};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "quote")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: EntryId,
        pub total_minor: i64,
        pub total_currency: Currency,
        pub discount: Decimal,
        pub due: Day,
        pub paid: Option<Day>,
        pub rank: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}

    impl Visible for Entity {
        fn visible_to(_: &Viewer) -> Select<Self> {
            all_rows()
        }
    }
}

node! {
    /// A quote.
    pub struct Quote of quote::Entity {
        /// Opaque id.
        id: EntryId,
        /// In percent.
        discount: Decimal,
        /// The last day on which it is good.
        due: Day,
        /// The day on which it was paid.
        paid: Option<Day>,
        /// Where it stands between others.
        rank: String,
    } hidden {
        total_minor: i64,
        total_currency: Currency,
    }
}

edges! {
    Quote {
        /// What it costs.
        field total: Within<Money> = |quote, _| Within(
            money::Money { amount_minor: quote.total_minor, currency: quote.total_currency }.into()
        );
    }
}

/// Which quotes.
#[derive(Default, InputObject)]
struct QuoteFilter {
    total: Option<MoneyRangeInput>,
    discount: Option<DecimalRangeInput>,
    due: Option<DateRangeInput>,
}

struct Root;

#[Object]
impl Root {
    async fn quotes(
        &self,
        ctx: &Context<'_>,
        filter: Option<QuoteFilter>,
        order: Option<String>,
        first: Option<i32>,
        after: Option<String>,
    ) -> async_graphql::Result<One<Connection<Quote>>> {
        use quote::Column as C;
        let (column, key) = match order.as_deref() {
            Some("total") => ("total_minor", SortKey::Integer),
            Some("discount") => ("discount", SortKey::Integer),
            Some("due") => ("due", SortKey::Text),
            _ => ("rank", SortKey::Text),
        };
        let QuoteFilter { total, discount, due } = filter.unwrap_or_default();
        let mut filter = Condition::all();
        if let Some(total) = total {
            filter = filter.add(total.checked("total", C::TotalMinor, C::TotalCurrency)?);
        }
        if let Some(discount) = discount {
            filter = filter.add(discount.checked("discount")?.holds(C::Discount));
        }
        if let Some(due) = due {
            filter = filter.add(due.checked("due")?.holds(C::Due));
        }
        let reader = ctx.reader()?;
        let found = quote::Entity::visible_to(&reader.viewer).filter(filter);
        let args = PageArgs { first, after, ..PageArgs::default() };
        Ok(list(ctx, reader, found, SortColumn { column, key, direction: Direction::Asc }, args).await?)
    }
}

/// Total, currency, discount, last day, rank.
const QUOTES: [(i64, &str, &str, &str, &str); 6] = [
    (116_000, "MXN", "12.5", "2026-12-31", "a0"),
    (9_007_199_254_740_993, "MXN", "0.000001", "2026-02-28", "a0V"),
    (9_007_199_254_740_994, "MXN", "-3", "2027-01-01", "Zz"),
    (-5, "MXN", "0", "2026-03-01", "a1"),
    (700, "JPY", "100", "1999-12-31", "a00"),
    (1_234, "KWD", "2", "2026-02-28", "b"),
];

struct Case {
    app: TestApp,
    schema: Schema<Root, EmptyMutation, EmptySubscription>,
}

impl Case {
    async fn start() -> Case {
        let app = TestApp::start().await;
        let (id, key) = if is_postgres() { ("uuid", "text COLLATE \"C\"") } else { ("blob", "text") };
        let own = &app.app.database.own;
        own.execute_unprepared(&format!(
            "CREATE TABLE quote (id {id} PRIMARY KEY, total_minor bigint NOT NULL, total_currency {key} NOT NULL, \
             discount bigint NOT NULL, due {key} NOT NULL, paid {key}, rank {key} NOT NULL)"
        ))
        .await
        .expect("a table");
        let rows = QUOTES.map(|(total_minor, currency, discount, due, rank)| {
            let due: Day = due.parse().expect("a day");
            let row = quote::Model {
                id: EntryId::new(),
                total_minor,
                total_currency: Currency::parse(currency).expect("a currency"),
                discount: discount.parse().expect("a number"),
                due,
                paid: (currency == "JPY").then_some(due),
                rank: rank.to_owned(),
            };
            row.into_active_model()
        });
        insert_all(own, rows, None).await.expect("written");
        Case { app, schema: Schema::new(Root, EmptyMutation, EmptySubscription) }
    }

    /// The answer as a plan writes it, which is the one that the ordinary executor gives.
    async fn ask(&self, query: &str, variables: Value) -> Value {
        let reader =
            Reader { db: self.app.app.database.pool.clone(), viewer: Arc::new(Viewer::system("test")) };
        let caller = Caller {
            reader: Some(reader.clone()),
            request_id: "test".to_owned(),
            address: None,
            user_agent: None,
        };
        let request = || {
            let request = Request::new(query).variables(Variables::from_json(variables.clone()));
            request.data(Loads::loader(reader.clone())).data(caller.clone())
        };
        let ordinary = to_json(&self.schema.execute(request()).await, true);
        let planned = self.schema.execute(request().data(RawJson)).await;
        if planned.errors.is_empty() {
            let async_graphql::Value::Object(fields) = &planned.data else { panic!("{planned:?}") };
            assert!(
                fields.values().all(|value| matches!(value, async_graphql::Value::Binary(_))),
                "a plan wrote it"
            );
        }
        assert_eq!(to_json(&planned, true), ordinary);
        serde_json::from_str(&ordinary).expect("JSON")
    }

    /// The ranks of the quotes that are found, page by page.
    async fn ranks(&self, variables: Value) -> Vec<String> {
        let query = "query($filter: QuoteFilter, $order: String, $after: String) {
            quotes(filter: $filter, order: $order, first: 2, after: $after) {
                nodes { rank } pageInfo { hasNextPage endCursor } totalCount } }";
        let (mut ranks, mut variables) = (Vec::new(), variables);
        loop {
            let answer = self.ask(query, variables.clone()).await;
            let page = &answer["data"]["quotes"];
            let nodes = page["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
            ranks.extend(nodes.iter().map(|node| node["rank"].as_str().expect("a rank").to_owned()));
            if page["pageInfo"]["hasNextPage"] == false {
                assert_eq!(page["totalCount"], json!(ranks.len()));
                return ranks;
            }
            variables["after"] = page["pageInfo"]["endCursor"].clone();
        }
    }
}

#[tokio::test]
async fn amounts_numbers_and_days_are_shown_exactly() {
    let case = Case::start().await;
    let query = "{ quotes { nodes { total { amount currency } discount due paid } } }";
    let quotes = case.ask(query, json!({})).await["data"]["quotes"]["nodes"].clone();
    let shown = |amount: &str, currency: &str, discount: &str, due: &str, paid: Option<&str>| {
        let total = json!({ "amount": amount, "currency": currency });
        json!({ "total": total, "discount": discount, "due": due, "paid": paid })
    };
    assert_eq!(
        quotes,
        json!([
            shown("90071992547409.94", "MXN", "-3", "2027-01-01", None),
            shown("1160.00", "MXN", "12.5", "2026-12-31", None),
            shown("700", "JPY", "100", "1999-12-31", Some("1999-12-31")),
            shown("90071992547409.93", "MXN", "0.000001", "2026-02-28", None),
            shown("-0.05", "MXN", "0", "2026-03-01", None),
            shown("1.234", "KWD", "2", "2026-02-28", None),
        ])
    );
}

#[tokio::test]
async fn pages_are_sorted_by_whole_numbers_days_and_ranks() {
    let case = Case::start().await;
    for (order, sorted) in [
        ("rank", ["Zz", "a0", "a00", "a0V", "a1", "b"]),
        ("discount", ["Zz", "a1", "a0V", "b", "a0", "a00"]),
        ("total", ["a1", "a00", "b", "a0", "a0V", "Zz"]),
    ] {
        assert_eq!(case.ranks(json!({ "order": order })).await, sorted, "{order}");
    }
    let by_day = case.ranks(json!({ "order": "due" })).await;
    // Two of one day: by their ids.
    assert_eq!(by_day, ["a00", "a0V", "b", "a1", "a0", "Zz"]);
}

#[tokio::test]
async fn lists_are_filtered_by_amounts_numbers_and_days() {
    let case = Case::start().await;
    for (filter, found) in [
        (json!({ "total": { "currency": "MXN" } }), vec!["Zz", "a0", "a0V", "a1"]),
        (json!({ "total": { "currency": "MXN", "from": "0", "until": "1160" } }), vec!["a0"]),
        (json!({ "total": { "currency": "MXN", "from": "90071992547409.94" } }), vec!["Zz"]),
        (json!({ "total": { "currency": "JPY", "until": "700" } }), vec!["a00"]),
        (json!({ "discount": { "from": "0.000001", "until": "12.5" } }), vec!["a0", "a0V", "b"]),
        (json!({ "discount": { "until": "-0.5" } }), vec!["Zz"]),
        (json!({ "due": { "from": "2026-02-28", "until": "2026-03-01" } }), vec!["a0V", "a1", "b"]),
        (json!({ "due": { "from": "2027-01-01" } }), vec!["Zz"]),
        (json!({ "due": {}, "discount": {} }), vec!["Zz", "a0", "a00", "a0V", "a1", "b"]),
    ] {
        assert_eq!(case.ranks(json!({ "filter": filter })).await, found, "{filter}");
    }
}

#[tokio::test]
async fn a_filter_that_breaks_a_rule_is_refused_with_field_and_rule() {
    let case = Case::start().await;
    let query = "query($filter: QuoteFilter) { quotes(filter: $filter) { nodes { rank } } }";
    for (filter, refused) in [
        (json!({ "total": { "currency": "pesos" } }), "total.currency: a currency is an ISO 4217 code"),
        (
            json!({ "total": { "currency": "JPY", "from": "1.5" } }),
            "total.from: an amount in JPY has at most 0 decimals",
        ),
        (
            json!({ "total": { "currency": "MXN", "from": "2", "until": "1.99" } }),
            "total.until: must not be less than from",
        ),
        (json!({ "discount": { "from": "1e3" } }), "discount.from: must be digits"),
        (json!({ "discount": { "until": "0.0000001" } }), "discount.until: must have at most 6 decimals"),
        (json!({ "due": { "from": "2026-02-29" } }), "due.from: must be a day such as 2026-11-21"),
        (json!({ "due": { "until": "2100-01-01" } }), "due.until: must lie in the years 1900 to 2099"),
        (
            json!({ "due": { "from": "2026-03-01", "until": "2026-02-28" } }),
            "due.until: must not be less than from",
        ),
    ] {
        let answer = case.ask(query, json!({ "filter": filter })).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_else(|| panic!("{filter}: {answer}"));
        assert!(message.starts_with(refused), "{filter}: {message}");
    }
}

#[test]
fn an_amount_that_is_given_is_checked_with_its_currency() {
    let given = |amount: &str, currency: &str| {
        let mut check = Check::default();
        let input = MoneyInput { amount: DecimalText(amount.to_owned()), currency: currency.to_owned() };
        let money = input.checked(&mut check, Code::Invalid, "price");
        match check.done() {
            Ok(()) => Ok(money.expect("checked").to_string()),
            Err(Stop::Refused(refusals)) => Err(refusals[0].field.join(".")),
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!(given("1160.5", "MXN"), Ok("1160.50".to_owned()));
    assert_eq!(given("1160.5", "JPY"), Err("price.amount".to_owned()));
    assert_eq!(given("1,160", "MXN"), Err("price.amount".to_owned()));
    assert_eq!(given("1160", "mxn"), Err("price.currency".to_owned()));
}
