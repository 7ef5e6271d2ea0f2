//! The rows of a piece of the demo, table by table in the order in which they refer to each other.

use std::fmt::Write;

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, EntityTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait, Value,
};

use super::people::Made;
use super::story::Story;
use crate::domains::agenda::agenda_event;
use crate::domains::clients::{
    activity, client, client_term, contact, ecosystem, event_log_entry, market, terms_of,
};
use crate::domains::identity::{app_user, team};
use crate::kernel::{Error, Result};
use crate::platform::db::insert_all;
use crate::platform::db::tables::number_series;

/// Rows to be written.
#[derive(Default)]
pub struct Rows {
    /// What distinguishes their ids from those of another database.
    pub salt: u64,
    /// Teams.
    pub teams: Vec<team::Model>,
    /// Users.
    pub users: Vec<app_user::Model>,
    /// Markets.
    pub markets: Vec<market::Model>,
    /// How far the numbers of each market are, in the order of the markets.
    pub numbers: Vec<number_series::Model>,
    /// Ecosystems.
    pub ecosystems: Vec<ecosystem::Model>,
    /// Clients.
    pub clients: Vec<client::Model>,
    /// What they are found by.
    pub terms: Vec<client_term::Model>,
    /// People at companies.
    pub contacts: Vec<contact::Model>,
    /// Activities.
    pub activities: Vec<activity::Model>,
    /// History.
    pub entries: Vec<event_log_entry::Model>,
    /// The agenda; the demo's alone.
    pub events: Vec<agenda_event::Model>,
}

/// The rows of one table as PostgreSQL's COPY reads them.
pub struct Copy {
    /// `COPY ... FROM STDIN`.
    pub statement: String,
    /// The lines.
    pub lines: String,
}

impl Rows {
    /// Adds a client with all that hangs on it.
    pub fn add(&mut self, made: Made, story: Story) {
        let client = made.client;
        self.terms.extend(terms_of(&client).into_iter().map(|(field, term)| client_term::Model {
            client_id: client.id,
            term,
            field,
            team_id: client.team_id,
            advisor_id: client.advisor_id,
        }));
        self.clients.push(client);
        self.contacts.extend(made.contacts);
        self.activities.extend(story.activities);
        self.entries.extend(story.entries);
    }

    /// Writes the rows, many in a statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn insert<C: ConnectionTrait>(self, conn: &C) -> Result<()> {
        insert::<team::Entity, _, _>(conn, self.teams).await?;
        insert::<app_user::Entity, _, _>(conn, self.users).await?;
        insert::<market::Entity, _, _>(conn, self.markets).await?;
        insert::<number_series::Entity, _, _>(conn, self.numbers).await?;
        insert::<ecosystem::Entity, _, _>(conn, self.ecosystems).await?;
        insert::<client::Entity, _, _>(conn, self.clients).await?;
        insert::<client_term::Entity, _, _>(conn, self.terms).await?;
        insert::<contact::Entity, _, _>(conn, self.contacts).await?;
        insert::<activity::Entity, _, _>(conn, self.activities).await?;
        insert::<event_log_entry::Entity, _, _>(conn, self.entries).await?;
        insert::<agenda_event::Entity, _, _>(conn, self.events).await
    }

    /// The rows for COPY, which takes a tenth of the time of inserts.
    ///
    /// # Errors
    /// `Internal` when a column holds what this does not know how to write.
    pub fn copies(&self) -> Result<Vec<Copy>> {
        let copies = [
            copy::<team::Entity>(&self.teams)?,
            copy::<app_user::Entity>(&self.users)?,
            copy::<market::Entity>(&self.markets)?,
            copy::<number_series::Entity>(&self.numbers)?,
            copy::<ecosystem::Entity>(&self.ecosystems)?,
            copy::<client::Entity>(&self.clients)?,
            copy::<client_term::Entity>(&self.terms)?,
            copy::<contact::Entity>(&self.contacts)?,
            copy::<activity::Entity>(&self.activities)?,
            copy::<event_log_entry::Entity>(&self.entries)?,
        ];
        Ok(copies.into_iter().filter(|copy| !copy.lines.is_empty()).collect())
    }
}

async fn insert<E, A, C>(conn: &C, rows: Vec<E::Model>) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E> + Send,
    C: ConnectionTrait,
{
    insert_all(conn, rows.into_iter().map(IntoActiveModel::into_active_model), None).await
}

fn copy<E: EntityTrait>(rows: &[E::Model]) -> Result<Copy> {
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let names: Vec<&str> = columns.iter().map(IdenStatic::as_str).collect();
    let statement = format!("COPY {} ({}) FROM STDIN", E::default().table_name(), names.join(", "));
    let mut lines = String::with_capacity(rows.len() * 256);
    for row in rows {
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                lines.push('\t');
            }
            write_value(&mut lines, row.get(*column))?;
        }
        lines.push('\n');
    }
    Ok(Copy { statement, lines })
}

/// Writes a value in COPY's text format.
fn write_value(line: &mut String, value: Value) -> Result<()> {
    let written = match value {
        Value::String(Some(text)) => {
            escape(line, &text);
            Ok(())
        }
        Value::Json(Some(json)) => {
            escape(line, &json.to_string());
            Ok(())
        }
        Value::Uuid(Some(id)) => write!(line, "{id}"),
        Value::ChronoDateTimeUtc(Some(at)) => write!(line, "{}", at.format("%Y-%m-%dT%H:%M:%S%.6fZ")),
        Value::Int(Some(number)) => write!(line, "{number}"),
        Value::BigInt(Some(number)) => write!(line, "{number}"),
        Value::Bool(Some(yes)) => write!(line, "{yes}"),
        Value::String(None) | Value::Json(None) | Value::Uuid(None) | Value::ChronoDateTimeUtc(None) => {
            line.push_str("\\N");
            Ok(())
        }
        other => return Err(Error::internal(format!("the demo does not know how to copy {other:?}"))),
    };
    written.map_err(Error::internal)
}

fn escape(line: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            c => line.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_text_keeps_its_lines_and_backslashes() {
        let mut line = String::new();
        write_value(&mut line, Value::String(Some("a\tb\nc\\d\r".to_owned()))).expect("written");
        assert_eq!(line, "a\\tb\\nc\\\\d\\r");
        assert!(write_value(&mut line, Value::Double(Some(1.5))).is_err());
    }
}
