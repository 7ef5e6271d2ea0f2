//! Tax ids as they are typed and pasted.

use serde_json::json;

use crate::support::{Actor, Refusals, TestApp};

async fn numbers(actor: &Actor, tax_id: &str) -> Vec<String> {
    let query = "query($id: String!) { clients(filter: { taxId: $id }) { nodes { taxId } } }";
    let data = actor.data(query, json!({ "id": tax_id })).await;
    let nodes = data["clients"]["nodes"].as_array().expect("nodes");
    nodes.iter().map(|node| node["taxId"].as_str().expect("a tax id").to_owned()).collect()
}

#[tokio::test]
async fn form_and_date_decide_of_an_rfc_and_the_country_before_it_is_dropped() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for (typed, market, stored) in [
        ("EXT990101NI1", "aguascalientes", "EXT990101NI1"),
        ("GODE561231GR9", "aguascalientes", "GODE561231GR9"),
        ("MXEKU9003173C9", "aguascalientes", "EKU9003173C9"),
        ("mx-ura 180429 tm6", "aguascalientes", "URA180429TM6"),
        ("ÑUÑ900101AB1", "aguascalientes", "ÑUÑ900101AB1"),
        ("ES B-65410011", "madrid", "B65410011"),
    ] {
        let input = json!({ "kind": "COMPANY", "name": "Somebody", "market": market, "taxId": typed });
        let payload = ana.run("clientCreate", input.clone(), "client { id taxId }").await;
        assert_eq!((payload.refusals(), &payload["client"]["taxId"]), (vec![], &json!(stored)), "{typed}");
        let again = ana.run("clientCreate", input, "client { id }").await.refusals();
        assert_eq!(again, [("DUPLICATE".into(), "taxId".into())], "{typed}");
        let country = if market == "madrid" { "es" } else { "mx" };
        for asked in [typed, stored, &format!("{country} {stored}")] {
            assert_eq!(numbers(&ana, asked).await, [stored], "{asked}");
        }
    }
    let id = ana.client("Eva").await;
    let change = json!({ "id": id, "expectedVersion": 1, "taxId": "MXGODE561231GR8" });
    let changed = ana.run("clientUpdate", change, "client { taxId }").await;
    assert_eq!((changed.refusals(), &changed["client"]["taxId"]), (vec![], &json!("GODE561231GR8")));
    let change = json!({ "id": id, "expectedVersion": 2, "taxId": "GODE561331GR8" });
    assert_eq!(
        ana.run("clientUpdate", change, "client { taxId }").await.refusals(),
        [("INVALID".into(), "taxId".into())]
    );
}
