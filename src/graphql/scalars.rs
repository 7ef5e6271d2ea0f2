//! How kernel types look in the schema: ids, closed sets of words, scalars; each with the JSON text that the plan writes.

use std::borrow::Cow;

use async_graphql::async_trait::async_trait;
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaEnumValue, MetaType, Registry};
use async_graphql::{
    ContextSelectionSet, ID, InputType, InputValueError, InputValueResult, OutputType, Positioned, Scalar,
    ScalarType, ServerResult, Value,
};

use super::fast::Leaf;
use crate::kernel::time::{self, Instant};
use crate::kernel::words::{Word, doc};
use crate::platform::bus::Cursor;

/// Extension of an error: the text that an id refused. Which kind of id a field takes is known here alone, and where the
/// field stands is known elsewhere: see `Documents::name_places`.
pub const REFUSED: &str = "refused";

/// Ids are the schema's `ID`, typed in Rust: an id of another kind is refused as input.
macro_rules! id_scalars {
    ($($Id:ident)*) => { $(
        impl InputType for crate::kernel::ids::$Id {
            type RawValueType = Self;
            fn type_name() -> Cow<'static, str> { <ID as InputType>::type_name() }
            fn create_type_info(registry: &mut Registry) -> String { <ID as InputType>::create_type_info(registry) }
            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                match value {
                    Some(Value::String(text)) => text.parse().map_err(|rule| {
                        InputValueError::custom(rule).with_extension(REFUSED, text)
                    }),
                    other => Err(InputValueError::expected_type(other.unwrap_or_default())),
                }
            }
            fn to_value(&self) -> Value { Value::String(self.to_string()) }
            fn as_raw_value(&self) -> Option<&Self> { Some(self) }
        }
        #[async_trait]
        impl OutputType for crate::kernel::ids::$Id {
            fn type_name() -> Cow<'static, str> { <ID as OutputType>::type_name() }
            fn create_type_info(registry: &mut Registry) -> String { <ID as OutputType>::create_type_info(registry) }
            async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                Ok(Value::String(self.to_string()))
            }
        }
        impl Leaf for crate::kernel::ids::$Id {
            fn put(&self, out: &mut Vec<u8>) { put_plain(&self.to_string(), out); }
        }
    )* };
}
crate::kernel::ids::for_each_id!(id_scalars);

/// Closed sets of words are enums of the schema; names and descriptions come from their declaration.
macro_rules! word_enums {
    ($($Word:ty),* $(,)?) => { $(
        impl InputType for $Word {
            type RawValueType = Self;
            fn type_name() -> Cow<'static, str> { <$Word as Word>::NAME.into() }
            fn create_type_info(registry: &mut Registry) -> String {
                registry.create_input_type::<Self, _>(async_graphql::registry::MetaTypeId::Enum, |_| enum_type::<$Word>())
            }
            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                let text = match &value {
                    Some(Value::Enum(name)) => name.as_str(),
                    Some(Value::String(text)) => text,
                    _ => return Err(InputValueError::expected_type(value.unwrap_or_default())),
                };
                text.parse().map_err(|_| InputValueError::custom(format!("{text:?} is no {}", <$Word as Word>::NAME)))
            }
            fn to_value(&self) -> Value { Value::Enum(async_graphql::Name::new(self.as_str())) }
            fn as_raw_value(&self) -> Option<&Self> { Some(self) }
        }
        #[async_trait]
        impl OutputType for $Word {
            fn type_name() -> Cow<'static, str> { <$Word as Word>::NAME.into() }
            fn create_type_info(registry: &mut Registry) -> String {
                registry.create_output_type::<Self, _>(async_graphql::registry::MetaTypeId::Enum, |_| enum_type::<$Word>())
            }
            async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                Ok(Value::Enum(async_graphql::Name::new(self.as_str())))
            }
        }
        impl Leaf for $Word {
            fn put(&self, out: &mut Vec<u8>) { put_plain(self.as_str(), out); }
        }
    )* };
}

word_enums! {
    crate::platform::auth::Role,
    crate::platform::auth::Right,
    crate::platform::auth::Scope,
    crate::platform::auth::ActorKind,
    crate::domains::identity::rules::SessionErrorCode,
    crate::domains::identity::rules::UserErrorCode,
    crate::domains::identity::rules::TeamErrorCode,
    crate::domains::identity::rules::ApiKeyErrorCode,
    crate::domains::clients::client::ClientKind,
    crate::domains::clients::client::ClientStatus,
    crate::domains::clients::client_term::MatchedField,
    crate::domains::clients::activity::ActivityKind,
    crate::domains::clients::activity::ActivityState,
    crate::domains::clients::event_log_entry::EventLogKind,
    crate::domains::clients::event_log_entry::EventLogCode,
    crate::domains::clients::rules::ClientAction,
    crate::domains::clients::rules::ClientErrorCode,
    crate::domains::clients::contacts::ContactErrorCode,
    crate::domains::clients::activities::ActivityErrorCode,
    crate::domains::clients::timeline::EventlogErrorCode,
    crate::domains::clients::markets::MarketErrorCode,
    crate::domains::notifications::notification::NotificationKind,
    crate::domains::notifications::inbox::NotificationErrorCode,
    crate::platform::jobs::dead::DeadLetterErrorCode,
    crate::domains::sync::SyncStatus,
    crate::domains::sync::SyncDirection,
    crate::domains::sync::failures::SyncErrorCode,
    crate::domains::agenda::agenda_event::AgendaEventKind,
    crate::domains::agenda::agenda_event::AgendaEventState,
    crate::domains::agenda::working_calendar::Weekday,
    crate::domains::agenda::rules::AgendaAction,
    crate::domains::agenda::rules::AgendaScope,
    crate::domains::agenda::rules::AgendaErrorCode,
    super::live::ChangeKind,
}

fn enum_type<W: Word>() -> MetaType {
    let value = |(_, name, text): &(W, &'static str, &'static str)| {
        let value = MetaEnumValue {
            name: (*name).to_owned(),
            description: Some(doc(text)),
            deprecation: Default::default(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            directive_invocations: Vec::new(),
        };
        ((*name).to_owned(), value)
    };
    MetaType::Enum {
        name: W::NAME.to_owned(),
        description: Some(doc(W::DOC)),
        enum_values: W::ALL.iter().map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: Some(std::any::type_name::<W>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

/// A scalar that is a checked text. The domain checks it, so that a wrong one is a user error that names the field.
macro_rules! text_scalars {
    ($($(#[$doc:meta])* $Scalar:ident as $name:literal $url:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, sea_orm::DeriveValueType)]
        pub struct $Scalar(pub String);

        $(#[$doc])*
        #[Scalar(name = $name, specified_by_url = $url)]
        impl ScalarType for $Scalar {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok($Scalar(text)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }
            fn to_value(&self) -> Value { Value::String(self.0.clone()) }
        }
        impl Leaf for $Scalar {
            fn put(&self, out: &mut Vec<u8>) { self.0.put(out); }
        }
        impl crate::kernel::Placeholder for $Scalar {
            fn placeholder() -> Self { $Scalar(String::new()) }
        }
    )* };
}

text_scalars! {
    /// An e-mail address, kept in lower case and with its domain in Unicode: `xn--pea-8ma.example` and `peña.example` are one.
    EmailAddress as "EmailAddress" "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address";
    /// A telephone number in E.164: `+` and digits. As input also as it is typed in the client's market, and as it is pasted:
    /// a `tel:` link, direction marks and separators around it. An extension is left out, for E.164 has no place for it.
    PhoneNumber as "PhoneNumber" "https://www.itu.int/rec/T-REC-E.164";
    /// An address: http or https.
    Url as "URL" "https://url.spec.whatwg.org/";
    /// A day of the calendar, without a zone: `2026-11-21`.
    Date as "Date" "https://www.rfc-editor.org/rfc/rfc3339#section-5.6";
    /// An exact decimal number, as text: `1160.00`.
    DecimalText as "Decimal" "https://www.w3.org/TR/xmlschema-2/#decimal";
}

/// Types of the kernel whose text is a scalar. As input they are the scalar's text, which the domain checks.
macro_rules! typed_outputs {
    ($($Type:ty as $Scalar:ty),* $(,)?) => { $(
        #[async_trait]
        impl OutputType for $Type {
            fn type_name() -> Cow<'static, str> { <$Scalar as OutputType>::type_name() }
            fn create_type_info(registry: &mut Registry) -> String { <$Scalar as OutputType>::create_type_info(registry) }
            async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                Ok(Value::String(self.to_string()))
            }
        }
        impl Leaf for $Type {
            fn put(&self, out: &mut Vec<u8>) { put_plain(&self.to_string(), out); }
        }
    )* };
}

typed_outputs! {
    time::Day as Date,
    crate::kernel::decimal::Decimal as DecimalText,
    crate::kernel::money::Currency as String,
}

/// A moment that is given: a `DateTime` of the schema, in the years that are kept. Every input holds moments, never bare
/// instants, which would be read without a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Instant);

impl InputType for Moment {
    type RawValueType = Self;
    fn type_name() -> Cow<'static, str> {
        <Instant as InputType>::type_name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        <Instant as InputType>::create_type_info(registry)
    }
    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value {
            Some(Value::String(text)) => time::instant(&text).map(Moment).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other.unwrap_or_default())),
        }
    }
    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339())
    }
    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// A place in what happens: opaque.
#[Scalar(specified_by_url = "https://relay.dev/graphql/connections.htm#sec-Cursor")]
impl ScalarType for Cursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => text.parse().map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }
    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// Raw data of another program: any JSON value.
#[derive(Clone, Debug, PartialEq, sea_orm::FromJsonQueryResult, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Json(pub serde_json::Value);

/// Raw data of another program: any JSON value.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Json(value.into_json().map_err(InputValueError::custom)?))
    }
    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}
impl Leaf for Json {
    fn put(&self, out: &mut Vec<u8>) {
        // Through the GraphQL value, whose objects keep their order of keys: both ways write the same text.
        out.extend_from_slice(
            &serde_json::to_vec(&ScalarType::to_value(self)).unwrap_or_else(|_| b"null".to_vec()),
        );
    }
}

/// Lists that lie in a column are lists in the schema.
macro_rules! lists {
    ($($List:ty as $Item:ty),* $(,)?) => { $(
        #[async_trait]
        impl OutputType for $List {
            fn type_name() -> Cow<'static, str> {
                <Vec<$Item> as OutputType>::type_name()
            }
            fn qualified_type_name() -> String {
                <Vec<$Item> as OutputType>::qualified_type_name()
            }
            fn create_type_info(registry: &mut Registry) -> String {
                <Vec<$Item> as OutputType>::create_type_info(registry)
            }
            async fn resolve(
                &self,
                ctx: &ContextSelectionSet<'_>,
                field: &Positioned<Field>,
            ) -> ServerResult<Value> {
                self.0.resolve(ctx, field).await
            }
        }
        impl Leaf for $List {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }
        }
    )* };
}

lists! {
    crate::domains::clients::client::Tags as String,
    crate::domains::agenda::agenda_event::Reminders as i32,
}

impl<T: Leaf> Leaf for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, item) in self.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            item.put(out);
        }
        out.push(b']');
    }
}

impl Leaf for String {
    fn put(&self, out: &mut Vec<u8>) {
        // Writing a string into memory cannot fail.
        let _ = serde_json::to_writer(out, self);
    }
}

impl Leaf for ID {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
}

impl Leaf for i32 {
    fn put(&self, out: &mut Vec<u8>) {
        let _ = serde_json::to_writer(out, self);
    }
}

impl Leaf for f64 {
    fn put(&self, out: &mut Vec<u8>) {
        let _ = serde_json::to_writer(out, self);
    }
}

impl Leaf for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Leaf for Instant {
    fn put(&self, out: &mut Vec<u8>) {
        put_plain(&self.to_rfc3339(), out);
    }
}

/// A text that needs no escaping, in quotes.
fn put_plain(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}
