//! What we send equals what was recorded.

use cabina::integrations::odoo::wire::{Outgoing, Session};
use cabina::integrations::odoo::{json2, jsonrpc, xmlrpc};
use secrecy::ExposeSecret;
use serde_json::Value as Json;

use super::recordings::{Exchange, Meaning, exchanges, meanings};

/// Exchanges that the client can't make, and why. Their answers are read all the same.
const NOT_MADE: &[(u16, &str)] = &[
    (12, "JSON-2 is not spoken without a key"),
    (15, "the database is always named"),
    (42, "create sends a list over JSON-2, as its parameter's name says"),
    (65, "the cells of load are text by their type"),
    (214, "calls are POST"),
    (215, "the content type is fixed"),
    (216, "the content type is fixed"),
    (217, "bodies are whole"),
    (218, "bodies are objects, and the database is named"),
    (219, "bodies are whole"),
    (220, "the service's method is fixed"),
    (221, "the service is fixed"),
    (223, "the older endpoint is not used (rule 1)"),
];

fn rebuild(exchange: &Exchange, meaning: &Meaning) -> Outgoing {
    let secret = |usual: &str| meaning.secret.clone().unwrap_or_else(|| usual.to_owned());
    let session = Session {
        database: meaning.database.clone(),
        uid: meaning.uid,
        secret: secret("LAB_ADMIN_PASSWORD").into(),
    };
    let (database, login) = (session.database.as_str(), meaning.login.as_str());
    match (exchange.transport.as_str(), meaning.call.as_str()) {
        ("xmlrpc", "version") => xmlrpc::version(),
        ("xmlrpc", "authenticate") => xmlrpc::authenticate(database, login, &session.secret),
        ("xmlrpc", _) => meaning.call(|call| call.xml(&session)),
        ("jsonrpc", "version") => jsonrpc::version(meaning.id),
        ("jsonrpc", "authenticate") => jsonrpc::authenticate(meaning.id, database, login, &session.secret),
        ("jsonrpc", _) => meaning.call(|call| call.json(meaning.id, &session)),
        (_, "version") => json2::version(),
        _ => meaning.call(|call| call.json2(database, &secret("LAB_API_KEY"))),
    }
}

/// XML without the line feeds between its tags; the recorder itself left one out (222).
fn joined(xml: &[u8]) -> String {
    String::from_utf8(xml.to_vec()).expect("text").trim().replace(">\n<", "><")
}

#[test]
fn every_request_that_the_client_can_make_equals_the_recording() {
    let (exchanges, meanings) = (exchanges(), meanings());
    assert_eq!((exchanges.len(), meanings.len()), (244, 244));
    let (mut rebuilt, mut to_the_byte) = (0, 0);
    for (exchange, meaning) in exchanges.iter().zip(&meanings) {
        assert_eq!(exchange.n, meaning.exchange);
        let excuse = NOT_MADE.iter().find(|(number, _)| *number == exchange.number());
        assert_ne!(excuse.is_some(), !meaning.call.is_empty(), "{}: either rebuilt or excused", exchange.n);
        if excuse.is_some() {
            continue;
        }
        let sent = rebuild(exchange, meaning);
        assert_eq!(if sent.get { "GET" } else { "POST" }, exchange.method, "{}", exchange.n);
        assert_eq!(sent.path, exchange.path, "{}", exchange.n);
        let recorded = exchange.request().unwrap_or_default();
        if exchange.transport == "xmlrpc" {
            assert_eq!(joined(&sent.body), joined(&recorded), "{}", exchange.n);
            to_the_byte += u32::from(sent.body == recorded);
        } else if !sent.get {
            let json = |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).expect("JSON");
            assert_eq!(json(&sent.body), json(&recorded), "{}", exchange.n);
        }
        let headers = sent.headers.iter().map(|(name, value)| (*name, value.expose_secret()));
        // The recorder put a content type on a GET as well, which has no content.
        let expected =
            exchange.request_headers.iter().filter(|(name, _)| !(sent.get && *name == "Content-Type"));
        let mut headers: Vec<_> = headers.collect();
        headers.sort_unstable();
        let expected: Vec<_> = expected.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(headers, expected, "{}", exchange.n);
        rebuilt += 1;
    }
    assert_eq!(rebuilt, 231);
    // All XML but the one whose `<nil/>` the recorder wrote by hand.
    assert_eq!(to_the_byte, 149);
}
