//! A name or title shows something, wherever people type one.

use serde_json::{Value, json};

use crate::support::{Actor, Refusals, TestApp};

/// What shows nothing: marks, fillers, blanks, selectors, tags.
const NOTHING: [&str; 8] = [
    "\u{200e}",
    "\u{3164}",
    "\u{2800}\u{a0}",
    "\u{115f}\u{1160}",
    "\u{ffa0}\u{fe0f}",
    "\u{200d}\u{200c}",
    "\u{e0041}",
    " \u{301}",
];

async fn refused(actor: &Actor, mutation: &str, input: Value) -> Vec<(String, String)> {
    actor.run(mutation, input, "event { id }").await.refusals()
}

#[tokio::test]
async fn names_that_show_nothing_are_refused_and_write_nothing() {
    let app = TestApp::start().await;
    let (ana, sofia, admin) = (app.ana().await, app.sofia().await, app.admin().await);
    let client = ana.client_with(json!({ "kind": "COMPANY", "name": "Acme" })).await["id"].clone();
    let north = admin.data("{ teams(first: 1) { nodes { id version } } }", json!({})).await["teams"]["nodes"]
        [0]
    .clone();
    let before = app.traces().await;
    for nothing in NOTHING {
        let of = |field: &str| vec![("INVALID".to_owned(), field.to_owned())];
        let cases = [
            (&ana, "clientCreate", "name", json!({ "kind": "PERSON", "name": nothing, "market": "madrid" })),
            (
                &ana,
                "clientCreate",
                "tags",
                json!({ "kind": "PERSON", "name": "A", "market": "madrid", "tags": [nothing] }),
            ),
            (&ana, "clientUpdate", "name", json!({ "id": client, "expectedVersion": 1, "name": nothing })),
            (
                &sofia,
                "clientBlock",
                "reason",
                json!({ "id": client, "expectedVersion": 1, "reason": nothing }),
            ),
            (&ana, "contactCreate", "name", json!({ "clientId": client, "name": nothing })),
            (
                &ana,
                "activityCreate",
                "title",
                json!({ "clientId": client, "kind": "CALL", "title": nothing }),
            ),
            (&ana, "eventlogAppend", "text", json!({ "clientId": client, "kind": "NOTE", "text": nothing })),
            (
                &ana,
                "agendaEventCreate",
                "title",
                json!({
                "title": nothing, "start": "2026-12-01T10:00:00Z", "end": "2026-12-01T11:00:00Z" }),
            ),
            (
                &sofia,
                "workingCalendarUpdate",
                "holidays",
                json!({ "teamId": north["id"], "expectedVersion": 0,
                "holidays": [{ "day": "2026-12-25", "name": nothing }] }),
            ),
            (
                &admin,
                "userCreate",
                "name",
                json!({ "email": "x@test.example", "name": nothing, "role": "ADMIN" }),
            ),
            (&ana, "userUpdate", "name", json!({ "id": ana.id, "expectedVersion": 1, "name": nothing })),
            (&admin, "teamCreate", "name", json!({ "name": nothing })),
            (
                &admin,
                "teamRename",
                "name",
                json!({ "id": north["id"], "expectedVersion": north["version"], "name": nothing }),
            ),
            (&admin, "apiKeyCreate", "name", json!({ "name": nothing, "role": "ADMIN", "scopes": ["READ"] })),
            (
                &admin,
                "marketCreate",
                "name",
                json!({ "key": "lima", "name": nothing, "country": "PE", "currency": "PEN",
                "timeZone": "America/Lima", "numberPrefix": "LIM" }),
            ),
            (
                &admin,
                "ecosystemCreate",
                "name",
                json!({ "market": "madrid", "key": "ruta-9", "name": nothing }),
            ),
        ];
        for (actor, mutation, field, input) in cases {
            assert_eq!(refused(actor, mutation, input).await, of(field), "{mutation} {nothing:?}");
        }
    }
    assert_eq!(app.traces().await, before, "nothing was written");
}

#[tokio::test]
async fn what_shows_nothing_falls_off_the_ends_of_a_name() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let input = json!({ "kind": "COMPANY", "name": "\u{200e}Acme\u{200f} \u{200e}", "market": "madrid",
        "tags": ["VIP\u{200e}", "\u{2800}vip"], "address": { "street": "\u{200e}", "city": "Madrid\u{61c}" } });
    let made =
        ana.run("clientCreate", input, "client { id name tags address { street city } }").await["client"]
            .clone();
    assert_eq!(made["name"], "Acme");
    assert_eq!(made["tags"], json!(["VIP"]));
    assert_eq!(made["address"], json!({ "street": null, "city": "Madrid" }));
    let contact = json!({ "clientId": made["id"], "name": "\u{feff}Eva\u{200f}", "position": "\u{3164}", "notes": "\u{200e}\n" });
    let contact =
        ana.run("contactCreate", contact, "contact { name position notes }").await["contact"].clone();
    assert_eq!(contact, json!({ "name": "Eva", "position": null, "notes": null }));
    for kept in ["می\u{200c}خواهم", "👩\u{200d}⚕️", "❤\u{fe0f}", "אב \u{200f}(A)\u{200f} ג"]
    {
        let made = ana.client_with(json!({ "name": kept })).await["id"].clone();
        let name = ana.data("query($id: ID!) { client(id: $id) { name } }", json!({ "id": made })).await["client"]["name"].clone();
        assert_eq!(name, kept);
    }
}

#[tokio::test]
async fn the_phone_of_a_contact_is_read_in_the_country_of_its_client() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let here = ana.client("Rosa").await;
    let spain = ana.client_with(json!({ "name": "Pilar", "market": "madrid" })).await["id"].clone();
    let selection = "contact { id version phone }";
    let contact = json!({ "clientId": here, "name": "Eva", "phone": "449 123 4567" });
    let made = ana.run("contactCreate", contact, selection).await["contact"].clone();
    assert_eq!(made["phone"], "+524491234567");
    let change = json!({ "id": made["id"], "expectedVersion": made["version"], "phone": "(449) 765 4321" });
    assert_eq!(ana.run("contactUpdate", change, selection).await["contact"]["phone"], "+524497654321");
    let contact = json!({ "clientId": spain, "name": "Sol", "phone": "612 345 678" });
    assert_eq!(ana.run("contactCreate", contact, selection).await["contact"]["phone"], "+34612345678");
    let foreign = json!({ "clientId": spain, "name": "Ray", "phone": "+52 449 123 4567" });
    assert_eq!(ana.run("contactCreate", foreign, selection).await["contact"]["phone"], "+524491234567");
}

#[tokio::test]
async fn what_is_too_long_is_refused_and_nothing_is_written() {
    let app = TestApp::start().await;
    let (ana, sofia, admin) = (app.ana().await, app.sofia().await, app.admin().await);
    let client = ana.client_with(json!({ "kind": "COMPANY", "name": "Acme" })).await["id"].clone();
    let at = json!({ "start": "2027-12-01T10:00:00Z", "end": "2027-12-01T11:00:00Z" });
    let with = |base: &Value, fields: Value| {
        let mut input = base.clone();
        let all = fields.as_object().expect("fields").iter();
        all.for_each(|(name, value)| input[name] = value.clone());
        input
    };
    let event = with(&at, json!({ "title": "Visit" }));
    let made = ana.run("agendaEventCreate", event.clone(), "agendaEvent { id version }").await["agendaEvent"]
        .clone();
    let long = "ñ".repeat(10_001);
    let company = json!({ "kind": "COMPANY", "name": "Beta", "market": "madrid" });
    let contact = json!({ "clientId": client, "name": "Eva" });
    let activity = json!({ "clientId": client, "kind": "CALL", "title": "Call" });
    let same = |fields: Value| with(&json!({ "id": client, "expectedVersion": 1 }), fields);
    let cases = [
        (&ana, "clientCreate", "name", with(&company, json!({ "name": long }))),
        (&ana, "clientCreate", "tags", with(&company, json!({ "tags": [long] }))),
        (&ana, "clientCreate", "taxId", with(&company, json!({ "taxId": long }))),
        (&ana, "clientCreate", "email", with(&company, json!({ "email": long }))),
        (&ana, "clientCreate", "phone", with(&company, json!({ "phone": long }))),
        (&ana, "clientCreate", "idempotencyKey", with(&company, json!({ "idempotencyKey": long }))),
        (&ana, "clientCreate", "address.city", with(&company, json!({ "address": { "city": long } }))),
        (&sofia, "clientBlock", "reason", same(json!({ "reason": long }))),
        (&ana, "contactCreate", "position", with(&contact, json!({ "position": long }))),
        (&ana, "contactCreate", "notes", with(&contact, json!({ "notes": long }))),
        (&ana, "activityCreate", "title", with(&activity, json!({ "title": long }))),
        (&ana, "activityCreate", "notes", with(&activity, json!({ "notes": long }))),
        (&ana, "eventlogAppend", "text", json!({ "clientId": client, "kind": "NOTE", "text": long })),
        (&ana, "agendaEventCreate", "title", with(&event, json!({ "title": long }))),
        (&ana, "agendaEventCreate", "location", with(&event, json!({ "location": long }))),
        (&ana, "agendaEventCreate", "description", with(&event, json!({ "description": long }))),
        (&ana, "agendaEventCreate", "timeZone", with(&event, json!({ "timeZone": long }))),
        (
            &ana,
            "agendaEventCancel",
            "reason",
            json!({ "id": made["id"], "expectedVersion": made["version"], "reason": long }),
        ),
        (
            &ana,
            "clientNextTouchSet",
            "nextTouch.reason",
            json!({ "clientId": client, "nextTouch": { "at": "2027-12-01T10:00:00Z", "reason": long } }),
        ),
        (&admin, "teamCreate", "name", json!({ "name": long })),
        (&admin, "apiKeyCreate", "name", json!({ "name": long, "role": "ADMIN", "scopes": ["READ"] })),
    ];
    let before = app.traces().await;
    for (actor, mutation, field, input) in cases {
        let refused = refused(actor, mutation, input).await;
        assert!(matches!(&refused[..], [(_, told)] if told == field), "{mutation} {field}: {refused:?}");
    }
    assert_eq!(app.traces().await, before, "nothing was written");
}
