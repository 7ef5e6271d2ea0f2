//! Somebody who speaks GraphQL to the server.

use serde_json::{Value, json};

/// Somebody with a token, or nobody in particular.
#[derive(Clone)]
pub struct Actor {
    http: reqwest::Client,
    url: String,
    /// The access token or API key.
    pub token: Option<String>,
    /// The user's id.
    pub id: String,
    /// The last refresh token.
    pub refresh_token: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// The code of the first error.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
    }
}

/// What a payload refuses: pairs of code and field.
pub trait Refusals {
    /// The pairs, in their order.
    fn refusals(&self) -> Vec<(String, String)>;
}

impl Refusals for Value {
    fn refusals(&self) -> Vec<(String, String)> {
        let errors =
            self["userErrors"].as_array().unwrap_or_else(|| panic!("no userErrors were asked for: {self}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        errors.iter().map(|error| (text(&error["code"]), text(&error["field"]))).collect()
    }
}

impl Actor {
    /// Somebody with this token, at this server.
    pub fn new(url: &str, token: Option<String>) -> Actor {
        // Before the first client: the library asks for a process-wide choice.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().build().expect("a client");
        Actor { http, url: url.to_owned(), token, id: String::new(), refresh_token: String::new() }
    }

    /// Where the server listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A request of any form to a path of the server.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a document; gives the whole answer.
    pub async fn send(&self, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let request = self.request(reqwest::Method::POST, "/graphql").json(&body);
        Actor::answer(request).await
    }

    /// Sends a request; gives the whole answer.
    pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }

    /// Sends a document that must go well; gives its data.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.send(query, variables).await;
        assert!(answer.status == 200 && answer.body.get("errors").is_none(), "{query}\n{}", answer.body);
        answer.body["data"].clone()
    }

    /// The cursor of now: streams that begin after it miss nothing that is done from here on.
    pub async fn cursor(&self) -> String {
        let answer = self.send("{ viewer { id } }", json!({})).await;
        answer.body["extensions"]["cursor"].as_str().expect("a cursor").to_owned()
    }

    /// Runs a mutation with one input; gives its payload. `selection` is what is asked besides the refusals.
    pub async fn run(&self, mutation: &str, input: Value, selection: &str) -> Value {
        let mut upper = mutation.to_owned();
        upper[..1].make_ascii_uppercase();
        let input_type = match mutation {
            "clientActivate" | "clientDeactivate" | "clientBlock" | "clientUnblock" => {
                "ClientTransitionInput".to_owned()
            }
            "activityComplete" | "activityCancel" | "activityReopen" => "ActivityTransitionInput".to_owned(),
            "agendaEventConfirm" | "agendaEventComplete" | "agendaEventMarkNoShow" | "agendaEventReopen" => {
                "AgendaEventTransitionInput".to_owned()
            }
            "agendaFeedCreate" | "agendaFeedRevoke" => "AgendaFeedInput".to_owned(),
            "userDisable" | "userEnable" => "UserStateInput".to_owned(),
            name if name.starts_with("notificationMark") => "NotificationMarkInput".to_owned(),
            _ => format!("{upper}Input"),
        };
        let query = format!(
            "mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code field message }} }} }}"
        );
        self.data(&query, json!({ "input": input })).await[mutation].clone()
    }

    /// Makes a client of this name; gives its id.
    pub async fn client(&self, name: &str) -> String {
        self.client_with(json!({ "name": name })).await["id"].as_str().expect("an id").to_owned()
    }

    /// Makes a client with these fields besides the needed ones; gives id, version and number.
    pub async fn client_with(&self, fields: Value) -> Value {
        let mut input = json!({ "kind": "PERSON", "name": "Somebody", "market": "aguascalientes" });
        for (name, value) in fields.as_object().expect("fields") {
            input[name] = value.clone();
        }
        let payload = self.run("clientCreate", input, "client { id version number }").await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        payload["client"].clone()
    }
}
