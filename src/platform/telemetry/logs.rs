//! Logs.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::trace_context::TraceContext;
use crate::platform::config::{LogFormat, TelemetryConfig};

/// Starts writing logs to standard error; the second call of a process does nothing.
pub fn start_logs(config: &TelemetryConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).map_event_format(Trailed).try_init(),
        LogFormat::Text => builder.with_target(false).try_init(),
    };
}

/// Lines of JSON that also tell for which request, and in which trace, they were written.
struct Trailed<F>(F);

impl<S, N, F> FormatEvent<S, N> for Trailed<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let Some(body) = line.trim_end().strip_suffix('}') else { return writer.write_str(&line) };
        writer.write_str(body)?;
        let trace = TraceContext::here();
        let ids = [
            ("request_id", trace.request_id.as_deref()),
            ("trace_id", trace.trace_id()),
            ("span_id", trace.span_id()),
        ];
        for (name, id) in ids {
            // Ids have no character that JSON would escape. A line that tells one by itself tells it once.
            if let Some(id) = id
                && !body.contains(&format!("\"{name}\":"))
            {
                write!(writer, ",\"{name}\":\"{id}\"")?;
            }
        }
        writer.write_str("}\n")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("whole").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_tells_its_request_and_trace_once() {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .json()
            .flatten_event(true)
            .map_event_format(Trailed)
            .finish();
        let trace_id = "0af7651916cd43dd8448eb211c80319c";
        let trace = TraceContext {
            request_id: Some("request-1".into()),
            traceparent: Some(format!("00-{trace_id}-b7ad6b7169203331-01")),
        };
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("outside");
            let _inside = trace.context().attach();
            tracing::info!(text = "\"request_id\":", "inside {{}}");
            tracing::info!(request_id = "request-2", "its own");
        });
        let text = String::from_utf8(page.0.lock().expect("whole").clone()).expect("text");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let told = |line: usize, name: &str| lines[line][name].as_str().map(str::to_owned);
        assert_eq!((told(0, "request_id"), told(0, "trace_id")), (None, None));
        assert_eq!(told(1, "request_id").as_deref(), Some("request-1"));
        assert_eq!(told(1, "trace_id").as_deref(), Some(trace_id));
        assert_eq!(told(1, "span_id").as_deref(), Some("b7ad6b7169203331"));
        assert_eq!(told(1, "message").as_deref(), Some("inside {}"));
        assert_eq!(told(2, "request_id").as_deref(), Some("request-2"));
        assert_eq!(text.matches("request_id\":\"").count(), 2, "{text}");
    }
}
