//! Mutations: who reaches what.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Gets::{self, Forbidden, Nothing, Stranger, Through};
use super::{WHOSE, World, outcome, root_fields, sees, world};

/// What a mutation is about, which decides who gets through.
enum About {
    /// A client or what hangs on one: (kind of id, name of the input's field, the other fields).
    OnClient(&'static str, &'static str, Value),
    /// Only supervisors and admins, on clients that they see.
    Supervising(Value),
    /// The office: admins only.
    Office(Value),
    /// The own account, or any for admins: (the other fields).
    Account(Value),
    /// Anybody who is signed in and may write.
    New(Value),
    /// Anybody at all.
    Open(Value),
    /// Anybody with a session.
    Session(Value),
    /// Ana alone: it is for her.
    Anas(Value),
    /// What every user has for themselves, and machines have not.
    Own(Value),
    /// A team, by its supervisors and by admins: (the other fields).
    Leading(Value),
}
use About::{Account, Anas, Leading, New, Office, OnClient, Open, Own, Session, Supervising};

const NINE: &str = "2027-01-04T09:00:00Z";
const TEN: &str = "2027-01-04T10:00:00Z";

fn mutations(world: &World) -> Vec<(&'static str, About)> {
    let version = |mut fields: Value| {
        fields["expectedVersion"] = json!(1);
        fields
    };
    vec![
        ("sessionCreate", Open(json!({ "email": "x@test.example", "password": "x" }))),
        ("sessionRefresh", Open(json!({ "refreshToken": "x" }))),
        ("sessionRevoke", Session(json!({ "id": "session_00000000000000000000000000" }))),
        ("userCreate", Office(json!({ "email": "", "name": "", "role": "ADMIN" }))),
        ("userUpdate", Account(version(json!({ "name": "Changed" })))),
        ("userDisable", Office(version(json!({ "id": "user_00000000000000000000000000" })))),
        ("userEnable", Office(version(json!({ "id": "user_00000000000000000000000000" })))),
        ("userSetPassword", Account(json!({ "password": "short" }))),
        ("teamCreate", Office(json!({ "name": "" }))),
        ("teamRename", Office(version(json!({ "id": world.id("team own"), "name": "" })))),
        ("apiKeyCreate", Office(json!({ "name": "", "role": "ADMIN", "scopes": [] }))),
        ("apiKeyRevoke", Office(json!({ "id": "apikey_00000000000000000000000000" }))),
        (
            "marketCreate",
            Office(
                json!({ "key": "", "name": "", "country": "", "currency": "", "timeZone": "", "numberPrefix": "" }),
            ),
        ),
        ("ecosystemCreate", Office(json!({ "market": "", "key": "", "name": "" }))),
        ("ecosystemUpdate", Office(version(json!({ "id": world.id("ecosystem") })))),
        ("clientCreate", New(json!({ "kind": "PERSON", "name": "", "market": "" }))),
        ("clientUpdate", OnClient("client", "id", version(json!({})))),
        (
            "clientReassign",
            OnClient("client", "id", version(json!({ "advisorId": "user_00000000000000000000000000" }))),
        ),
        ("clientActivate", OnClient("client", "id", json!({ "expectedVersion": 99 }))),
        ("clientDeactivate", OnClient("client", "id", version(json!({})))),
        ("clientBlock", Supervising(version(json!({})))),
        ("clientUnblock", Supervising(version(json!({})))),
        ("eventlogAppend", OnClient("client", "clientId", json!({ "kind": "NOTE", "text": "" }))),
        ("contactCreate", OnClient("client", "clientId", json!({ "name": "" }))),
        ("contactUpdate", OnClient("contact", "id", version(json!({ "name": "" })))),
        ("contactDelete", OnClient("fresh contact", "id", json!({}))),
        ("activityCreate", OnClient("client", "clientId", json!({ "kind": "CALL", "title": "" }))),
        ("activityUpdate", OnClient("activity", "id", version(json!({ "title": "" })))),
        ("activityComplete", OnClient("activity", "id", json!({ "expectedVersion": 99 }))),
        ("activityCancel", OnClient("activity", "id", json!({ "expectedVersion": 99 }))),
        ("activityReopen", OnClient("activity", "id", version(json!({})))),
        ("syncRequest", OnClient("client", "id", json!({}))),
        ("syncRetry", Office(json!({}))),
        ("syncDiscard", Office(json!({ "reason": "" }))),
        ("deadLetterRetry", Office(json!({}))),
        ("deadLetterDiscard", Office(json!({ "reason": "" }))),
        ("notificationMarkRead", Anas(json!({ "id": world.id("notification") }))),
        ("notificationMarkUnread", Anas(json!({ "id": world.id("notification") }))),
        ("notificationMarkAllRead", Anas(json!({ "id": world.id("notification") }))),
        ("agendaEventCreate", New(json!({ "title": "", "start": TEN, "end": TEN }))),
        ("agendaEventUpdate", OnClient("event", "id", version(json!({ "title": "" })))),
        ("agendaEventReschedule", OnClient("event", "id", version(json!({ "start": TEN, "end": NINE })))),
        (
            "agendaEventAssign",
            OnClient("event", "id", version(json!({ "assigneeId": "user_00000000000000000000000000" }))),
        ),
        ("agendaEventConfirm", OnClient("event", "id", json!({ "expectedVersion": 99 }))),
        ("agendaEventComplete", OnClient("event", "id", json!({ "expectedVersion": 99 }))),
        ("agendaEventMarkNoShow", OnClient("event", "id", version(json!({})))),
        ("agendaEventCancel", OnClient("event", "id", json!({ "expectedVersion": 99 }))),
        ("agendaEventReopen", OnClient("event", "id", version(json!({})))),
        (
            "clientNextTouchSet",
            OnClient("client", "clientId", json!({ "nextTouch": { "at": TEN, "reason": "" } })),
        ),
        ("workingCalendarUpdate", Leading(version(json!({ "timeZone": "" })))),
        ("agendaSettingsUpdate", Own(json!({ "expectedVersion": 0, "reminders": [-1] }))),
        ("agendaFeedCreate", Own(json!({}))),
        ("agendaFeedRevoke", Own(json!({}))),
    ]
}

/// Whether the thing is looked for before the role is judged: both tell nothing.
fn judged_first(mutation: &str) -> bool {
    let by_thing = ["client", "agendaEvent"].iter().any(|kind| mutation.starts_with(kind));
    by_thing && mutation != "clientNextTouchSet"
}

fn document(mutation: &str) -> String {
    let schema = cabina::graphql::schema::sdl();
    let field = schema.split(&format!(" {mutation}(")).nth(1).expect("a mutation");
    let input = field.split("input: ").nth(1).and_then(|rest| rest.split('!').next()).expect("an input");
    format!(
        "mutation($input: {input}!) {{ {mutation}(input: $input) {{ userErrors {{ code field }} event {{ id }} }} }}"
    )
}

#[tokio::test]
async fn every_mutation_lets_each_role_reach_its_own() {
    let world = world().await;
    let rows = mutations(&world);
    let listed: BTreeSet<String> = rows.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, root_fields("Mutation"), "every mutation has its row here");
    let traces = world.app.traces().await;
    let mut changed = 0;
    for (mutation, about) in &rows {
        for (name, actor) in &world.actors {
            let (nobody, reader) = (*name == "nobody", *name == "reader");
            let mut cases: Vec<(Value, Gets)> = Vec::new();
            let mut on = |kind: &str, field: &str, fields: &Value, forbidden: bool| {
                for whose in WHOSE {
                    let mut input = fields.clone();
                    let key = if kind.starts_with("fresh") {
                        format!("{kind} {whose} {name}")
                    } else {
                        format!("{kind} {whose}")
                    };
                    input[field] = json!(world.id(&key));
                    let expected = match () {
                        () if nobody => Stranger,
                        // What is not seen is not there, whatever the role may do with others.
                        () if !sees(name, whose) && judged_first(mutation) => Nothing,
                        () if forbidden => Forbidden,
                        () if !sees(name, whose) => Nothing,
                        () => Through,
                    };
                    cases.push((input, expected));
                }
            };
            match about {
                OnClient(kind, field, fields) => on(kind, field, fields, reader),
                Supervising(fields) => on("client", "id", fields, !["sofia", "admin"].contains(name)),
                Office(fields) => {
                    let unknown = fields["id"].as_str().is_some_and(|id| id.ends_with("0000000000"));
                    let expected = match *name {
                        "nobody" => Stranger,
                        "admin" if unknown => Nothing,
                        "admin" => Through,
                        _ => Forbidden,
                    };
                    cases.push((fields.clone(), expected));
                }
                Account(fields) => {
                    for whose in ["user own", "user other"] {
                        let mut input = fields.clone();
                        input["id"] = json!(world.id(whose));
                        let own = actor.id == world.id(whose);
                        let expected = match *name {
                            "nobody" => Stranger,
                            "admin" => Through,
                            _ if own => Through,
                            _ => Forbidden,
                        };
                        cases.push((input, expected));
                    }
                }
                New(fields) => cases.push((
                    fields.clone(),
                    if nobody {
                        Stranger
                    } else if reader {
                        Forbidden
                    } else {
                        Through
                    },
                )),
                Open(fields) => cases.push((fields.clone(), Through)),
                Anas(fields) => {
                    let expected = match *name {
                        "nobody" => Stranger,
                        "ana" => Through,
                        _ => Nothing,
                    };
                    cases.push((fields.clone(), expected));
                }
                Own(fields) => {
                    let expected = match *name {
                        "nobody" => Stranger,
                        "reader" => Nothing,
                        _ => Through,
                    };
                    cases.push((fields.clone(), expected));
                }
                Leading(fields) => {
                    for (whose, team) in [("own", "North"), ("other", "South")] {
                        let mut input = fields.clone();
                        input["teamId"] = json!(world.id(&format!("team {whose}")));
                        let expected = match (*name, team) {
                            ("nobody", _) => Stranger,
                            ("admin", _) | ("sofia", "North") => Through,
                            ("reader", _) | ("ana", "North") | ("carla", "South") => Forbidden,
                            _ => Nothing,
                        };
                        cases.push((input, expected));
                    }
                }
                Session(fields) => {
                    cases.push((fields.clone(), if nobody || reader { Stranger } else { Nothing }));
                }
            }
            for (input, expected) in cases {
                let body = actor.send(&document(mutation), json!({ "input": input })).await.body;
                assert_eq!(outcome(&body, mutation), expected, "{name} {mutation} {input}\n{body}");
                changed += usize::from(body["data"][mutation]["event"]["id"].is_string());
            }
        }
    }
    // Most inputs are wrong on purpose: what is written are two changed names (the admin is first, the others find them
    // changed already), the deleted contacts (four by the admin, three by Sofía, two by Ana, one by Carla) and Ana's
    // notification, read, unread and read again, and each client asked to be sent by all who see it and may write; and
    // the feed of each of four, opened and closed.
    assert_eq!(world.app.traces().await[0] - traces[0], i64::try_from(changed).expect("few"));
    assert_eq!(changed, 2 + 2 * (4 + 3 + 2 + 1) + 3 + 2 * 4);
}
