//! The section of traces, under the names that OpenTelemetry gives its variables everywhere.

use percent_encoding::percent_decode_str;
use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::env::{Env, is_plain, list};

/// Where traces are sent, and which.
#[derive(Clone, Debug)]
pub struct TracesConfig {
    /// Where the collector takes spans.
    pub url: String,
    /// What each call carries besides; the values are secret.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What the program is called there.
    pub service: String,
    /// What else is told of the program.
    pub attributes: Vec<(String, String)>,
    /// Which traces are told.
    pub sampling: Sampling,
}

/// Which traces are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Whether the trace of a caller is told when, and only when, the caller tells it.
    pub by_parent: bool,
    /// The share of the others, from 0 to 1.
    pub share: f64,
}

/// Whether the caller decides, and the share of the rest; `None`: as the argument says.
struct Sampler(bool, Option<f64>);

impl std::str::FromStr for Sampler {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (by_parent, own) = match text.strip_prefix("parentbased_") {
            Some(own) => (true, own),
            None => (false, text),
        };
        match own {
            "always_on" => Ok(Sampler(by_parent, Some(1.0))),
            "always_off" => Ok(Sampler(by_parent, Some(0.0))),
            "traceidratio" => Ok(Sampler(by_parent, None)),
            _ => Err(()),
        }
    }
}

/// The only way in which spans are sent.
struct Protocol;

impl std::str::FromStr for Protocol {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "http/protobuf" { Ok(Protocol) } else { Err(()) }
    }
}

pub(super) fn traces(env: &mut Env) -> Option<TracesConfig> {
    let url = env.text(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Address of an OpenTelemetry collector that takes OTLP over HTTP: http://collector:4318. Absent: no traces.",
    );
    let headers = env.text(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "What each call to the collector carries, such as a key: name=value, separated by commas, the values \
         percent-encoded. Secret.",
    );
    let Protocol = env.read(
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "http/protobuf",
        "How spans are sent; there is no other way.",
        "http/protobuf: grpc and http/json are not spoken here",
    );
    let service = env.read("OTEL_SERVICE_NAME", "cabina", "What this program is called in traces.", "a name");
    let attributes = env.text(
        "OTEL_RESOURCE_ATTRIBUTES",
        "What else traces tell of this program: deployment.environment.name=production, separated by commas.",
    );
    let Sampler(by_parent, share) = env.read(
        "OTEL_TRACES_SAMPLER",
        "parentbased_always_on",
        "Which traces are told: always_on, always_off or traceidratio; behind parentbased_, a caller that sends a \
         traceparent decides for its own.",
        "always_on, always_off, traceidratio, or one of them behind parentbased_",
    );
    let ratio: f64 = env.read(
        "OTEL_TRACES_SAMPLER_ARG",
        "1",
        "The share of traces that traceidratio tells, from 0 to 1.",
        "a number",
    );
    if !(0.0..=1.0).contains(&ratio) {
        env.mistake("OTEL_TRACES_SAMPLER_ARG must be between 0 and 1");
    }
    let headers = pairs(headers).and_then(|pairs| pairs.into_iter().map(header).collect());
    if headers.is_none() {
        env.mistake("OTEL_EXPORTER_OTLP_HEADERS must be a list such as name=value,name=value");
    }
    let attributes = pairs(attributes);
    if attributes.is_none() {
        env.mistake("OTEL_RESOURCE_ATTRIBUTES must be a list such as name=value,name=value");
    }
    let url = url?;
    if !Url::parse(&url).is_ok_and(|url| is_plain(&url)) {
        env.mistake(
            "OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https address without user, query or fragment",
        );
    }
    Some(TracesConfig {
        url: format!("{}/v1/traces", url.trim_end_matches('/')),
        headers: headers.unwrap_or_default(),
        service,
        attributes: attributes.unwrap_or_default(),
        sampling: Sampling { by_parent, share: share.unwrap_or(ratio) },
    })
}

/// `name=value,name=value`, the values percent-encoded.
fn pairs(text: Option<String>) -> Option<Vec<(String, String)>> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((name.trim().to_owned(), value.into_owned())).filter(|(name, _)| !name.is_empty())
    };
    list(text).iter().map(|text| pair(text)).collect()
}

fn header((name, value): (String, String)) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::try_from(name).ok()?, value))
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<TracesConfig>, Vec<String>> {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let read = Config::from_lookup(&lookup).0;
        read.map(|config| config.telemetry.traces).map_err(|mistakes| mistakes.0)
    }

    #[test]
    fn without_an_address_there_are_no_traces() {
        assert!(read(&[("OTEL_TRACES_SAMPLER", "always_on")]).expect("no mistake").is_none());
    }

    #[test]
    fn headers_are_a_list_whose_values_are_not_shown() {
        let traces = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example/otlp/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20aHVudGVyMg==, x-tenant=hunter2"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=a%2Cb"),
        ]);
        let traces = traces.expect("no mistake").expect("traces are on");
        assert_eq!(traces.url, "https://collector.example/otlp/v1/traces");
        assert_eq!(traces.headers[0].0, "authorization");
        assert_eq!(traces.headers[0].1, "Basic aHVudGVyMg==");
        assert_eq!(traces.attributes, [("deployment.environment.name".to_owned(), "a,b".to_owned())]);
        assert_eq!(
            (traces.service.as_str(), traces.sampling),
            ("cabina", Sampling { by_parent: true, share: 1.0 })
        );
        let shown = format!("{traces:?}");
        assert!(!shown.contains("aHVudGVyMg") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_sampler_says_whether_the_caller_decides_and_the_share_of_the_rest() {
        let sampling = |name: &str| {
            let on = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
            let read = read(&[on, ("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", "0.25")]);
            let Sampling { by_parent, share } = read.expect("no mistake").expect("on").sampling;
            (by_parent, share)
        };
        assert_eq!(sampling("always_on"), (false, 1.0));
        assert_eq!(sampling("always_off"), (false, 0.0));
        assert_eq!(sampling("traceidratio"), (false, 0.25));
        assert_eq!(sampling("parentbased_always_off"), (true, 0.0));
        assert_eq!(sampling("parentbased_traceidratio"), (true, 0.25));
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let mistakes = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
            ("OTEL_TRACES_SAMPLER_ARG", "7"),
        ]);
        assert_eq!(
            mistakes.expect_err("five mistakes"),
            [
                "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf: grpc and http/json are not spoken here",
                "OTEL_TRACES_SAMPLER must be always_on, always_off, traceidratio, or one of them behind parentbased_",
                "OTEL_TRACES_SAMPLER_ARG must be between 0 and 1",
                "OTEL_EXPORTER_OTLP_HEADERS must be a list such as name=value,name=value",
                "OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https address without user, query or fragment",
            ]
        );
    }
}
