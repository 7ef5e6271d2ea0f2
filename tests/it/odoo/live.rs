//! The client over real HTTP: detection, login, keys, time-outs, pace and patience.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cabina::integrations::odoo::{
    Acted, Call, Class, Domain, Fault, Kind, Odoo, Record, TransientKind, Transport, Version,
};
use cabina::platform::config::OdooTransport;
use cabina::platform::telemetry::{Span, TraceContext};

use super::double::{Double, Reply, Seen, client, config, hangs_up};
use super::recordings::{exchange, folder};

fn count() -> Call<i64> {
    Call::search_count("res.partner", Domain::all())
}

async fn class(odoo: &Odoo) -> Class {
    odoo.run(count()).await.expect_err("a fault").class
}

fn paths(double: &Double) -> Vec<String> {
    double.seen().into_iter().map(|seen| seen.path).collect()
}

/// A server of this version: answers versions, logins and counts, each in its language.
fn server(major: u32) -> impl FnMut(&Seen) -> Reply + Send + 'static {
    let version = folder().join("001-xml-version.response.xml");
    let version = std::fs::read_to_string(version).expect("readable").replace("19", &major.to_string());
    move |seen| match seen.path.as_str() {
        "/web/version" if major >= 19 => Reply::Recorded(10),
        "/json/2/res.users/context_get" if major >= 19 => Reply::Recorded(11),
        path if path.starts_with("/json/2/") && major >= 19 => Reply::Recorded(46),
        "/jsonrpc" if seen.is_login() => Reply::Recorded(7),
        "/jsonrpc" if seen.body.contains("execute_kw") => Reply::Recorded(39),
        "/jsonrpc" => Reply::Recorded(6),
        "/xmlrpc/2/common" if seen.is_login() => Reply::Recorded(2),
        "/xmlrpc/2/common" => Reply::Status(200, version.clone()),
        "/xmlrpc/2/object" => Reply::Recorded(23),
        _ => Reply::Recorded(14),
    }
}

#[tokio::test]
async fn from_19_on_a_key_means_json_2() {
    let double = Double::start(server(19)).await;
    let mut config = config(&double.url, OdooTransport::Auto);
    config.api_keys = vec!["LAB_API_KEY".into()];
    let (odoo, _) = client(config);
    assert_eq!(odoo.run(count()).await, Ok(2));
    assert_eq!(odoo.run(count()).await, Ok(2));
    assert_eq!(odoo.uid().await, Ok(2));
    assert_eq!(odoo.transport().await, Ok(Transport::Json2));
    assert_eq!(odoo.version().await, Ok(Version { major: 19, text: "19.0".into() }));
    let count = "/json/2/res.partner/search_count";
    assert_eq!(paths(&double), ["/web/version", count, count, "/json/2/res.users/context_get"]);
}

#[tokio::test]
async fn a_call_tells_whose_it_is() {
    let double = Double::start(server(19)).await;
    let mut config = config(&double.url, OdooTransport::Json2);
    config.api_keys = vec!["LAB_API_KEY".into()];
    let (odoo, _) = client(config);
    assert_eq!(odoo.run(count()).await, Ok(2));
    let place = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let whose = TraceContext { request_id: Some("request-1".into()), traceparent: Some(place.into()) };
    assert_eq!(Span::untold(whose.context()).around(odoo.run(count())).await, Ok(2));
    let whose: Vec<_> = double.seen().into_iter().map(|seen| seen.whose).collect();
    assert_eq!(whose, [[None, None], [Some("request-1".to_owned()), Some(place.to_owned())]]);
}

#[tokio::test]
async fn from_19_on_a_password_means_json_rpc() {
    let double = Double::start(server(19)).await;
    let (odoo, _) = client(config(&double.url, OdooTransport::Auto));
    assert_eq!(odoo.run(count()).await, Ok(2));
    assert_eq!(odoo.uid().await, Ok(2));
    assert_eq!(odoo.transport().await, Ok(Transport::JsonRpc));
    assert_eq!(paths(&double), ["/web/version", "/jsonrpc", "/jsonrpc"]);
}

#[tokio::test]
async fn before_19_a_key_stands_for_the_password() {
    let double = Double::start(server(17)).await;
    let mut config = config(&double.url, OdooTransport::Auto);
    config.password = None;
    config.api_keys = vec!["LAB_API_KEY".into()];
    let (odoo, _) = client(config);
    assert_eq!(odoo.run(count()).await, Ok(2));
    assert_eq!(odoo.version().await.map(|version| version.major), Ok(17));
    assert_eq!(paths(&double), ["/web/version", "/xmlrpc/2/common", "/jsonrpc", "/jsonrpc"]);
    assert!(double.seen()[2..].iter().all(|seen| seen.body.contains("LAB_API_KEY") && seen.key.is_empty()));
}

#[tokio::test]
async fn a_configured_language_is_spoken_without_asking() {
    for (transport, expected) in [
        (OdooTransport::XmlRpc, vec!["/xmlrpc/2/common", "/xmlrpc/2/object", "/xmlrpc/2/common"]),
        (OdooTransport::JsonRpc, vec!["/jsonrpc", "/jsonrpc", "/jsonrpc"]),
    ] {
        let double = Double::start(server(19)).await;
        let (odoo, _) = client(config(&double.url, transport));
        assert_eq!(odoo.run(count()).await, Ok(2));
        assert_eq!(odoo.version().await.map(|version| version.major), Ok(19));
        assert_eq!(paths(&double), expected);
    }
}

#[tokio::test]
async fn what_is_no_odoo_is_a_mistake_of_configuration() {
    let double = Double::start(|_| Reply::Status(404, "<html>nothing here</html>".into())).await;
    let (odoo, _) = client(config(&double.url, OdooTransport::Auto));
    assert_eq!(class(&odoo).await, Class::Permanent(Kind::Configuration));
    let moved = Double::start(|_| Reply::Status(301, String::new())).await;
    let (odoo, _) = client(config(&moved.url, OdooTransport::JsonRpc));
    assert_eq!(class(&odoo).await, Class::Permanent(Kind::Configuration));
    assert_eq!(paths(&moved), ["/jsonrpc"], "a redirect is not followed");
}

#[tokio::test]
async fn twenty_callers_share_one_login() {
    let double =
        Double::start(|seen| if seen.is_login() { Reply::Slowly(50, 7) } else { Reply::Recorded(39) }).await;
    let (odoo, _) = client(config(&double.url, OdooTransport::JsonRpc));
    let callers = (0..20).map(|_| odoo.run(count()));
    let answers = futures_util::future::join_all(callers).await;
    assert_eq!(answers, vec![Ok(2); 20]);
    assert_eq!((double.logins(), double.seen().len()), (1, 21));
}

#[tokio::test]
async fn a_refused_session_is_opened_again_once_for_all() {
    let mut logins = 0;
    let double = Double::start(move |seen| {
        logins += u32::from(seen.is_login());
        match (seen.is_login(), logins) {
            (true, _) => Reply::Recorded(7),
            (false, 1) => Reply::Recorded(208),
            (false, _) => Reply::Recorded(39),
        }
    })
    .await;
    let (odoo, _) = client(config(&double.url, OdooTransport::JsonRpc));
    let answers = futures_util::future::join_all((0..20).map(|_| odoo.run(count()))).await;
    assert_eq!(answers, vec![Ok(2); 20]);
    assert_eq!(double.logins(), 2);
}

#[tokio::test]
async fn a_refused_login_is_not_tried_again_for_a_minute() {
    let double = Double::start(|_| Reply::Recorded(8)).await;
    let (odoo, clock) = client(config(&double.url, OdooTransport::JsonRpc));
    assert_eq!(class(&odoo).await, Class::Refused);
    assert_eq!(class(&odoo).await, Class::Refused);
    assert_eq!(double.logins(), 1);
    clock.advance(Duration::from_secs(61));
    assert_eq!(class(&odoo).await, Class::Refused);
    assert_eq!(double.logins(), 2);
}

#[tokio::test]
async fn the_next_key_is_used_when_one_is_refused_and_then_remembered() {
    let double =
        Double::start(|seen| Reply::Recorded(if seen.key == "bearer LAB_API_KEY" { 46 } else { 13 })).await;
    let mut config = config(&double.url, OdooTransport::Json2);
    config.api_keys = vec!["not-yet".into(), "LAB_API_KEY".into(), "old".into()];
    let (odoo, _) = client(config);
    assert_eq!(odoo.run(count()).await, Ok(2));
    assert_eq!(odoo.run(count()).await, Ok(2));
    let keys: Vec<String> = double.seen().into_iter().map(|seen| seen.key).collect();
    assert_eq!(keys, ["bearer not-yet", "bearer LAB_API_KEY", "bearer LAB_API_KEY"]);
}

#[tokio::test]
async fn when_every_key_is_refused_all_were_tried_and_none_for_a_minute() {
    let double = Double::start(|_| Reply::Recorded(13)).await;
    let mut config = config(&double.url, OdooTransport::Json2);
    config.api_keys = vec!["hunter2-a".into(), "hunter2-b".into()];
    let (odoo, clock) = client(config);
    let fault = odoo.run(count()).await.expect_err("refused");
    assert_eq!(fault.to_string(), "Unauthorized: Invalid apikey");
    assert_eq!(class(&odoo).await, Class::Refused);
    assert_eq!(double.seen().len(), 2);
    assert!(!format!("{odoo:?} {fault:?}").contains("hunter2"));
    clock.advance(Duration::from_secs(61));
    assert_eq!(class(&odoo).await, Class::Refused);
    assert_eq!(double.seen().len(), 4);
}

#[tokio::test]
async fn a_call_without_an_answer_in_time_may_have_been_done_and_is_not_repeated() {
    let double = Double::start(|_| Reply::Never).await;
    let mut config = config(&double.url, OdooTransport::Json2);
    config.api_keys = vec!["LAB_API_KEY".into()];
    config.timeout = Duration::from_secs(1);
    let (odoo, _) = client(config);
    let fault = odoo.run(Call::create("res.partner", Vec::new())).await.expect_err("no answer");
    assert_eq!(fault.class, Class::Unknown);
    assert!(!fault.may_be_repeated() && fault.message.contains("timed out"), "{fault}");
    assert_eq!(double.seen().len(), 1);
    assert!(!fault.message.contains(&double.url), "{fault}");
}

#[tokio::test]
async fn a_call_whose_login_got_no_answer_was_not_sent() {
    for transport in [OdooTransport::Auto, OdooTransport::JsonRpc] {
        let double = Double::start(|_| Reply::Never).await;
        let mut config = config(&double.url, transport);
        config.timeout = Duration::from_secs(1);
        let (odoo, _) = client(config);
        let fault = odoo.run(Call::create("res.partner", Vec::new())).await.expect_err("no answer");
        assert_eq!(fault.class, Class::Transient(TransientKind::Server), "{transport:?}");
    }
}

#[tokio::test]
async fn a_connection_that_closes_after_the_request_may_have_been_served() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1";
    for first in ["", head] {
        let (url, came) = hangs_up(first).await;
        let mut config = config(&url, OdooTransport::Json2);
        config.api_keys = vec!["LAB_API_KEY".into()];
        let (odoo, _) = client(config);
        let fault = odoo.run(Call::create("res.partner", Vec::new())).await.expect_err("no answer");
        assert_eq!((fault.class, came.load(Ordering::SeqCst)), (Class::Unknown, 1), "{fault}");
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let (odoo, _) = client(config(&url, OdooTransport::Auto));
    let fault = odoo.run(count()).await.expect_err("nobody there");
    assert_eq!(fault.class, Class::Transient(TransientKind::Unreached));
    assert!(fault.may_be_repeated());
}

#[tokio::test]
async fn a_failing_server_is_left_alone_then_tried_with_one_call() {
    let mut calls = 0;
    let double = Double::start(move |_| {
        calls += 1;
        if calls <= 6 { Reply::Status(503, "busy".into()) } else { Reply::Recorded(46) }
    })
    .await;
    let mut config = config(&double.url, OdooTransport::Json2);
    config.api_keys = vec!["LAB_API_KEY".into()];
    let (odoo, clock) = client(config);
    for _ in 0..5 {
        assert_eq!(class(&odoo).await, Class::Transient(TransientKind::Server));
    }
    let paused = Class::Transient(TransientKind::Paused);
    assert_eq!(class(&odoo).await, paused);
    assert_eq!(double.seen().len(), 5, "nothing was sent");
    clock.advance(Duration::from_secs(10));
    assert_eq!(class(&odoo).await, Class::Transient(TransientKind::Server), "the probe");
    clock.advance(Duration::from_secs(10));
    assert_eq!(class(&odoo).await, paused, "the pause is longer now");
    clock.advance(Duration::from_secs(10));
    assert_eq!(odoo.run(count()).await, Ok(2), "the next probe");
    assert_eq!(odoo.run(count()).await, Ok(2), "all is well");
    assert_eq!(double.seen().len(), 8);
}

#[tokio::test]
async fn refusals_and_conflicts_do_not_count_as_failing() {
    let mut calls = 0;
    let double = Double::start(move |_| {
        calls += 1;
        Reply::Recorded(if calls % 2 == 0 { 166 } else { 226 })
    })
    .await;
    let mut config = config(&double.url, OdooTransport::Json2);
    config.api_keys = vec!["LAB_API_KEY".into()];
    let (odoo, _) = client(config);
    for _ in 0..6 {
        assert_eq!(class(&odoo).await, Class::Transient(TransientKind::Conflict));
        assert_eq!(class(&odoo).await, Class::Permanent(Kind::Rule));
    }
    assert_eq!(double.seen().len(), 12);
}

#[tokio::test]
async fn no_more_than_four_calls_are_under_way() {
    let double = Double::start(|_| Reply::Slowly(20, 46)).await;
    let mut config = config(&double.url, OdooTransport::Json2);
    config.api_keys = vec!["LAB_API_KEY".into()];
    let (odoo, _) = client(config);
    let answers = futures_util::future::join_all((0..10).map(|_| odoo.run(count()))).await;
    assert_eq!(answers, vec![Ok(2); 10]);
    assert_eq!(double.most_at_once(), 4);
}

#[tokio::test]
async fn calls_keep_the_pace() {
    let double = Double::start(|_| Reply::Recorded(46)).await;
    let mut config = config(&double.url, OdooTransport::Json2);
    config.api_keys = vec!["LAB_API_KEY".into()];
    config.calls_per_second = 10;
    let (odoo, _) = client(config);
    let started = Instant::now();
    for _ in 0..15 {
        assert_eq!(odoo.run(count()).await, Ok(2));
    }
    // Ten at once, then one each tenth of a second.
    assert!(started.elapsed() >= Duration::from_millis(450), "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_action_that_xml_rpc_cant_answer_was_done() {
    let double = Double::start(|seen| Reply::Recorded(if seen.is_login() { 2 } else { 132 })).await;
    let (odoo, _) = client(config(&double.url, OdooTransport::XmlRpc));
    let acted: Acted = odoo.run(Call::act("account.move", "button_draft", &[6])).await.expect("done");
    assert_eq!(acted, Acted { answer: None });
    let read: Result<Vec<Record>, Fault> = odoo.run(Call::read("account.move", &[6], &["state"])).await;
    assert_eq!(read.expect_err("a read has a value").class, Class::Done);
}

#[tokio::test]
async fn a_large_page_of_records_arrives_whole() {
    let one = exchange(244).response();
    let one = String::from_utf8(one).expect("text");
    let (head, rest) = one.split_once("<data>\n").expect("a list");
    let (items, tail) = rest.rsplit_once("</data>").expect("a list");
    let many = format!("{head}<data>\n{}</data>{tail}", items.repeat(5000));
    let double =
        Double::start(
            move |seen| {
                if seen.is_login() { Reply::Recorded(2) } else { Reply::Status(200, many.clone()) }
            },
        )
        .await;
    let (odoo, _) = client(config(&double.url, OdooTransport::XmlRpc));
    let page = Call::search_read("res.partner", Domain::all().after_id(10), &["name", "write_date"]);
    let records = odoo.run(page.order("id asc").limit(15_000)).await.expect("records");
    assert_eq!(records.len(), 15_000);
    assert_eq!(records[14_999].id(), Ok(16));
}
