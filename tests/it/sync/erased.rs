//! A client is erased that stands in Odoo too.

use std::sync::Arc;

use cabina::flows::erase_client;
use cabina::platform::auth::Viewer;
use cabina::platform::db::{Origin, Tx};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::{Pair, until};

#[tokio::test]
async fn the_record_of_an_erased_client_is_archived_and_the_ledger_forgets_what_it_held() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let client = ana.client("Xochitl").await;
    let note = json!({ "clientId": client, "kind": "NOTE", "text": "Xochitl called" });
    ana.run("eventlogAppend", note, "entry { id }").await;
    let contact = json!({ "clientId": client, "name": "Wenceslao" });
    ana.run("contactCreate", contact, "contact { id }").await;
    pair.settled().await;
    let partner = pair.partner(&client).id().expect("an id");

    let app = &pair.app.app;
    let viewer = Arc::new(Viewer::system("tests"));
    let mut tx = Tx::begin(&app.database, &app.clock, viewer, Origin::default()).await.expect("begins");
    erase_client(&mut tx, client.parse().expect("an id"), "asked").await.expect("erased");
    tx.commit().await.expect("commits");

    let is_archived = |id: i64| {
        let record = pair.odoo.records("res.partner").into_iter().find(|record| record.id().ok() == Some(id));
        record.expect("it is there").flag("active").ok() == Some(false)
    };
    until("its record is archived", async || is_archived(partner)).await;
    pair.settled().await;
    let sql = "SELECT CAST(agreed AS text) || coalesce(CAST(seen AS text), '') || coalesce(CAST(payload AS text), '')
        FROM sync_external";
    let backend = app.database.own.get_database_backend();
    let rows = app.database.own.query_all_raw(Statement::from_string(backend, sql)).await.expect("rows");
    assert!(rows.iter().all(|row| {
        row.try_get_by_index::<Option<String>>(0).expect("a text").is_none_or(|text| text == "{}")
    }));
    assert_eq!(
        ana.data("{ clients { totalCount } }", json!({})).await["clients"]["totalCount"],
        1,
        "nobody came back"
    );
}
