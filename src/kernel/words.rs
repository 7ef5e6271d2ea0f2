//! Closed sets of words that the code owns: client states, roles, kinds. One declaration gives the Rust enum, its text
//! in the database and in JSON (`SCREAMING_SNAKE_CASE`), and the descriptions that the schema shows.

/// A closed set of words.
pub trait Word: Copy + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static {
    /// Name of the set, as in the schema.
    const NAME: &'static str;
    /// What the set is for.
    const DOC: &'static str;
    /// Every word with its text and description, in order.
    const ALL: &'static [(Self, &'static str, &'static str)];
    /// The text of this word.
    fn as_str(self) -> &'static str;
}

/// Joins the lines of a doc comment as the schema prints them.
pub fn doc(text: &'static str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Declares a set of words: `words! { /// Doc. pub enum Role { /// Doc. Advisor = "ADVISOR", } }`.
#[macro_export]
macro_rules! words {
    ($(#[doc = $doc:literal])* pub enum $name:ident {
        $($(#[doc = $word_doc:literal])* $word:ident = $text:literal,)*
    }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $word_doc])* #[serde(rename = $text)] $word,)*
        }

        impl $crate::kernel::words::Word for $name {
            const NAME: &'static str = stringify!($name);
            const DOC: &'static str = concat!($($doc, "\n",)*);
            const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$(($name::$word, $text, concat!($($word_doc, "\n",)*)),)*];
            fn as_str(self) -> &'static str {
                match self { $($name::$word => $text,)* }
            }
        }
        impl $crate::kernel::Placeholder for $name {
            fn placeholder() -> Self { <$name as $crate::kernel::words::Word>::ALL[0].0 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::kernel::words::Word::as_str(*self))
            }
        }
        impl std::str::FromStr for $name {
            type Err = sea_orm::DbErr;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok($name::$word),)*
                    _ => Err(sea_orm::DbErr::Type(format!("{text:?} is no {}", stringify!($name)))),
                }
            }
        }
        impl From<$name> for sea_orm::Value {
            fn from(word: $name) -> Self { $crate::kernel::words::Word::as_str(word).into() }
        }
        impl sea_orm::TryGetable for $name {
            fn try_get_by<I: sea_orm::ColIdx>(row: &sea_orm::QueryResult, at: I) -> Result<Self, sea_orm::TryGetError> {
                let text = <String as sea_orm::TryGetable>::try_get_by(row, at)?;
                text.parse().map_err(sea_orm::TryGetError::DbErr)
            }
        }
        impl sea_orm::sea_query::ValueType for $name {
            fn try_from(value: sea_orm::Value) -> Result<Self, sea_orm::sea_query::ValueTypeErr> {
                let text = <String as sea_orm::sea_query::ValueType>::try_from(value)?;
                text.parse().map_err(|_| sea_orm::sea_query::ValueTypeErr)
            }
            fn type_name() -> String { stringify!($name).to_owned() }
            fn array_type() -> sea_orm::sea_query::ArrayType { sea_orm::sea_query::ArrayType::String }
            fn column_type() -> sea_orm::sea_query::ColumnType {
                sea_orm::sea_query::ColumnType::String(sea_orm::sea_query::StringLen::None)
            }
        }
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
        impl sea_orm::sea_query::Nullable for $name {
            fn null() -> sea_orm::Value { <String as sea_orm::sea_query::Nullable>::null() }
        }
    };
}

/// A set of refusal codes. Every set has four in common, so that form, absence, conflict and repetition are told in the
/// same way by every mutation.
pub trait Code: Word {
    /// What is refused because another row has it: the unique constraint by PostgreSQL's name, the code, the input field and
    /// a sentence for a person.
    const TAKEN: &'static [(&'static str, Self, &'static str, &'static str)];
    /// The input breaks a rule of form.
    const INVALID: Self;
    /// There is no such thing, or it may not be seen.
    const NOT_FOUND: Self;
    /// Somebody else changed the same fields meanwhile.
    const CONFLICT: Self;
    /// The idempotency key was used with another input.
    const IDEMPOTENCY_MISMATCH: Self;
}

/// Declares a set of refusal codes: its own words, then the four that all have in common. Behind them stands which unique
/// constraint is refused with which word: `taken { "app_user_email_key" => EmailTaken, "email", "another user has it"; }`.
#[macro_export]
macro_rules! codes {
    ($(#[doc = $doc:literal])* pub enum $name:ident {
        $($(#[doc = $word_doc:literal])* $word:ident = $text:literal,)*
    } $(taken { $($constraint:literal => $taken:ident, $field:literal, $message:literal;)* })?) => {
        $crate::words! {
            $(#[doc = $doc])*
            pub enum $name {
                $($(#[doc = $word_doc])* $word = $text,)*
                /// A field breaks a rule of form; the message names the rule.
                Invalid = "INVALID",
                /// There is no such thing, or you may not see it.
                NotFound = "NOT_FOUND",
                /// Somebody else changed the same field since `expectedVersion`: see `conflict`.
                Conflict = "CONFLICT",
                /// The `idempotencyKey` was used before with another input.
                IdempotencyMismatch = "IDEMPOTENCY_MISMATCH",
            }
        }
        impl $crate::kernel::words::Code for $name {
            const TAKEN: &'static [(&'static str, Self, &'static str, &'static str)] =
                &[$($(($constraint, $name::$taken, $field, $message),)*)?];
            const INVALID: Self = $name::Invalid;
            const NOT_FOUND: Self = $name::NotFound;
            const CONFLICT: Self = $name::Conflict;
            const IDEMPOTENCY_MISMATCH: Self = $name::IdempotencyMismatch;
        }
    };
}
