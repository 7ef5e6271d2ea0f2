//! Number series: no number is given twice, none is missing where none may be, and nobody waits where some may.

use std::collections::BTreeSet;
use std::sync::Arc;

use cabina::kernel::ids::{EventId, new_uuid};
use cabina::platform::auth::Viewer;
use cabina::platform::db::tables::number_series;
use cabina::platform::db::{Gaps, NumberSeries, Origin, Tx, all_rows};
use futures_util::future::join_all;
use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use crate::contention::{other, someone_waits};
use crate::support::{TestApp, is_postgres};

const INVOICES: NumberSeries = NumberSeries { kind: "test.invoice", gaps: Gaps::Forbidden };
const QUOTES: NumberSeries = NumberSeries { kind: "test.quote", gaps: Gaps::Allowed };

async fn begin(app: &TestApp) -> Tx {
    let origin = Origin { operation: "test".into(), ..Origin::default() };
    let viewer = Arc::new(Viewer::system("test"));
    Tx::begin(&app.app.database, &app.app.clock, viewer, origin).await.expect("begins")
}

/// Commits what nothing was recorded of.
async fn commit(mut tx: Tx) -> EventId {
    tx.keep();
    tx.commit().await.expect("committed").expect("kept")
}

/// Draws and commits.
async fn drawn(app: &TestApp, series: NumberSeries, market: Uuid, year: Option<i32>) -> i64 {
    let tx = begin(app).await;
    let number = tx.draw_number(series, market, year).await.expect("a number");
    commit(tx).await;
    number
}

#[tokio::test]
async fn each_kind_market_and_year_has_numbers_of_its_own() {
    let app = TestApp::start().await;
    let (north, south) = (new_uuid(), new_uuid());
    for (series, market, year, expected) in [
        (INVOICES, north, Some(2026), 1),
        (INVOICES, north, Some(2026), 2),
        (INVOICES, north, Some(2027), 1),
        (INVOICES, south, Some(2026), 1),
        (INVOICES, north, None, 1),
        (QUOTES, north, Some(2026), 1),
        (QUOTES, north, Some(2026), 2),
        (INVOICES, north, Some(2026), 3),
    ] {
        assert_eq!(drawn(&app, series, market, year).await, expected, "{series:?} {year:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_draw_at_once_get_numbers_without_a_gap() {
    let app = TestApp::start().await;
    let market = new_uuid();
    // More than there are connections: whoever waits for a number must not keep the others from theirs.
    for series in [INVOICES, QUOTES] {
        let all = join_all((0..20).map(|_| drawn(&app, series, market, None))).await;
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), (1..=20).collect(), "{series:?}");
    }
}

#[tokio::test]
async fn a_write_that_fails_leaves_no_gap_where_none_may_be() {
    let app = TestApp::start().await;
    let market = new_uuid();
    assert_eq!(drawn(&app, INVOICES, market, None).await, 1);
    let fails = begin(&app).await;
    assert_eq!(fails.draw_number(INVOICES, market, None).await.expect("a number"), 2);
    drop(fails);
    assert_eq!(drawn(&app, INVOICES, market, None).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_draws_without_gaps_waits_for_the_one_before() {
    let app = Arc::new(TestApp::start().await);
    let (watch, market) = (other(&app).await, new_uuid());
    let before = begin(&app).await;
    assert_eq!(before.draw_number(INVOICES, market, None).await.expect("a number"), 1);
    let drawing = app.clone();
    let next = tokio::spawn(async move { drawn(&drawing, INVOICES, market, None).await });
    if is_postgres() {
        someone_waits(&watch).await;
    } // SQLite has one writer, who has not even begun.
    drop(before);
    assert_eq!(next.await.expect("drawn"), 1, "the number that was given back");
}

#[tokio::test]
async fn who_draws_with_gaps_waits_for_nobody() {
    let app = TestApp::start().await;
    let market = new_uuid();
    let slow = begin(&app).await;
    assert_eq!(slow.draw_number(QUOTES, market, None).await.expect("a number"), 1);
    if is_postgres() {
        assert_eq!(drawn(&app, QUOTES, market, None).await, 2, "while the first is still under way");
        drop(slow);
        assert_eq!(drawn(&app, QUOTES, market, None).await, 3, "1 is given to nobody else");
    } else {
        commit(slow).await;
        assert_eq!(drawn(&app, QUOTES, market, None).await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_are_made_at_once_have_numbers_that_follow_each_other() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let made = (0..12).map(|number| {
        let ana = ana.clone();
        async move { ana.client_with(json!({ "name": format!("Client {number}") })).await["number"].clone() }
    });
    let numbers: BTreeSet<String> =
        join_all(made).await.iter().map(|number| number.as_str().expect("a number").to_owned()).collect();
    assert_eq!(numbers, (1..=12).map(|number| format!("AGS-{number:05}")).collect());
}

#[tokio::test]
async fn numbers_of_before_go_on_where_they_were_up_and_down() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for number in 1..=3 {
        assert_eq!(ana.client_with(json!({})).await["number"], format!("AGS-0000{number}"));
    }
    let migrations = Migrator::migrations();
    let first = migrations.iter().position(|migration| migration.name().ends_with("_number_series"));
    let steps = u32::try_from(migrations.len() - first.expect("it is there")).expect("a few");
    let pool = &app.app.database.pool;
    Migrator::down(pool, Some(steps)).await.expect("taken back");
    let took =
        "UPDATE market SET last_number = last_number + 4 WHERE key = 'aguascalientes' AND last_number = 3";
    assert_eq!(pool.execute_unprepared(took).await.expect("as before").rows_affected(), 1);
    app.app.migrate().await.expect("brought up to date");
    assert_eq!(ana.client_with(json!({})).await["number"], "AGS-00008");
    let series = all_rows::<number_series::Entity>().all(pool).await.expect("read");
    assert!(series.iter().all(|series| series.kind == "client" && series.year == 0), "{series:?}");
}
