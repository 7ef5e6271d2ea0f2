//! Live figures.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Screen, TestApp};

const BOARD: &str =
    "subscription { dashboard { cursor at clients { clients openActivities byStatus { status count } } } }";

async fn figures(screen: &mut Screen) -> (i64, i64) {
    let clients = screen.item("d").await["dashboard"]["clients"].clone();
    let number = |value: &Value| value.as_i64().expect("a number");
    (number(&clients["clients"]), number(&clients["openActivities"]))
}

/// Waits for these figures; tells how many items came until then.
async fn until(screen: &mut Screen, wanted: (i64, i64)) -> usize {
    for count in 1.. {
        let got = figures(screen).await;
        if got == wanted {
            return count;
        }
        assert!(got <= wanted && count < 20, "{got:?} on the way to {wanted:?}");
    }
    unreachable!("the loop ends by itself")
}

#[tokio::test]
async fn each_sees_the_figures_of_their_scope_move() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let (ana, carla, sofia, admin) =
        (app.ana().await, app.carla().await, app.sofia().await, app.admin().await);
    let mut screens = Vec::new();
    for actor in [&ana, &carla, &sofia, &admin] {
        let there = second.bearer(actor.token.as_deref().expect("a token"));
        let mut screen = Screen::of(&there).await;
        screen.subscribe("d", BOARD, json!({})).await;
        assert_eq!(figures(&mut screen).await, (0, 0), "the present figures come at once");
        screens.push(screen);
    }
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(ana.client(&format!("Client {n}")).await);
    }
    let plan = json!({ "clientId": ids[0], "kind": "CALL", "title": "Call" });
    let began = Instant::now();
    ana.run("activityCreate", plan, "activity { id }").await;
    let items = until(&mut screens[0], (20, 1)).await;
    assert!(items <= 2 + began.elapsed().as_secs() as usize + 4, "at most one a second: {items}");
    until(&mut screens[2], (20, 1)).await;
    until(&mut screens[3], (20, 1)).await;
    carla.client("Hers").await;
    until(&mut screens[3], (21, 1)).await;
    until(&mut screens[1], (1, 0)).await;
    let hand = json!({ "id": ids[0], "expectedVersion": 1, "advisorId": Value::Null });
    sofia.run("clientReassign", hand, "client { id }").await;
    screens[2].hears_nothing().await; // the team's figures are what they were
    let change = json!({ "id": sofia.id, "expectedVersion": 1, "role": "ADVISOR" });
    admin.run("userUpdate", change, "user { role }").await;
    until(&mut screens[2], (1, 1)).await; // an advisor sees the pool
}

#[tokio::test]
async fn whoever_comes_in_the_same_second_misses_nothing() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut first = Screen::of(&ana).await;
    let mut second = Screen::of(&ana).await;
    first.subscribe("d", BOARD, json!({})).await;
    assert_eq!(figures(&mut first).await, (0, 0));
    ana.client("Rosa").await;
    app.settled().await;
    // The figures of this second were read before.
    second.subscribe("d", BOARD, json!({})).await;
    until(&mut second, (1, 0)).await;
    until(&mut first, (1, 0)).await;
}

#[tokio::test]
async fn a_burst_is_one_item_and_quiet_is_none() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut screen = Screen::of(&ana).await;
    screen.subscribe("d", BOARD, json!({})).await;
    assert_eq!(figures(&mut screen).await, (0, 0));
    screen.hears_nothing().await;
    let began = Instant::now();
    let burst = (0..30).map(|n| ana.client_with(json!({ "name": format!("Client {n}") })));
    futures_util::future::join_all(burst).await;
    let items = until(&mut screen, (30, 0)).await;
    let seconds = began.elapsed().as_secs() as usize + 2;
    assert!(items <= seconds, "{items} items in {seconds} beats");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    screen.hears_nothing().await;
}
